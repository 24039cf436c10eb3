import Core

/// A site that sends visitors, as far as its kind is known.
///
/// - Source: Google Analytics 4's list of source categories, its part that is met in practice.
struct WebSource: Sendable {
    enum Kind: Sendable, Hashable { case search, social, video, shopping, assistant(Assistant), unknown }

    /// AI assistants by the host that is shown for each.
    enum Assistant: String, Sendable, CaseIterable {
        case chatGPT = "chatgpt.com", claude = "claude.ai", copilot = "copilot.microsoft.com", gemini = "gemini.google.com"
        case perplexity = "perplexity.ai"

        /// Hosts of referrers, and what sites and the assistants themselves write as `utm_source`.
        var names: [String] {
            switch self {
            case .chatGPT: ["chatgpt.com", "chatgpt", "openai.com", "openai", "chat.openai.com"]
            case .claude: ["claude.ai", "claude", "claude.com", "anthropic.com", "anthropic"]
            case .copilot: ["copilot.microsoft.com", "copilot", "copilot.com", "m365.cloud.microsoft", "edgeservices.bing.com"]
            case .gemini: ["gemini.google.com", "gemini", "bard.google.com", "bard"]
            case .perplexity: ["perplexity.ai", "perplexity"]
            }
        }
    }

    /// The host, or the word, that the kind is told by.
    let name: String
    let kind: Kind

    /// - Parameter source: a host as `ReferrerSource` makes it, or a `utm_source` in lower case.
    init(_ source: String) {
        // A campaign may call google.de what a referrer calls google.com.
        name = source.contains(".") ? Self.host(source) : source
        kind = Self.kinds[name] ?? Self.kinds[Self.site(name)] ?? .unknown
    }

    private static func host(_ text: String) -> String {
        let host = ReferrerSource.source(of: "https://\(text)", siteHost: "")
        return host == ReferrerSource.direct ? text : host
    }

    /// `old.reddit.com` is of the kind of `reddit.com`. Not so for hosts under which other services live: `mail.google.com`.
    private static func site(_ host: String) -> String {
        let labels = host.split(separator: ".")
        guard labels.count > 2 else { return "" }
        let site = labels.suffix(2).joined(separator: ".")
        return ["google.com", "yahoo.com", "bing.com", "yandex.ru", "naver.com", "amazon.com", "baidu.com"].contains(site) ? "" : site
    }

    private static let kinds: [String: Kind] = {
        var kinds: [String: Kind] = [:]
        func add(_ kind: Kind, _ names: String) { for name in names.split(whereSeparator: \.isWhitespace) { kinds[String(name)] = kind } }
        add(.search, """
            google google.com lens.google.com bing bing.com yahoo yahoo.com search.yahoo.com duckduckgo duckduckgo.com ecosia ecosia.org baidu
            baidu.com yandex yandex.ru
            yandex.com ya.ru naver naver.com search.naver.com daum daum.net search.daum.net seznam seznam.cz search.seznam.cz startpage
            startpage.com qwant
            qwant.com brave search.brave.com kagi kagi.com ask ask.com aol search.aol.com aol.com lycos lycos.com sogou sogou.com so.com sm.cn dogpile
            dogpile.com swisscows.com mojeek.com presearch.com presearch.io metager.org searx.be gibiru.com search.lilo.org rambler.ru go.mail.ru
            coccoc coccoc.com cn.bing.com msn msn.com ntp.msn.com alice virgilio virgilio.it onet onet.pl wp.pl eniro search.smt.docomo.ne.jp
            """)
        add(.social, """
            facebook facebook.com fb ig instagram instagram.com twitter twitter.com x.com x linkedin linkedin.com pinterest pinterest.com reddit
            reddit.com tiktok
            tiktok.com snapchat snapchat.com threads threads.com threads.net whatsapp whatsapp.com messenger.com messenger telegram telegram.org
            vk vk.com ok.ru
            weibo weibo.com wechat weixin.qq.com discord discord.com quora quora.com tumblr tumblr.com medium.com news.ycombinator.com hackernews
            lobste.rs bsky.app bluesky mastodon mastodon.social fosstodon.org hachyderm.io lemmy.world xing xing.com meetup.com slashdot.org
            producthunt.com
            producthunt stackoverflow.com stackexchange.com flipboard flipboard.com line.me nextdoor.com buffer hootsuite sprout workplace.com
            douban.com
            livejournal.com myspace.com plurk.com yammer.com yelp.com tripadvisor.com trustpilot.com wordpress.com blogger.com
            groups.google.com digg.com
            """)
        add(.video, """
            youtube youtube.com vimeo vimeo.com twitch twitch.tv dailymotion dailymotion.com netflix netflix.com hulu hulu.com disneyplus.com
            bilibili.com bilibili iqiyi.com youku.com v.youku.com ted.com crackle.com curiositystream.com utreon.com veoh.com wistia.com
            viadeo.com rumble.com
            """)
        add(.shopping, """
            amazon amazon.com amazon.de amazon.co.uk amazon.fr amazon.it amazon.es amazon.ca amazon.in amazon.co.jp ebay ebay.com ebay.de ebay.co.uk
            etsy etsy.com aliexpress aliexpress.com alibaba alibaba.com walmart walmart.com shopping.google.com shop.app shopify shopzilla.com
            mercadolibre.com mercadolivre.com.br target.com rakuten.com idealo.de idealo igshopping shopping shopping.com shopping.yahoo.com
            """)
        for assistant in Assistant.allCases { for name in assistant.names { kinds[name] = .assistant(assistant) } }
        return kinds
    }()
}

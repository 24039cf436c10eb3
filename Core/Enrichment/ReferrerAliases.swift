/// Maps the many hosts of one service to a single source.
///
/// Each source is named after a host that people recognize and that still works: `twitter.com` for X and its `t.co`, as in the API's
/// specification; `chatgpt.com` for `chat.openai.com`. All country domains of Google, Bing and Pinterest are one source each, because
/// nobody reads 190 rows of Google, and the geo report shows the visitor's country. Other services of the same company keep their own
/// hosts, because they mean something else: `mail.google.com`, `news.google.com`, `gemini.google.com`.
enum ReferrerAliases {
    /// The source for a host. A host without an alias is its own source.
    /// - Parameter host: Lower case, without `www.`.
    static func canonical(_ host: String) -> String {
        if let source = hosts[host] { return source }
        let bytes = host.utf8
        guard let last = bytes.lastIndex(of: dot) else { return host }
        let before = bytes[..<last].lastIndex(of: dot)
        if let source = domains[host[(before.map { bytes.index(after: $0) } ?? host.startIndex)...]] { return source }
        if before != nil, host.hasSuffix(".search.yahoo.com") { return "search.yahoo.com" }
        return countryDomain(host) ?? host
    }

    /// The host of a known app, including variants of its package such as `org.telegram.messenger.web`. For unknown apps, the package
    /// itself. Some browsers send a host instead of a package; the result is then the source for that host.
    ///
    /// - Parameter package: The name of an Android package, in lower case.
    static func app(_ package: String) -> String {
        var name = package[...]
        while true {
            if let host = apps[String(name)] { return host }
            guard let end = name.utf8.lastIndex(of: dot), name.utf8[..<end].contains(dot) else { break }
            name = name[..<end]
        }
        return canonical(package)
    }

    private static let dot = UInt8(ascii: ".")

    /// Maps `google.de`, `google.co.uk` and `images.google.com.br` to `google.com`, and `news.google.de` to `news.google.com`.
    private static func countryDomain(_ host: String) -> String? {
        guard host.utf8.suffix(3).first == dot else { return nil }
        let labels = host.utf8.split(separator: dot, omittingEmptySubsequences: false)
        let second = labels[labels.count - 2]
        let isDeep = labels.count > 2 && (second.elementsEqual("co".utf8) || second.elementsEqual("com".utf8))
        let name = labels.count - (isDeep ? 3 : 2)
        guard let source = worldwide[Substring(labels[name])] else { return nil }
        guard name > 0 else { return source }
        let prefix = labels[..<name].map { String(Substring($0)) }.joined(separator: ".")
        return searchPrefixes.contains(prefix) ? source : prefix + "." + source
    }

    private static let worldwide: [Substring: String] = [
        "google": "google.com", "bing": "bing.com", "pinterest": "pinterest.com",
    ]

    /// Subdomains that are variants of the search engine itself rather than other services.
    private static let searchPrefixes: Set<String> = ["m", "images", "encrypted", "ipv4", "ipv6", "cse"]

    /// Domains whose subdomains (`l.`, `lm.`, `m.`, `out.`, `old.`, a country or a language) all belong to one source.
    private static let domains: [Substring: String] = folded.merging(payments { $0 < 3 }.map { (Substring($0), ReferrerSource.direct) }) {
        $1
    }

    private static let hosts: [String: String] = named.merging(payments { $0 > 2 }.map { ($0, ReferrerSource.direct) }) { $1 }

    /// Hosts of payment providers, restricted to those whose number of labels satisfies `includes`. Buyers return from these hosts, but no
    /// visit starts there, so they count as direct.
    private static func payments(_ includes: (Int) -> Bool) -> [String] {
        SourceCatalog.payments.filter { includes($0.utf8.split(separator: dot).count) }
    }

    private static let folded: [Substring: String] = [
        "facebook.com": "facebook.com", "fb.com": "facebook.com", "fb.me": "facebook.com", "fb.watch": "facebook.com",
        "messenger.com": "messenger.com", "instagram.com": "instagram.com",
        "threads.net": "threads.com", "threads.com": "threads.com",
        "twitter.com": "twitter.com", "x.com": "twitter.com", "t.co": "twitter.com",
        "reddit.com": "reddit.com", "redd.it": "reddit.com",
        "linkedin.com": "linkedin.com", "lnkd.in": "linkedin.com",
        "youtube.com": "youtube.com", "youtu.be": "youtube.com", "youtube-nocookie.com": "youtube.com",
        "tiktok.com": "tiktok.com", "snapchat.com": "snapchat.com",
        "pinterest.com": "pinterest.com", "pin.it": "pinterest.com",
        "whatsapp.com": "whatsapp.com", "wa.me": "whatsapp.com",
        "telegram.org": "telegram.org", "telegram.me": "telegram.org", "t.me": "telegram.org",
        "vk.com": "vk.com", "vk.ru": "vk.com", "ok.ru": "ok.ru", "weibo.com": "weibo.com", "weibo.cn": "weibo.com",
        "discord.com": "discord.com", "discordapp.com": "discord.com",
        "wikipedia.org": "wikipedia.org", "quora.com": "quora.com",
        "duckduckgo.com": "duckduckgo.com", "ecosia.org": "ecosia.org",
        "bing.com": "bing.com", "startpage.com": "startpage.com", "qwant.com": "qwant.com",
        "perplexity.ai": "perplexity.ai", "chatgpt.com": "chatgpt.com", "claude.ai": "claude.ai",
    ]

    private static let named: [String: String] = [
        "m.baidu.com": "baidu.com", "wap.baidu.com": "baidu.com", "www1.baidu.com": "baidu.com",
        "chat.openai.com": "chatgpt.com",
        "bard.google.com": "gemini.google.com",
        "m.google.com": "google.com", "images.google.com": "google.com", "encrypted.google.com": "google.com",
        "ipv4.google.com": "google.com", "cse.google.com": "google.com",
        "google.com": "google.com",
        // The Copilot pane in the Edge browser.
        "edgeservices.bing.com": "copilot.microsoft.com",
        "go.bsky.app": "bsky.app",
        "l.workplace.com": "workplace.com",
        "m.douban.com": "douban.com",
    ]

    private static let apps: [String: String] = [
        "com.google.android.googlequicksearchbox": "google.com",
        "com.google.android.apps.searchlite": "google.com",
        "com.google.android.gm": "mail.google.com",
        "com.google.android.gm.lite": "mail.google.com",
        "com.google.android.apps.magazines": "news.google.com",
        "com.google.android.apps.maps": "maps.google.com",
        "com.google.android.apps.bard": "gemini.google.com",
        "com.google.android.apps.dynamite": "chat.google.com",
        "com.google.android.youtube": "youtube.com",
        "com.facebook.katana": "facebook.com", "com.facebook.lite": "facebook.com",
        "com.facebook.orca": "messenger.com",
        "com.instagram.android": "instagram.com", "com.instagram.barcelona": "threads.com",
        "com.twitter.android": "twitter.com",
        "com.reddit.frontpage": "reddit.com",
        "com.linkedin.android": "linkedin.com",
        "com.pinterest": "pinterest.com",
        "com.zhiliaoapp.musically": "tiktok.com", "com.ss.android.ugc.trill": "tiktok.com",
        "com.snapchat.android": "snapchat.com",
        "com.whatsapp": "whatsapp.com", "com.whatsapp.w4b": "whatsapp.com",
        "org.telegram.messenger": "telegram.org", "org.telegram.plus": "telegram.org",
        "com.discord": "discord.com",
        "com.slack": "slack.com",
        "com.microsoft.teams": "teams.microsoft.com",
        "com.microsoft.office.outlook": "outlook.com",
        "com.microsoft.bing": "bing.com", "com.microsoft.copilot": "copilot.microsoft.com",
        "com.yahoo.mobile.client.android.mail": "mail.yahoo.com",
        "com.yandex.searchapp": "yandex.ru", "ru.yandex.searchplugin": "yandex.ru",
        "com.vkontakte.android": "vk.com",
        "com.quora.android": "quora.com",
        "com.duckduckgo.mobile.android": "duckduckgo.com",
        "com.openai.chatgpt": "chatgpt.com",
        "ai.perplexity.app.android": "perplexity.ai",
        "com.anthropic.claude": "claude.ai",
    ]
}

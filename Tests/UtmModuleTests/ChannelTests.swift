import Testing
@testable import UtmModule

@Suite("Channel rules")
struct ChannelTests {
    private static func channel(_ referrer: String, _ source: String, _ medium: String, _ campaign: String) -> String {
        Channel(Origin(referrer: referrer, source: source, medium: medium, campaign: campaign)).rawValue
    }

    @Test(
        "classifies by referrer",
        arguments: [
            ("(direct)", "Direct"), ("google.com", "Organic Search"), ("search.yahoo.com", "Organic Search"),
            ("bing.com", "Organic Search"), ("duckduckgo.com", "Organic Search"),
            ("facebook.com", "Organic Social"), ("twitter.com", "Organic Social"), ("news.ycombinator.com", "Organic Social"),
            ("youtube.com", "Organic Social"),
            ("chatgpt.com", "AI Referrals"), ("perplexity.ai", "AI Referrals"), ("claude.ai", "AI Referrals"),
            ("gemini.google.com", "AI Referrals"), ("copilot.microsoft.com", "AI Referrals"),
            ("openai.com", "AI Referrals"), ("anthropic.com", "AI Referrals"), ("console.anthropic.com", "AI Referrals"),
            ("mail.google.com", "Email"), ("amazon.com", "Referral"), ("blog.example.org", "Referral"), ("10.0.0.1", "Referral"),
            ("notgoogle.com", "Referral"),
        ])
    func referrers(referrer: String, expected: String) { #expect(Self.channel(referrer, "", "", "") == expected) }

    @Test(
        "classifies listed sites: domains of other countries, other kinds of sites, and other services of search engines",
        arguments: [
            ("search.yahoo.co.jp", "Organic Search"), ("m.search.naver.com", "Organic Search"), ("m.naver.com", "Organic Search"),
            ("yandex.kz", "Organic Search"),
            ("yandex.com.tr", "Organic Search"), ("images.yandex.by", "Organic Search"), ("news.google.com", "Organic Search"),
            ("sp-web.search.auone.jp", "Organic Search"),
            ("suche.t-online.de", "Organic Search"), ("metager.de", "Organic Search"), ("suche.web.de", "Organic Search"),
            ("us.search.yahoo.com", "Organic Search"),
            ("blog.naver.com", "Organic Social"), ("kin.naver.com", "Organic Social"), ("ameblo.jp", "Organic Social"),
            ("b.hatena.ne.jp", "Organic Social"),
            ("tieba.baidu.com", "Organic Social"), ("zalo.me", "Organic Social"), ("pixiv.net", "Organic Social"),
            ("researchgate.net", "Organic Social"),
            ("chaos.social", "Organic Social"), ("lemmy.world", "Organic Social"), ("someone.tumblr.com", "Organic Social"),
            ("nicovideo.jp", "Organic Social"),
            ("chat.deepseek.com", "AI Referrals"), ("grok.com", "AI Referrals"), ("chat.mistral.ai", "AI Referrals"),
            ("meta.ai", "AI Referrals"), ("chat.qwen.ai", "AI Referrals"),
            ("outlook.live.com", "Email"), ("deref-gmx.net", "Email"), ("webmail.example.org", "Email"), ("mail.yandex.ru", "Email"),
            ("googleads.g.doubleclick.net", "Display"), ("adservice.google.de", "Display"),
            // Other services of the same companies, and sites that only sound like one.
            ("docs.google.com", "Referral"), ("disk.yandex.ru", "Referral"), ("map.naver.com", "Referral"), ("aws.amazon.com", "Referral"),
            ("github.com", "Referral"),
            ("login.live.com", "Referral"), ("notyandex.kz", "Referral"), ("yandex.evil.example", "Referral"),
            ("search.example.org", "Referral"), ("mail.ru", "Referral"),
        ])
    func listed(referrer: String, expected: String) { #expect(Self.channel(referrer, "", "", "") == expected) }

    @Test(
        "a click id decides if no campaign does",
        arguments: [
            (ClickID.gclid, "google.com", "", "", "Paid Search"), (.gclid, "(direct)", "", "", "Paid Search"),
            (.gbraid, "(direct)", "", "", "Paid Search"),
            (.msclkid, "bing.com", "", "", "Paid Search"), (.yclid, "(direct)", "", "", "Paid Search"),
            (.ttclid, "(direct)", "", "", "Paid Social"),
            (.twclid, "twitter.com", "", "", "Paid Social"), (.linkedIn, "(direct)", "", "", "Paid Social"),
            (.snapchat, "(direct)", "", "", "Paid Social"),
            (.reddit, "reddit.com", "", "", "Paid Social"), (.dclid, "news.example.org", "", "", "Display"),
            // Facebook adds it to every outgoing link, so it doesn't prove a paid click.
            (.fbclid, "(direct)", "", "", "Organic Social"), (.fbclid, "facebook.com", "fb", "paid", "Paid Social"),
            (.fbclid, "instagram.com", "", "", "Organic Social"), (.fbclid, "news.example.org", "", "", "Referral"),
            (.gclid, "google.com", "google", "organic", "Organic Search"), (.gclid, "google.com", "newsletter", "email", "Email"),
            (.gclid, "google.com", "google", "", "Paid Search"),
        ])
    func clicks(id: ClickID, referrer: String, source: String, medium: String, expected: String) {
        #expect(Channel(Origin(referrer: referrer, source: source, medium: medium, clickID: id)).rawValue == expected)
    }

    @Test(
        "a known referrer takes precedence over a click id that doesn't prove a paid click",
        arguments: [
            (ClickID.fbclid, "instagram.com", "instagram.com"), (.fbclid, "(direct)", "facebook.com"),
            (.gclid, "news.example.org", "google.com"),
        ])
    func sources(id: ClickID, referrer: String, expected: String) { #expect(Origin(referrer: referrer, clickID: id).source == expected) }

    @Test(
        "classifies campaign parameters in GA4's order",
        arguments: [
            ("google", "cpc", "", "Paid Search"), ("Google", "CPC", "", "Paid Search"), ("google.de", "ppc", "", "Paid Search"),
            ("google", "cpc", "shopping_may", "Paid Other"),
            ("google", "cpc", "spring-shop", "Paid Other"), ("google", "cpc", "eshop", "Paid Other"),
            ("google", "cpc", "bishop", "Paid Search"), ("google", "cpc", "workshopping", "Paid Other"),
            ("google", "", "eu cross-network", "Paid Other"), ("amazon", "paid", "", "Paid Other"),
            ("facebook", "paid_social", "", "Paid Social"), ("ig", "cpm", "", "Paid Social"),
            ("youtube", "cpv", "", "Paid Other"), ("youtube", "retargeting", "", "Paid Other"), ("siteads", "cpm", "", "Display"),
            ("siteads", "banner", "", "Display"), ("siteads", "cpa", "", "Paid Other"), ("siteads", "cpc", "", "Paid Other"),
            ("facebook", "email", "", "Organic Social"), ("blog", "social", "", "Organic Social"), ("youtube", "", "", "Organic Social"),
            ("blog", "video-post", "", "Organic Social"),
            ("google", "", "", "Organic Search"), ("myengine", "organic", "", "Organic Search"), ("partner", "referral", "", "Referral"),
            ("partner", "link", "", "Referral"),
            ("newsletter", "email", "", "Email"), ("email", "", "", "Email"), ("newsletter", "E-Mail", "", "Email"),
            ("partner", "affiliate", "", "Affiliate"),
            ("podcast", "audio", "", "Other"), ("sms", "", "", "Other"), ("firebase", "push", "", "Other"), ("newsletter", "", "", "Other"),
            ("chatgpt.com", "", "", "AI Referrals"), ("chatgpt", "cpc", "", "Paid Other"), ("", "", "spring", "Other"),
            ("", "cpc", "", "Paid Other"), ("", "(none)", "", "Direct"),
        ])
    func campaigns(source: String, medium: String, campaign: String, expected: String) {
        #expect(Self.channel("(direct)", source, medium, campaign) == expected)
    }
}

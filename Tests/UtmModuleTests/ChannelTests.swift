@testable import UtmModule
import Testing

@Suite("Channel rules")
struct ChannelTests {
    private static func channel(_ referrer: String, _ source: String, _ medium: String, _ campaign: String) -> String {
        Channel(Origin(referrer: referrer, source: source, medium: medium, campaign: campaign)).rawValue
    }

    @Test("referrers alone", arguments: [
        ("(direct)", "Direct"), ("google.com", "Organic Search"), ("search.yahoo.com", "Organic Search"), ("bing.com", "Organic Search"), ("duckduckgo.com", "Organic Search"),
        ("facebook.com", "Organic Social"), ("twitter.com", "Organic Social"), ("news.ycombinator.com", "Organic Social"), ("youtube.com", "Organic Social"),
        ("chatgpt.com", "AI Referrals"), ("perplexity.ai", "AI Referrals"), ("claude.ai", "AI Referrals"), ("gemini.google.com", "AI Referrals"), ("copilot.microsoft.com", "AI Referrals"),
        ("openai.com", "AI Referrals"), ("anthropic.com", "AI Referrals"), ("console.anthropic.com", "AI Referrals"),
        ("mail.google.com", "Referral"), ("amazon.com", "Referral"), ("blog.example.org", "Referral"), ("10.0.0.1", "Referral"), ("notgoogle.com", "Referral"),
    ])
    func referrers(referrer: String, expected: String) { #expect(Self.channel(referrer, "", "", "") == expected) }

    @Test("campaign parameters, in GA4's order", arguments: [
        ("google", "cpc", "", "Paid Search"), ("Google", "CPC", "", "Paid Search"), ("google.de", "ppc", "", "Paid Search"), ("google", "cpc", "shopping_may", "Paid Other"),
        ("google", "cpc", "spring-shop", "Paid Other"), ("google", "cpc", "eshop", "Paid Other"), ("google", "cpc", "bishop", "Paid Search"), ("google", "cpc", "workshopping", "Paid Other"),
        ("google", "", "eu cross-network", "Paid Other"), ("amazon", "paid", "", "Paid Other"), ("facebook", "paid_social", "", "Paid Social"), ("ig", "cpm", "", "Paid Social"),
        ("youtube", "cpv", "", "Paid Other"), ("youtube", "retargeting", "", "Paid Other"), ("siteads", "cpm", "", "Display"), ("siteads", "banner", "", "Display"), ("siteads", "cpa", "", "Paid Other"), ("siteads", "cpc", "", "Paid Other"),
        ("facebook", "email", "", "Organic Social"), ("blog", "social", "", "Organic Social"), ("youtube", "", "", "Organic Social"), ("blog", "video-post", "", "Organic Social"),
        ("google", "", "", "Organic Search"), ("myengine", "organic", "", "Organic Search"), ("partner", "referral", "", "Referral"), ("partner", "link", "", "Referral"),
        ("newsletter", "email", "", "Email"), ("email", "", "", "Email"), ("newsletter", "E-Mail", "", "Email"), ("partner", "affiliate", "", "Affiliate"),
        ("podcast", "audio", "", "Other"), ("sms", "", "", "Other"), ("firebase", "push", "", "Other"), ("newsletter", "", "", "Other"),
        ("chatgpt.com", "", "", "AI Referrals"), ("chatgpt", "cpc", "", "Paid Other"), ("", "", "spring", "Other"), ("", "cpc", "", "Paid Other"), ("", "(none)", "", "Direct"),
    ])
    func campaigns(source: String, medium: String, campaign: String, expected: String) {
        #expect(Self.channel("(direct)", source, medium, campaign) == expected)
    }
}

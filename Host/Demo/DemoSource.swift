/// A source of visits: the fields that it adds to a visit's first pageview, and the pages that visitors land on.
struct DemoSource: Sendable {
    /// The fields for the visit's first payload: referrer and campaign parameters.
    let fields: [UInt8]
    let entry: Weighted<DemoSite.Place>
    /// The probability that a visitor leaves after one page, 0...1.
    let bounce: Double

    private init(
        _ referrer: String, _ entry: Weighted<DemoSite.Place>, bounce: Double,
        campaign: (source: String, medium: String, name: String)? = nil
    ) {
        var fields = referrer.isEmpty ? [] : JSONPiece.field("referrer", referrer)
        if let campaign {
            fields +=
                JSONPiece.field("utm_source", campaign.source) + JSONPiece.field("utm_medium", campaign.medium)
                + JSONPiece.field("utm_campaign", campaign.name)
        }
        self.fields = fields
        self.entry = entry
        self.bounce = bounce
    }

    // MARK: Entry pages

    private static let searched = Weighted<DemoSite.Place>([(.docsPage, 34), (.blogPost, 28), (.home, 24), (.compare, 8), (.pricing, 6)])
    private static let asked = Weighted<DemoSite.Place>([(.docsPage, 42), (.compare, 24), (.home, 20), (.blogPost, 14)])
    private static let shared = Weighted<DemoSite.Place>([(.blogPost, 62), (.home, 24), (.features, 8), (.changelog, 6)])
    private static let mailed = Weighted<DemoSite.Place>([(.blogPost, 50), (.changelog, 30), (.pricing, 10), (.features, 10)])
    private static let advertised = Weighted<DemoSite.Place>([(.compare, 36), (.home, 34), (.pricing, 30)])
    private static let typed = Weighted<DemoSite.Place>([
        (.home, 60), (.docsIndex, 10), (.pricing, 10), (.blogIndex, 8), (.login, 8), (.changelog, 4),
    ])
    private static let linked = Weighted<DemoSite.Place>([(.home, 46), (.docsIndex, 22), (.docsPage, 22), (.features, 10)])
    private static let working = Weighted<DemoSite.Place>([(.appHome, 52), (.login, 24), (.appReport, 14), (.appProject, 10)])

    // MARK: Referrers

    /// Sources of visitors who are not customers.
    static let usual = sources(newsletter: 1, hackerNews: 1)
    /// Sources of visitors in the hours after the newsletter was sent.
    static let newsletterDay = sources(newsletter: 7, hackerNews: 1)
    /// Sources of visitors while a post is on a news site's front page.
    static let frontPageDay = sources(newsletter: 1, hackerNews: 26)
    /// Sources of customers. They come to use the product.
    static let customers = Weighted([
        (DemoSource("", working, bounce: 0.1), 88), (DemoSource("https://mail.google.com/", working, bounce: 0.12), 8),
        (DemoSource("https://app.slack.com/", working, bounce: 0.15), 4),
    ])

    private static func sources(newsletter: Double, hackerNews: Double) -> Weighted<DemoSource> {
        let search: [(String, Double)] = [
            ("https://www.google.com/", 21), ("https://www.google.de/", 3), ("https://www.google.co.uk/", 2),
            ("https://www.google.fr/", 1.4),
            ("https://www.bing.com/", 3), ("https://duckduckgo.com/", 3.4), ("https://www.ecosia.org/", 0.8),
            ("https://search.yahoo.com/", 0.7),
            ("https://search.brave.com/", 0.8), ("https://kagi.com/", 0.4), ("https://yandex.com/", 0.3),
        ]
        let assistants: [(String, Double)] = [
            ("https://chatgpt.com/", 4.2), ("https://www.perplexity.ai/", 1.6), ("https://claude.ai/", 1.4),
            ("https://gemini.google.com/", 0.8),
            ("https://copilot.microsoft.com/", 0.6),
        ]
        let social: [(String, Double)] = [
            ("https://news.ycombinator.com/", 2.6 * hackerNews), ("https://www.reddit.com/", 3), ("https://t.co/a8Kq2Lx9", 2.8),
            ("https://www.linkedin.com/", 2.4), ("https://www.youtube.com/", 1), ("https://l.facebook.com/", 0.9),
            ("https://bsky.app/", 0.7),
            ("https://mastodon.social/", 0.5), ("https://lobste.rs/", 0.4 * hackerNews.squareRoot()),
        ]
        let links: [(String, Double)] = [
            ("https://github.com/", 3), ("https://stackoverflow.com/", 1), ("https://www.producthunt.com/", 0.9), ("https://dev.to/", 0.7),
            ("https://alternativeto.net/", 0.8), ("https://awesome-selfhosted.net/", 0.7), ("https://blauwerk.example/tools", 0.4),
        ]
        var all = [(DemoSource("", typed, bounce: 0.42), 27.0)]
        all += search.map { (DemoSource($0.0, searched, bounce: 0.54), $0.1) }
        all += assistants.map { (DemoSource($0.0, asked, bounce: 0.40), $0.1) }
        all += social.map { (DemoSource($0.0, shared, bounce: 0.66), $0.1) }
        all += links.map { (DemoSource($0.0, linked, bounce: 0.46), $0.1) }
        all += (1...8).map { issue in
            (
                DemoSource(
                    issue % 3 == 0 ? "https://mail.google.com/" : "", mailed, bounce: 0.5,
                    campaign: ("newsletter", "email", "weekly-\(issue)")), 0.6 * newsletter
            )
        }
        all += ["brand", "alternatives", "self-hosted"].map { name in
            (DemoSource("https://www.google.com/", advertised, bounce: 0.56, campaign: ("google", "cpc", name)), 1)
        }
        return Weighted(all)
    }
}

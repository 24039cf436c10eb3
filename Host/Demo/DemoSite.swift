import Common

/// The site that the demo's visitors browse: marketing pages, blog, documentation, and the application behind the login. A table of
/// probabilities determines which page follows which, so funnels narrow as they do on real sites.
struct DemoSite: Sendable {
    /// A kind of page.
    enum Place: Int, Sendable, CaseIterable {
        case home, features, pricing, compare, customers, about, careers, contact, tour
        case blogIndex, blogPost, docsIndex, docsPage, changelog
        case login, reset, signup, signupPlan, welcome
        case appHome, appProject, appReport, appTeam, appSettings, billing, checkout, payment, receipt
    }

    /// A page as pieces of JSON for payloads. An event includes only the path; a pageview includes path and title.
    struct Page: Sendable {
        let path: String
        let pathField: [UInt8]
        let fields: [UInt8]

        init(_ path: String, _ title: String) {
            self.path = path
            pathField = JSONPiece.field("path", path)
            fields = pathField + JSONPiece.field("title", title)
        }
    }

    /// An event that may happen on a page.
    struct Action: Sendable {
        let name: String
        let probability: Double
        /// The place that the event always leads to; nil if the next page is random.
        var next: Place?
        /// The payload's fields for each choice that the visitor has, with the weights of the choices.
        let fields: Weighted<[UInt8]>
    }

    /// The median time that visitors stay on a page of each place, in seconds.
    private(set) var stay: [Double] = []
    private(set) var pages: [Weighted<Page>] = []
    private(set) var next: [Weighted<Place>] = []
    private(set) var actions: [Action?] = []

    static let standard = DemoSite()

    private init() {
        for place in Place.allCases {
            stay.append(Self.stay(at: place))
            pages.append(Weighted(Self.pages(of: place)))
            next.append(Weighted(Self.links(from: place)))
            actions.append(Self.action(at: place))
        }
    }

    private static func stay(at place: Place) -> Double {
        switch place {
        case .blogPost: 75
        case .docsPage: 55
        case .compare, .pricing, .customers, .changelog: 32
        case .signup, .signupPlan, .payment, .contact: 28
        case .appProject, .appReport: 38
        case .login, .reset, .welcome, .receipt, .blogIndex, .docsIndex: 11
        default: 20
        }
    }

    // MARK: Links

    private static func links(from place: Place) -> [(Place, Double)] {
        switch place {
        case .home:
            [
                (.features, 27), (.pricing, 24), (.docsIndex, 10), (.blogIndex, 8), (.customers, 8), (.signup, 8), (.login, 6), (.tour, 5),
                (.changelog, 2), (.about, 2),
            ]
        case .features: [(.pricing, 33), (.features, 27), (.docsPage, 12), (.signup, 10), (.home, 10), (.customers, 8)]
        case .pricing: [(.signup, 33), (.features, 18), (.compare, 13), (.home, 11), (.customers, 8), (.docsIndex, 8), (.contact, 9)]
        case .compare: [(.pricing, 36), (.features, 24), (.signup, 20), (.home, 20)]
        case .customers: [(.pricing, 34), (.features, 26), (.customers, 16), (.signup, 12), (.home, 12)]
        case .about: [(.home, 45), (.careers, 35), (.contact, 20)]
        case .careers: [(.about, 40), (.home, 60)]
        case .contact: [(.home, 60), (.pricing, 40)]
        case .tour: [(.pricing, 40), (.signup, 32), (.features, 28)]
        case .blogIndex: [(.blogPost, 85), (.home, 15)]
        case .blogPost: [(.blogPost, 42), (.blogIndex, 14), (.home, 14), (.features, 10), (.docsPage, 8), (.pricing, 7), (.signup, 5)]
        case .docsIndex: [(.docsPage, 88), (.home, 7), (.pricing, 5)]
        case .docsPage: [(.docsPage, 72), (.docsIndex, 11), (.login, 5), (.pricing, 5), (.signup, 4), (.home, 3)]
        case .changelog: [(.docsPage, 34), (.home, 30), (.login, 22), (.features, 14)]
        case .login: [(.appHome, 91), (.reset, 9)]
        case .reset: [(.login, 100)]
        case .signup: [(.signupPlan, 58), (.pricing, 18), (.home, 14), (.features, 10)]
        case .signupPlan: [(.welcome, 64), (.pricing, 22), (.home, 14)]
        case .welcome: [(.appHome, 84), (.docsPage, 16)]
        case .appHome:
            [(.appProject, 36), (.appReport, 28), (.appHome, 12), (.billing, 7), (.appSettings, 7), (.appTeam, 5), (.docsPage, 5)]
        case .appProject: [(.appReport, 34), (.appProject, 34), (.appHome, 24), (.appSettings, 5), (.docsPage, 3)]
        case .appReport: [(.appReport, 42), (.appProject, 30), (.appHome, 24), (.docsPage, 4)]
        case .appTeam: [(.appHome, 60), (.appTeam, 20), (.billing, 20)]
        case .appSettings: [(.appHome, 52), (.appSettings, 26), (.billing, 14), (.docsPage, 8)]
        case .billing: [(.appHome, 80), (.pricing, 20)]
        case .checkout: [(.payment, 66), (.billing, 20), (.appHome, 14)]
        case .payment: [(.receipt, 72), (.checkout, 28)]
        case .receipt: [(.appHome, 100)]
        }
    }

    // MARK: Events

    private static func action(at place: Place) -> Action? {
        func fields(_ name: String, _ choices: [(String, Double)]) -> Weighted<[UInt8]> {
            Weighted(choices.map { (JSONPiece.field("name", name) + Array(#","data":\#($0.0)"#.utf8), $0.1) })
        }
        switch place {
        case .tour:
            return Action(
                name: "video_played", probability: 0.6,
                fields: fields("video_played", [(#"{"video":"tour","seconds":95}"#, 6), (#"{"video":"tour","seconds":20}"#, 4)]))
        case .contact:
            return Action(
                name: "contact_sent", probability: 0.4,
                fields: fields("contact_sent", [(#"{"topic":"sales"}"#, 5), (#"{"topic":"support"}"#, 3), (#"{"topic":"press"}"#, 1)]))
        case .blogPost:
            return Action(
                name: "newsletter_subscribed", probability: 0.02,
                fields: fields("newsletter_subscribed", [(#"{"place":"footer"}"#, 6), (#"{"place":"article"}"#, 4)]))
        case .docsPage:
            return Action(
                name: "code_copied", probability: 0.1,
                fields: fields(
                    "code_copied",
                    [
                        (#"{"language":"javascript"}"#, 5), (#"{"language":"bash"}"#, 4), (#"{"language":"swift"}"#, 1),
                        (#"{"language":"python"}"#, 2),
                    ]))
        case .welcome: return Action(name: signup, probability: 1, fields: fields(signup, Self.signups))
        case .appProject:
            return Action(
                name: "report_created", probability: 0.08,
                fields: fields("report_created", [(#"{"kind":"funnel"}"#, 4), (#"{"kind":"retention"}"#, 2), (#"{"kind":"trend"}"#, 5)]))
        case .appReport:
            return Action(
                name: "report_exported", probability: 0.06,
                fields: fields("report_exported", [(#"{"format":"csv"}"#, 7), (#"{"format":"pdf"}"#, 3)]))
        case .appTeam:
            return Action(
                name: "invite_sent", probability: 0.35,
                fields: fields("invite_sent", [(#"{"role":"member"}"#, 8), (#"{"role":"admin"}"#, 2)]))
        case .billing:
            return Action(
                name: "add_to_cart", probability: 0.45, next: .checkout,
                fields: fields("add_to_cart", Self.orders.map { ($0.data, $0.weight) }))
        case .receipt:
            return Action(
                name: "purchase", probability: 1,
                fields: Weighted(
                    Self.orders.map { order in
                        let revenue = #","revenue_amount":\#(order.amount),"revenue_currency":"USD""#
                        return (JSONPiece.field("name", "purchase") + Array((#","data":\#(order.data)"# + revenue).utf8), order.weight)
                    }))
        default: return nil
        }
    }

    /// The name of the event that makes a visitor a customer.
    static let signup = "signup"

    private static let signups = [
        (#"{"plan":"free","method":"google"}"#, 34.0), (#"{"plan":"free","method":"email"}"#, 26),
        (#"{"plan":"free","method":"github"}"#, 14),
        (#"{"plan":"pro","method":"google"}"#, 11), (#"{"plan":"pro","method":"email"}"#, 9), (#"{"plan":"team","method":"email"}"#, 4),
        (#"{"plan":"team","method":"sso"}"#, 2),
    ]

    private static let orders: [(data: String, amount: Int, weight: Double)] = [
        ("pro", "monthly", 1, 19, 34.0), ("pro", "yearly", 1, 190, 22), ("pro", "monthly", 3, 57, 8), ("team", "monthly", 5, 245, 14),
        ("team", "yearly", 5, 2_450, 9), ("team", "monthly", 12, 588, 7), ("team", "yearly", 25, 12_250, 3),
        ("business", "yearly", 40, 31_600, 1.5),
    ].map { plan, interval, seats, amount, weight in
        (#"{"plan":"\#(plan)","interval":"\#(interval)","seats":\#(seats),"amount":\#(amount),"currency":"USD"}"#, amount, weight)
    }
}

/// Makes pieces of JSON that are shared by many payloads.
enum JSONPiece {
    /// Returns `,"name":"value"`.
    static func field(_ name: String, _ value: String) -> [UInt8] {
        var text = JSONText()
        text.append(raw: #","\#(name)":"#)
        text.append(string: value)
        return text.bytes
    }
}

extension DemoSite {
    /// The pages of a place with their weights. The first pages are visited most.
    static func pages(of place: Place) -> [(Page, Double)] {
        switch place {
        case .home: one("/", "Northlight: analytics that you own")
        case .features:
            titled("/features", ["Dashboards", "Funnels", "Session replay", "Retention", "Feature flags", "Alerts", "Surveys", "Privacy"])
        case .pricing: one("/pricing", "Pricing")
        case .compare: titled("/compare", ["Hosted analytics", "Product suites", "Server logs", "Spreadsheets"])
        case .customers:
            [(Page("/customers", "Customers"), 8)] + titled("/customers", ["Ferrywood", "Blauwerk", "Oakline", "Sunrise Robotics"])
        case .about: one("/about", "About us")
        case .careers: one("/careers", "Careers")
        case .contact: one("/contact", "Contact")
        case .tour: one("/tour", "A tour in two minutes")
        case .blogIndex: one("/blog", "Blog")
        case .blogPost: titled("/blog", posts)
        case .docsIndex: one("/docs", "Documentation")
        case .docsPage: documents.enumerated().map { (Page("/docs/" + $1.path, $1.title), rank($0)) }
        case .changelog: one("/changelog", "Changelog")
        case .login: one("/login", "Log in")
        case .reset: one("/login/reset", "Reset your password")
        case .signup: one("/signup", "Create your account")
        case .signupPlan: one("/signup/plan", "Choose a plan")
        case .welcome: one("/welcome", "Welcome")
        case .appHome: one("/app", "Home")
        case .appProject: (1...240).map { (Page("/app/projects/\($0)", "Project"), rank($0)) }
        case .appReport: titled("/app/reports", ["Overview", "Funnels", "Retention", "Paths", "Events", "Revenue", "Campaigns", "Devices"])
        case .appTeam: one("/app/team", "Team")
        case .appSettings: titled("/app/settings", ["Profile", "Notifications", "API keys", "Integrations"])
        case .billing: one("/app/billing", "Billing")
        case .checkout: one("/checkout", "Your order")
        case .payment: one("/checkout/payment", "Payment")
        case .receipt: one("/checkout/done", "Thank you")
        }
    }

    private static func one(_ path: String, _ title: String) -> [(Page, Double)] { [(Page(path, title), 1)] }

    private static func titled(_ folder: String, _ titles: [String]) -> [(Page, Double)] {
        titles.enumerated().map { (Page(folder + "/" + slug($1), $1), rank($0)) }
    }

    /// A weight by Zipf's law (the second page is visited half as often as the first, the third a third ...), slightly flattened.
    private static func rank(_ index: Int) -> Double { 1 / (Double(index) + 1.5) }

    private static func slug(_ title: String) -> String {
        title.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
    }

    private static let posts = [
        "Cookies are not the only way to count", "How we made reports ten times faster", "What a bounce really means",
        "Funnels that tell the truth", "Self-hosting on a five dollar server", "The cost of a slow dashboard", "Retention for beginners",
        "Why we store events twice", "A field guide to UTM parameters", "Sessions, visits and other fictions",
        "Ten questions to ask your data",
        "What AI assistants send us", "Reading a retention table", "Feature flags without regret", "The week our traffic tripled",
        "Choosing a primary metric", "Time zones and other traps", "Sampling is a decision", "Building in public, one year on",
        "How to name events", "Consent without nagging", "Our first thousand customers", "Postmortem of the March outage",
        "Journey maps from real paths",
        "When averages lie", "The small team's stack", "Column stores explained", "Surveys people answer",
        "Alerts that wake the right person",
        "Pricing experiments we regret", "Moving off spreadsheets", "A/B tests with little traffic", "What privacy law asks of analytics",
        "Northlight 2.0", "Northlight 2.1", "Heatmaps, honestly", "Replays and respect", "Dashboards for founders", "Segments that matter",
        "Hello, world",
    ]

    private static let documents: [(path: String, title: String)] = [
        ("quickstart", "Quick start"), ("install/script", "Install the script"), ("api/events", "Events API"),
        ("install/docker", "Install with Docker"),
        ("configuration", "Configuration"), ("api/authentication", "Authentication"), ("install/react", "React"), ("funnels", "Funnels"),
        ("api/stats", "Stats API"), ("install/next", "Next.js"), ("events/naming", "Naming events"),
        ("self-hosting/backup", "Backup and restore"),
        ("self-hosting/scaling", "Scaling"), ("install/wordpress", "WordPress"), ("retention", "Retention"), ("goals", "Goals"),
        ("feature-flags", "Feature flags"), ("api/limits", "Limits"), ("privacy/consent", "Consent"), ("webhooks", "Webhooks"),
        ("install/ios", "iOS"),
        ("install/android", "Android"), ("troubleshooting", "Troubleshooting"), ("self-hosting/upgrade", "Upgrading"),
        ("segments", "Segments"),
        ("exports", "Exports"), ("api/errors", "Errors"), ("sql", "SQL access"), ("integrations/slack", "Slack"), ("glossary", "Glossary"),
    ]
}

import Core

/// Campaigns, channels and attribution: what brings visitors to a site, and how much revenue it leads to.
public struct UtmModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "utm", category: .tracking, reads: ["revenue"],
        summaries: [
            "en": "Campaigns, channels, revenue attribution and advertising costs.",
            "de": "Kampagnen, Kanäle, welche Quelle welchen Umsatz brachte, und was Werbung kostet.",
        ])

    /// One row for each pageview that came with campaign parameters or a click id.
    static let touches = FactTable(
        "utm_touches",
        FactTable.sessionColumns + [
            /// Not called `path`, so a filter on the path selects sessions instead of landing pages.
            Column("landing_path", .text)
        ] + CampaignFields.names.map { Column($0, .text) } + [clickID])

    /// The name of the `ClickID`; "" if the pageview had none. Null in rows that were stored before the column existed.
    private static let clickID = Column(ClickID.column, .text, nullable: true)

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    public var pages: [DashboardPage] {
        [DashboardPage("acquisition", titles: ["en": "Acquisition", "de": "Akquise"], Embedded.page_js)]
    }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var factTables: [FactTable] { [Self.touches] }
    public var migrations: [Migration] {
        [
            Migration("001-create", on: .events, [.createFactTable(Self.touches.without(Self.clickID))]),
            Migration("002-create-imports", on: .control, [.createTable(ImportBatch.table), .createTable(ImportRow.table)]),
            Migration("003-add-click-id", on: .events, [.addColumn(table: Self.touches.name, Self.clickID)]),
        ]
    }

    public var extensions: [CollectorExtension] {
        [
            CollectorExtension("pageview", "A pageview with campaign parameters or a click id is a touch.", fields: CampaignFields.fields) {
                payload in
                guard let campaign = CampaignFields(payload) else { return nil }
                let path = payload.text("path")
                let values = (campaign.values + [campaign.clickID?.rawValue ?? ""]).map(Value.text)
                return Addition { visit in [(Self.touches, visit.sessionValues + [.text(visit.page(path))] + values)] }
            }
        ]
    }

    public var datasets: [Dataset] {
        [
            Dataset(
                "utm_touches", "One row for each pageview with campaign parameters or a click id.",
                columns: [
                    ("occurred_at", "When the page was viewed, in epoch milliseconds."), ("landing_path", "Path of the page viewed."),
                    ("utm_source", "The source that sent the visitor."),
                    ("utm_medium", "The medium, such as cpc or email."), ("utm_campaign", "Name of the campaign."),
                    ("utm_content", "Distinguishes the links within a campaign."), ("utm_term", "The paid search keyword."),
                    ("click_id", "Name of the click id, such as gclid, msclkid or fbclid."), ("source", "Where the session came from."),
                    ("country", "ISO 3166-1 code."), ("device", "Desktop, Mobile, Tablet ..."), ("browser", "Browser of the session."),
                    ("os", "Operating system."),
                ])
        ]
    }

    public var reports: [NamedReport] {
        [NamedReport("campaigns", noun: "campaign", answer: .data(Campaigns.shape)) { try await Campaigns.run($0) }]
    }

    public var routes: [Route] { campaignRoutes + marketingRoutes + importRoutes }
}

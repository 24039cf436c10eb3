import Core

/// Dashboards, saved reports, the explorer, and insights: stickiness, lifecycle, activation and impact. The definitions (`Dashboard`,
/// `SavedReport`) are in Core because other modules embed and send them.
public struct DashboardsModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "dashboards", category: .analysis, reads: ["core", "utm", "error_tracking"],
        summaries: [
            "en": "Dashboards, saved reports, an explorer, and insights: stickiness, lifecycle, activation, impact.",
            "de": "Tafeln, gespeicherte Berichte, ein Explorer und Einblicke: Bindung, Lebenszyklus, Aktivierung, Wirkung.",
        ])

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    public var migrations: [Migration] {
        [
            Migration(
                "001-create", on: .control,
                [
                    Dashboard.resource.creation, SavedReport.resource.creation, .createTable(ExplorerRun.table),
                ])
        ]
    }

    public var pages: [DashboardPage] {
        [
            DashboardPage("boards", titles: ["en": "Boards", "de": "Boards"], Embedded.page_js),
            DashboardPage("insights", titles: ["en": "Insights", "de": "Einblicke"], file: "insights.js", Embedded.insights_js),
        ]
    }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var definitionKinds: [DefinitionKind] {
        [SavedReport.resource.referable(as: "report"), Dashboard.resource.referable(as: "dashboard")]
    }

    public var routes: [Route] { definitionRoutes + explorerRoutes + insightRoutes }
}

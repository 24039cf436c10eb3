import Core

/// Lets users define metrics, query approved datasets visually or in SQL, upload tables, and query external databases. SQL is always
/// read-only. Dashboards, reports, metrics, visual queries and saved SQL queries can be embedded in other sites.
public struct BIModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "bi", category: .analysis, reads: ["core"],
        summaries: [
            "en": "Metrics, visual queries and read-only SQL over approved datasets; row policies, uploads, external databases and embeds.",
            "de":
                "Kennzahlen, Abfragen durch Auswählen oder mit lesendem SQL, Zeilenregeln, eigene Tabellen, andere Datenbanken und Einbettungen.",
        ])

    let settings: BISettings
    let queries: RunningQueries

    public init(_ setup: ModuleSetup) throws {
        settings = try setup.settings.read { BISettings($0) }
        queries = RunningQueries(atATime: settings.maximumConcurrentQueries)
    }

    public var migrations: [Migration] {
        let resources = [Metric.resource, RowPolicy.resource, SavedSQL.resource, Embed.resource, Connection.resource]
        let tables = [QueryRun.table, Embed.tokens, Connection.secrets] + CSVUpload.tables
        return [Migration("001-create", on: .control, resources.map(\.creation) + tables.map { .createTable($0) })] + EmbedRights.migrations
    }

    public var pages: [DashboardPage] {
        [
            DashboardPage("explore", titles: ["en": "Explore", "de": "Abfragen"], file: "explore.js", Embedded.explore_js),
            DashboardPage(
                "sources", titles: ["en": "Data and embeds", "de": "Daten und Einbettung"], file: "sources.js", Embedded.sources_js),
        ]
    }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var definitionKinds: [DefinitionKind] {
        [Metric.resource.referable(as: "metric"), SavedSQL.resource.referable(as: "sql_query"), Embed.resource.referable(as: "embed")]
    }

    public var routes: [Route] {
        Metric.resource.routes + RowPolicy.resource.routes + SavedSQL.resource.routes + queryRoutes + uploadRoutes + embedRoutes
            + connectionRoutes
    }
}

import Core

/// Collects application log entries, and reports them. Each entry is one fact.
public struct LogsModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "logs", category: .tracking, reads: ["core"],
        summaries: [
            "en": "Application log entries: search them, count them over time, and follow them live.",
            "de": "Protokolle von Anwendungen: durchsucht, über die Zeit gezählt und live verfolgt.",
        ])

    public init(_ setup: ModuleSetup) throws {
        try setup.settings.read { _ in }  // no settings: any key in the block is an error
    }

    public var pages: [DashboardPage] { [DashboardPage("logs", titles: ["en": "Logs", "de": "Protokolle"], Embedded.page_js)] }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var factTables: [FactTable] { [LogEntry.table] }
    public var migrations: [Migration] { [Migration("001-create", on: .events, [.createFactTable(LogEntry.table)])] }
    public var collectors: [Collector] { [LogCollector.collector] }
    public var liveTables: [LiveTable] { [LiveTable(LogEntry.table, event: "log", LogEntry.shape) { LogEntry($0) }] }

    public var datasets: [Dataset] {
        [
            Dataset(
                LogEntry.table.name, "One row for each log entry.",
                columns: [
                    ("occurred_at", "When it was logged, in epoch milliseconds."), ("level", "debug, info, warn, error or fatal."),
                    ("message", "The message."), ("data", "Body of the entry, as JSON."), ("path", "Path of the page."),
                    ("release", "Release of the application."),
                    ("environment", "Environment, such as production."), ("visitor_id", "The visitor's id, if one was sent."),
                ])
        ]
    }
}

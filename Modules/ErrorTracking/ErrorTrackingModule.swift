import Core

/// JavaScript errors from browsers: grouped, mapped back to the original source, and tracked from release to release.
public struct ErrorTrackingModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "error_tracking", category: .tracking, reads: ["core"],
        summaries: [
            "en": "JavaScript errors, grouped across builds, with stack traces mapped to the original source, and regressions by release.",
            "de":
                "JavaScript-Fehler, über Versionen hinweg zusammengefasst, mit Aufrufstapeln aus dem Quelltext und ihrem Stand je Version.",
        ])

    public static let scriptFeatures = [ScriptFeature("errors", Embedded.errors_min_js, sends: "js_error")]

    public init(_ setup: ModuleSetup) throws {
        try setup.settings.read { _ in }  // has no settings, so any key is a mistake
    }

    public var pages: [DashboardPage] { [DashboardPage("errors", titles: ["en": "Errors", "de": "Fehler"], Embedded.page_js)] }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var factTables: [FactTable] { [ErrorTable.table] }
    public var collectors: [Collector] { [ErrorCollector.collector] }
    public var liveTables: [LiveTable] { [LiveTable(ErrorTable.table, event: "js_error", LiveError.shape) { LiveError($0) }] }

    public var migrations: [Migration] {
        [
            Migration(
                "001-create", on: .events,
                [
                    .createFactTable(ErrorTable.table),
                    // First and last seen are queried over all time. For DuckDB, scanning two columns is cheaper than maintaining an index.
                    .statements { dialect in
                        dialect == .postgresql
                            ? ["CREATE INDEX error_tracking_errors_issue ON error_tracking_errors (project, fingerprint, occurred_at)"] : []
                    },
                ]),
            Migration(
                "002-create-definitions", on: .control, ([Issue.table, Release.table] + SourceMapRecord.tables).map { .createTable($0) }),
            Migration("003-blob", on: .control, [.addColumn(table: SourceMapRecord.tables[0].name, SourceMapRecord.blob)]),
            Migration(
                "004-content-to-blobs", on: .control,
                [
                    .work(SourceMapRecord.moveContent),
                    .statements { _ in ["/* error_tracking.drop_files */ DROP TABLE error_tracking_source_map_files"] },
                ]),
        ]
    }

    public var datasets: [Dataset] {
        [
            Dataset(
                ErrorTable.table.name, "One row for each occurrence of an error.",
                columns: [
                    ("occurred_at", "When it happened, in epoch milliseconds."), ("message", "The browser's message."),
                    ("filename", "URL of the script."),
                    ("line", "Line in the script, starting at 1."), ("col", "Column in the line, starting at 1."),
                    ("path", "Path of the page."),
                    ("release", "Release of the site."), ("environment", "Such as production."), ("country", "ISO 3166-1 code."),
                    ("device", "Such as Desktop, Mobile or Tablet."), ("browser", "Browser of the session."), ("os", "Operating system."),
                ])
        ]
    }
}

/// An error as the live stream shows it.
private struct LiveError: Sendable {
    let at: Instant
    let fingerprint, message, path, filename, browser, environment: String
    let release: String?

    static let shape = Shape<LiveError>([
        .required("at", \.at, .timestamp), .required("fingerprint", \.fingerprint, .string(32...32)),
        .required("message", \.message, .text(ErrorCollector.messageLimit)), .required("path", \.path, .string(0...2_048)),
        .required("filename", \.filename, .string(0...2_048)), .required("browser", \.browser, .string(0...200)),
        .required("environment", \.environment, .text(100)), .optional("release", \.release, .text(200)),
    ])

    init(_ row: Row) {
        at = Instant(milliseconds: row.int("occurred_at"))
        fingerprint = row.fingerprint.hex
        message = row.text("message")
        path = row.text("path")
        filename = row.text("filename")
        browser = row.versioned("browser", "browser_version")
        environment = row.text("environment")
        release = row.optionalText("release")
    }
}

import Core

/// Pageviews and custom events, and the reports that everybody wants first. Always on.
public struct CoreModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "core", category: .core,
        summaries: [
            "en": "Pageviews, sessions, events, devices, places, referrers, and who is there right now.",
            "de": "Seitenaufrufe, Sitzungen, Ereignisse, Geräte, Orte, Herkunft, und wer gerade da ist.",
        ])

    let script: TrackingScript

    public init(_ setup: ModuleSetup) throws {
        try setup.settings.read { _ in }  // it has no settings; whatever is there is a mistake
        script = TrackingScript()
    }

    public var pages: [Page] {
        [
            Page("overview", titles: ["en": "Overview", "de": "Überblick"], file: "overview.js", PackageResources.overview_js),
            Page("realtime", titles: ["en": "Realtime", "de": "Echtzeit"], file: "realtime.js", PackageResources.realtime_js),
        ]
    }
    public var collectors: [Collector] { [PageviewCollector.collector, EventCollector.collector] }
    public var routes: [Route] { reportRoutes + script.routes }

    public var reports: [NamedReport] {
        [
            NamedReport("stats", noun: "overview") { try await Overview.run($0) },
            NamedReport("timeseries", noun: "point") { ReportList(data: try await Timeseries.run($0, by: .day)) },
            NamedReport("pages", noun: "page") { try await Pages.run($0) },
            NamedReport("referrers", noun: "referrer") { ReportList(data: try await Breakdowns.sources($0)) },
            NamedReport("events", noun: "event") { ReportList(data: try await Breakdowns.events($0)) },
            NamedReport("devices", noun: "device") { try await Devices.run($0) },
            NamedReport("geo", noun: "country") { ReportList(data: try await Breakdowns.places($0, level: "country")) },
        ]
    }

    public var datasets: [Dataset] {
        let shared = [
            ("occurred_at", "When it happened, epoch milliseconds."), ("path", "Path of the page."), ("source", "Where the session came from."),
            ("country", "ISO 3166-1 code."), ("region", "ISO 3166-2 code."), ("city", "English name."), ("browser", "Browser of the session."),
            ("os", "Operating system."), ("device", "Desktop, Mobile, Tablet ..."), ("language", "BCP 47 tag."),
        ]
        return [
            Dataset("pageviews", "One row for each pageview.", columns: shared.map { ($0, $1) } + [("title", "Title of the page.")]),
            Dataset("events", "One row for each custom event.", columns: shared.map { ($0, $1) } + [("name", "Name of the event."), ("data", "Its properties, JSON.")]),
            Dataset("sessions", "One row for each session.", columns: [
                ("started_at", "First activity, epoch milliseconds."), ("ended_at", "Last activity."), ("pageviews", "How many."),
                ("events", "How many."), ("entry_path", "First page."), ("exit_path", "Last page."), ("source", "Where it came from."),
                ("country", "ISO 3166-1 code."), ("device", "Desktop, Mobile, Tablet ..."),
            ]),
        ]
    }
}

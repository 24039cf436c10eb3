import Core

/// Pageviews and custom events, and the basic reports on them. Always on.
public struct TrafficModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "core", category: .core,
        summaries: [
            "en": "Pageviews, sessions, events, devices, places, referrers, and who is on the site right now.",
            "de": "Seitenaufrufe, Sitzungen, Ereignisse, Geräte, Orte, Herkunft, und wer gerade da ist.",
        ])

    public static let scriptFeatures = TrackingScript.features

    let script: TrackingScript

    public init(_ setup: ModuleSetup) throws {
        try setup.settings.read { _ in }  // no settings: any key in the block is an error
        script = TrackingScript()
    }

    public var pages: [DashboardPage] {
        [
            DashboardPage("overview", titles: ["en": "Overview", "de": "Überblick"], file: "overview.js", Embedded.overview_js),
            DashboardPage("realtime", titles: ["en": "Realtime", "de": "Echtzeit"], file: "realtime.js", Embedded.realtime_js),
        ]
    }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var collectors: [Collector] { [PageviewCollector.collector, EventCollector.collector] }
    public var routes: [Route] { reportRoutes + script.routes }

    public var reports: [NamedReport] {
        [
            NamedReport("stats", noun: "overview", answer: Overview.shape) { try await Overview.run($0) },
            NamedReport("timeseries", noun: "point", answer: .data(Timeseries.Point.shape)) { try await Timeseries.run($0, by: .day) },
            NamedReport("pages", noun: "page", answer: Pages.shape) { try await Pages.run($0) },
            NamedReport("referrers", noun: "referrer", answer: .data(Breakdowns.Source.shape)) { try await Breakdowns.sources($0) },
            NamedReport("events", noun: "event", answer: .data(Breakdowns.Event.shape)) { try await Breakdowns.events($0) },
            NamedReport("devices", noun: "device", answer: Devices.shape) { try await Devices.run($0) },
            NamedReport("geo", noun: "country", answer: .data(Breakdowns.Place.shape)) { try await Breakdowns.places($0, by: .country) },
        ]
    }

    public var datasets: [Dataset] {
        let shared = [
            ("occurred_at", "When it happened, in epoch milliseconds."), ("path", "Path of the page."),
            ("source", "Where the session came from."),
            ("country", "ISO 3166-1 code."), ("region", "ISO 3166-2 code."), ("city", "English name of the city."),
            ("browser", "Browser of the session."),
            ("os", "Operating system."), ("device", "Desktop, Mobile, Tablet ..."), ("language", "BCP 47 tag."),
        ]
        return [
            Dataset("pageviews", "One row for each pageview.", columns: shared.map { ($0, $1) } + [("title", "Title of the page.")]),
            Dataset(
                "events", "One row for each custom event.",
                columns: shared.map { ($0, $1) } + [("name", "Name of the event."), ("data", "Properties of the event, as JSON.")]),
            Dataset(
                "sessions", "One row for each session.",
                columns: [
                    ("started_at", "When the first activity happened, in epoch milliseconds."),
                    ("ended_at", "When the last activity happened, in epoch milliseconds."),
                    ("pageviews", "Number of pageviews."),
                    ("events", "Number of custom events."), ("entry_path", "Path of the first page."),
                    ("exit_path", "Path of the last page."),
                    ("source", "Where the session came from."),
                    ("country", "ISO 3166-1 code."), ("device", "Desktop, Mobile, Tablet ..."),
                ]),
        ]
    }
}

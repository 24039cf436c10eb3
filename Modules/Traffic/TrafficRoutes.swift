import Core

extension TrafficModule {
    var reportRoutes: [Route] {
        [
            Route(
                .get, "/api/v1/stats", "Key figures of the range, compared with the previous period of equal length.", scope: .query,
                access: .read,
                parameters: ScopeParameters.range + [
                    Parameter(
                        "compare", .choice(["previous", "none"], default: "previous"), "`none` leaves out the previous period.")
                ],
                answer: Stats.shape, use: stats
            ).explained,
            .report(
                "/api/v1/stats/timeseries", "Pageviews, visitors and sessions by day or hour.",
                parameters: ScopeParameters.range + [ScopeParameters.interval],
                answer: .data(Timeseries.Point.shape)
            ) { call, scope in try await Timeseries.run(scope, by: call.interval) },
            .report("/api/v1/pages", "Pages, most viewed first.", answer: Pages.shape) { _, scope in try await Pages.run(scope) },
            .report("/api/v1/pages/entry", "Pages on which sessions begin, most sessions first.", answer: EntryExitPages.shape(.entry)) {
                _, scope in
                try await EntryExitPages.run(scope, .entry)
            },
            .report("/api/v1/pages/exit", "Pages on which sessions end, most sessions first.", answer: EntryExitPages.shape(.exit)) {
                _, scope in
                try await EntryExitPages.run(scope, .exit)
            },
            .report("/api/v1/referrers", "Sources of sessions, most visitors first.", answer: .data(Breakdowns.Source.shape)) {
                _, scope in
                try await Breakdowns.sources(scope)
            },
            .report("/api/v1/events", "Custom events, most frequent first.", answer: .data(Breakdowns.Event.shape)) { _, scope in
                try await Breakdowns.events(scope)
            },
            .report("/api/v1/devices", "Visitors by browser, operating system and device type.", answer: Devices.shape) { _, scope in
                try await Devices.run(scope)
            },
            .report(
                "/api/v1/geo", "Visitors by country, region or city.",
                parameters: ScopeParameters.list + [
                    Parameter("level", .choice(Breakdowns.Place.Level.allCases.map(\.rawValue), default: "country"), "Level of detail.")
                ],
                answer: .data(Breakdowns.Place.shape)
            ) { call, scope in try await Breakdowns.places(scope, by: call.text("level").flatMap(Breakdowns.Place.Level.init) ?? .country)
            },
            .drill("/api/v1/stats", by: []), .drill("/api/v1/pages", by: ["path"]), .drill("/api/v1/pages/entry", by: ["entry_page"]),
            .drill("/api/v1/pages/exit", by: ["exit_page"]), .drill("/api/v1/referrers", by: ["source"]),
            .drill("/api/v1/events", by: ["event"]),
            .drill("/api/v1/devices", by: ["browser", "os", "device"]), .drill("/api/v1/geo", by: ["country", "region", "city"]),
            Route(
                .get, "/api/v1/realtime", "Number of visitors active in the last five minutes.", scope: .query, access: .read,
                parameters: [ScopeParameters.filter], answer: Realtime.shape
            ) { call in try await Realtime.run(try await call.scope(), now: call.now) }.explained,
        ]
    }

    private struct Stats: Sendable {
        let current: Overview, previous: Overview?

        static let shape = Shape<Stats>([
            .required("current", \.current, Overview.shape), .optional("previous", \.previous, Overview.shape, "Absent with compare=none."),
        ])
    }

    /// `GET /api/v1/stats` returns both periods, or only the current one with `compare=none`.
    @Sendable private func stats(_ call: ProjectRequest) async throws -> Stats {
        let scope = try await call.scope()
        async let current = Overview.run(scope)
        async let previous = call.text("compare") == "none" ? nil : Overview.run(scope.over(scope.previousRange))
        return Stats(current: try await current, previous: try await previous)
    }
}

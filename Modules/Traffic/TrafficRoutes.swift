import Core

extension TrafficModule {
    var reportRoutes: [Route] {
        let place = Schema.object([
            .optional("country", .text(2)), .optional("region", .text(10)), .optional("city", .text(200)),
            .required("visitors", .count), .required("percentage", .number(0...100)),
        ])
        let source = Schema.object([.required("source", .text(300)), .required("visitors", .count), .required("pageviews", .count)])
        let event = Schema.object([.required("name", .text(200)), .required("count", .count), .required("unique", .count)])
        return [
            Route(
                .get, "/api/v1/stats", "Key figures of the range, compared with the previous period of equal length.", scope: .query,
                access: .read,
                parameters: ScopeParameters.range + [
                    Parameter(
                        "compare", .choice(["previous", "none"], default: "previous"), "`none` leaves out the previous period.")
                ],
                success: .json(
                    .object([
                        .required("current", Overview.schema), .optional("previous", Overview.schema, "Absent with compare=none."),
                    ])), use: stats
            ).explained,
            .report(
                "/api/v1/stats/timeseries", "Pageviews, visitors and sessions by day or hour.",
                parameters: ScopeParameters.range + [ScopeParameters.interval],
                fields: [.required("data", Timeseries.schema)]
            ) { call, scope in
                ReportList(data: try await Timeseries.run(scope, by: call.interval))
            },
            .report("/api/v1/pages", "Pages, most viewed first.", fields: Pages.fields) { _, scope in try await Pages.run(scope) },
            .report("/api/v1/pages/entry", "Pages on which sessions begin, most sessions first.", fields: EntryExitPages.fields(.entry)) {
                _, scope in
                try await EntryExitPages.run(scope, .entry)
            },
            .report("/api/v1/pages/exit", "Pages on which sessions end, most sessions first.", fields: EntryExitPages.fields(.exit)) {
                _, scope in
                try await EntryExitPages.run(scope, .exit)
            },
            .report("/api/v1/referrers", "Sources of sessions, most visitors first.", fields: [.required("data", .list(source))]) {
                _, scope in
                ReportList(data: try await Breakdowns.sources(scope))
            },
            .report("/api/v1/events", "Custom events, most frequent first.", fields: [.required("data", .list(event))]) { _, scope in
                ReportList(data: try await Breakdowns.events(scope))
            },
            .report("/api/v1/devices", "Visitors by browser, operating system and device type.", fields: Devices.fields) { _, scope in
                try await Devices.run(scope)
            },
            .report(
                "/api/v1/geo", "Visitors by country, region or city.",
                parameters: ScopeParameters.list + [
                    Parameter("level", .choice(["country", "region", "city"], default: "country"), "Level of detail.")
                ],
                fields: [.required("data", .list(place))]
            ) { call, scope in ReportList(data: try await Breakdowns.places(scope, level: call.text("level") ?? "country")) },
            .drill("/api/v1/stats", by: []), .drill("/api/v1/pages", by: ["path"]), .drill("/api/v1/pages/entry", by: ["entry_page"]),
            .drill("/api/v1/pages/exit", by: ["exit_page"]), .drill("/api/v1/referrers", by: ["source"]),
            .drill("/api/v1/events", by: ["event"]),
            .drill("/api/v1/devices", by: ["browser", "os", "device"]), .drill("/api/v1/geo", by: ["country", "region", "city"]),
            Route(
                .get, "/api/v1/realtime", "Number of visitors active in the last five minutes.", scope: .query, access: .read,
                parameters: [ScopeParameters.filter], success: .json(.object([.required("active_visitors", .count)]))
            ) { call in try .json(try await Realtime.run(try await call.scope(), now: call.now)) }.explained,
        ]
    }

    private struct StatsAnswer: Encodable { let current: Overview, previous: Overview? }

    /// `GET /api/v1/stats` returns both periods, or only the current one with `compare=none`.
    @Sendable private func stats(_ call: ProjectRequest) async throws -> Answer {
        let scope = try await call.scope()
        async let current = Overview.run(scope)
        async let previous = call.text("compare") == "none" ? nil : Overview.run(scope.over(scope.previousRange))
        return try .json(StatsAnswer(current: try await current, previous: try await previous))
    }
}

import Core

extension LogsModule {
    public var routes: [Route] {
        [
            report(
                "/api/v1/logs", "Entries, the newest first.", parameters: ScopeParameters.list + LogFilter.parameters, LogEntry.schema
            ) { _, scope, filter in
                try await LogList.run(scope, filter)
            },
            report(
                "/api/v1/logs/summary", "Entries by level and release.", parameters: ScopeParameters.range + LogFilter.parameters,
                LogSummary.schema
            ) { _, scope, filter in
                try await LogSummary.run(scope, filter)
            },
            report(
                "/api/v1/logs/timeseries", "Entries over time, by level.",
                parameters: ScopeParameters.range + LogFilter.parameters + [
                    Parameter("interval", .choice(TimeBuckets.Unit.allCases.map(\.rawValue), default: "day"), "Width of a point."),
                ], LogHistogram.schema
            ) { call, scope, filter in
                try await LogHistogram.run(scope, filter, by: call.text("interval").flatMap(TimeBuckets.Unit.init) ?? .day)
            },
        ]
    }

    private struct List<Element: Encodable & Sendable>: Encodable, Sendable { let data: [Element] }

    /// A list of `element` about the entries that the request's parameters pick.
    private func report<Element: Encodable & Sendable>(
        _ path: String, _ summary: String, parameters: [Parameter], _ element: Schema,
        run: @escaping @Sendable (ProjectRequest, Scope, LogFilter) async throws -> [Element]
    ) -> Route {
        Route(
            .get, path, summary, scope: .query, access: .read, parameters: parameters,
            success: .json(.object([.required("data", .list(element))]))
        ) { call in
            try .json(List(data: try await run(call, try await call.scope(), try LogFilter(call))))
        }
    }
}

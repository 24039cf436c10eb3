import Core

extension LogsModule {
    public var routes: [Route] {
        [
            report(
                "/api/v1/logs", "Entries, newest first.", parameters: ScopeParameters.list + LogFilter.parameters, LogEntry.schema
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
                parameters: ScopeParameters.range + LogFilter.parameters + [ScopeParameters.interval], LogHistogram.schema
            ) { call, scope, filter in
                try await LogHistogram.run(scope, filter, by: call.interval)
            },
        ]
    }

    /// Returns a route that lists `element`s. The request's parameters select the entries to read.
    private func report<Element: Encodable & Sendable>(
        _ path: String, _ summary: String, parameters: [Parameter], _ element: Schema,
        run: @escaping @Sendable (ProjectRequest, Scope, LogFilter) async throws -> [Element]
    ) -> Route {
        Route(.get, path, summary, scope: .query, access: .read, parameters: parameters, success: .list(element)) { call in
            try .json(ReportList(data: try await run(call, try await call.scope(), try LogFilter(call))))
        }.explained
    }
}

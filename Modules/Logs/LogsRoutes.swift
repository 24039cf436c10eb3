import Core

extension LogsModule {
    public var routes: [Route] {
        [
            report(
                "/api/v1/logs", "Log entries, newest first.", parameters: ScopeParameters.list + LogFilter.parameters,
                answer: LogEntry.shape
            ) { _, scope, filter in
                try await LogList.run(scope, filter)
            },
            report(
                "/api/v1/logs/summary", "Number of log entries by level and release.",
                parameters: ScopeParameters.range + LogFilter.parameters,
                answer: LogSummary.Line.shape
            ) { _, scope, filter in
                try await LogSummary.run(scope, filter)
            },
            report(
                "/api/v1/logs/timeseries", "Number of log entries by day or hour, in total and by level.",
                parameters: ScopeParameters.range + LogFilter.parameters + [ScopeParameters.interval], answer: LogHistogram.Point.shape
            ) { call, scope, filter in
                try await LogHistogram.run(scope, filter, by: call.interval)
            },
        ]
    }

    /// Returns a GET route that responds with a list. `element` is the shape of its elements; `run` gets the request's scope and filter.
    private func report<Element: Sendable>(
        _ path: String, _ summary: String, parameters: [Parameter], answer element: Shape<Element>,
        run: @escaping @Sendable (ProjectRequest, Scope, LogFilter) async throws -> [Element]
    ) -> Route {
        Route(.get, path, summary, scope: .query, access: .read, parameters: parameters, answer: .data(element)) { call in
            try await run(call, try await call.scope(), try LogFilter(call))
        }.explained
    }
}

import Core

extension DashboardsModule {
    var definitionRoutes: [Route] {
        let report = SavedReport.resource, dashboard = Dashboard.resource
        return dashboard.routes + report.routes + [
            Route(
                .post, report.path + "/{id}/run", "Run a saved report.", scope: .query, access: .read,
                parameters: SavedReport.overrides,
                answer: Run.shape
            ) { call in
                let definition = try await report.require(call)
                return Run(report: definition, result: try await SavedReport.run(definition, call, override: call.text))
            }.explained,
            Route(
                .post, dashboard.path + "/{id}/run", "Run the widgets of a dashboard. Results are keyed by widget id.", scope: .query,
                access: .read,
                parameters: SavedReport.overrides, answer: Dashboard.answers
            ) { call in
                try await Dashboard.run(try await dashboard.require(call), call, override: call.text)
            }.explained,
        ]
    }

    private struct Run: Sendable {
        let report: Resource.Definition, result: Shaped

        static let shape = Shape<Run>([
            .required("report", \.report, SavedReport.resource.document), .required("result", \.result, .document),
        ])
    }
}

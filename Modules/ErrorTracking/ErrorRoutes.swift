import Core

extension ErrorTrackingModule {
    public var routes: [Route] { errorRoutes + issueRoutes + releaseRoutes + sourceMapRoutes }

    private var errorRoutes: [Route] {
        let limit = Parameter("limit", .integer(1...1_000, default: 20), "Maximum number of rows.")
        return [
            .report(
                "/api/v1/errors", "List errors grouped by fingerprint, most frequent first.",
                parameters: ScopeParameters.list + ErrorFilter.parameters + [
                    Parameter("status", .choice(Issue.Status.allCases.map(\.rawValue), default: nil), "Only errors with this status.")
                ],
                answer: .data(ErrorGroups.Group.shape)
            ) { call, scope in
                let groups = ErrorGroups(call: call, scope: scope, filter: try ErrorFilter(call))
                return try await groups.run(status: call.text("status").flatMap(Issue.Status.init))
            },
            Route(
                .get, "/api/v1/errors/details", "List occurrences of an error, newest first.", scope: .query, access: .read,
                parameters: ScopeParameters.range + [limit, Parameter.page[1], ErrorFilter.fingerprintParameter] + ErrorFilter.parameters
                    + [
                        Parameter(
                            "message", .text(maximum: 16_384), "Only errors with this message. Required unless a fingerprint is given.")
                    ],
                answer: .data(ErrorOccurrences.Occurrence.shape)
            ) { call in
                let filter = try ErrorFilter(call)
                guard filter.fingerprint != nil || filter.message != nil else {
                    throw ServiceError.parameter("fingerprint", "'message' or 'fingerprint' is required; got neither.")
                }
                let occurrences = ErrorOccurrences(call: call, scope: try await call.scope(), filter: filter)
                return try await occurrences.run(limit: call.integer("limit", default: 20))
            }.explained,
            .report(
                "/api/v1/errors/timeseries", "Errors over time.",
                parameters: ScopeParameters.range + ErrorFilter.parameters + [ErrorFilter.fingerprintParameter, ScopeParameters.interval],
                answer: .data(ErrorTimeseries.Point.shape)
            ) { call, scope in
                try await ErrorTimeseries.run(scope, try ErrorFilter(call), by: call.interval)
            },
            .report(
                "/api/v1/errors/breakdown", "Occurrences of all errors or of one, by page, browser, release or another property.",
                parameters: ScopeParameters.list + [
                    Parameter("property", .choice(ErrorBreakdown.properties, default: "path"), "Property to break down by."),
                    ErrorFilter.fingerprintParameter,
                ] + ErrorFilter.parameters,
                answer: .data(ErrorBreakdown.shape)
            ) { call, scope in
                try await ErrorBreakdown.run(scope, try ErrorFilter(call), by: call.text("property") ?? "path")
            },
            Route(
                .get, "/api/v1/errors/stats", "Totals: errors, distinct errors, affected visitors, and errors by release.",
                scope: .query, access: .read, parameters: ScopeParameters.range + ErrorFilter.parameters, answer: ErrorStats.shape
            ) { call in
                try await ErrorStats.run(try await call.scope(), try ErrorFilter(call))
            }.explained,
        ]
    }

    private var issueRoutes: [Route] {
        [
            Route(
                .get, "/api/v1/errors/issues/{fingerprint}", "Read one error over all time, with its status.", scope: .query, access: .read,
                answer: IssueReport.shape, use: IssueReport.run),
            Route(
                .put, "/api/v1/errors/issues/{fingerprint}", "Open, resolve or ignore an error.", scope: .query, access: .write,
                body: IssueReport.change, answer: IssueReport.shape, use: IssueReport.set),
        ]
    }

    private var releaseRoutes: [Route] {
        [
            Route(
                .get, "/api/v1/releases", "List releases, newest first.", scope: .query, access: .read, parameters: Parameter.page,
                answer: .data(Release.shape), use: Release.list),
            Route(
                .post, "/api/v1/releases", "Register a release, or update the existing one with the same version and environment (200).",
                scope: .query,
                access: .write, body: Release.body, creates: Release.shape, use: Release.upsert),
            Route(
                .delete, "/api/v1/releases/{id}", "Delete a release. Its source maps are kept.", scope: .query, access: .write,
                use: Release.delete),
        ]
    }

    private var sourceMapRoutes: [Route] {
        [
            Route(
                .get, "/api/v1/source-maps", "List source maps, newest first, without their content.", scope: .query, access: .read,
                parameters: Parameter.page + [Parameter("release_version", .text(maximum: 200), "Only source maps for this release.")],
                answer: .data(SourceMapRecord.shape), use: SourceMapRecord.list),
            Route(
                .post, "/api/v1/source-maps",
                "Register a source map for a script of a release, or update the existing one (200). "
                    + "Also accepts multipart/form-data with the map as a file.",
                scope: .query, access: .write, body: SourceMapUpload.body, creates: SourceMapRecord.shape
            ) { call in
                try await SourceMapRecord.upsert(try await SourceMapUpload(call), call)
            },
            Route(
                .delete, "/api/v1/source-maps/{id}", "Delete a source map.", scope: .query, access: .write, use: SourceMapRecord.delete),
        ]
    }
}

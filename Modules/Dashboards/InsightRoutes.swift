import Core

extension DashboardsModule {
    var insightRoutes: [Route] {
        let path = "/api/v1/insights"
        return [
            .report(path + "/stickiness", "How often visitors come back.", parameters: ScopeParameters.range, answer: Stickiness.shape) {
                _, scope in
                try await Stickiness.run(scope)
            },
            .report(
                path + "/lifecycle", "How many visitors are new, returning, resurrected and dormant.", parameters: ScopeParameters.range,
                answer: Lifecycle.shape
            ) { _, scope in
                try await Lifecycle.run(scope)
            },
            .report(
                path + "/lifecycle/drill", "List the visitors in a lifecycle group.",
                parameters: ScopeParameters.list + [
                    Parameter(
                        "group", .choice(Lifecycle.Group.allCases.map(\.rawValue), default: nil), required: true, "The group to list.")
                ],
                answer: VisitorList.shape
            ) { call, scope in try await Lifecycle.visitors(call.text("group").flatMap(Lifecycle.Group.init) ?? .new, scope) },
            Route(
                .post, path + "/activation", "How many visitors triggered all of the given events and viewed all of the given pages.",
                scope: .query, access: .read,
                body: Activation.body, answer: Activation.shape
            ) { call in
                let body = try await call.body(), steps = try Activation.steps(body)
                return try await Activation.run(steps, try await call.scope { body[$0]?.string })
            }.explained,
            Route(
                .post, path + "/activation/drill",
                "List the visitors who triggered all of the given events and viewed all of the given pages.", scope: .query, access: .read,
                parameters: Parameter.page,
                body: Activation.body, answer: VisitorList.shape
            ) { call in
                let body = try await call.body(), steps = try Activation.steps(body)
                return try await Activation.visitors(steps, try await call.scope { call.text($0) ?? body[$0]?.string })
            }.explained,
            Route(
                .post, path + "/impact", "Compare a metric before and after a point in time.", scope: .query, access: .read,
                body: Impact.body,
                answer: Impact.shape
            ) { call in
                let body = try await call.body(), question = try Impact.Question(body)
                let scope = try await call.scope { ["filter", "segment_id"].contains($0) ? body[$0]?.string : nil }
                return try await Impact.run(question, scope)
            }.explained,
        ]
    }
}

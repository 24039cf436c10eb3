import Core

extension FunnelsModule {
    private static let path = "/api/v1/funnels"
    private static let breakdown = Parameter(
        "breakdown", .text(maximum: 200), "Breaks the funnel down by this dimension's value at step 1. Accepts the dimensions of `filter`.")

    var analyses: [Route] {
        let one = Self.path + "/{id}"
        return [
            .report(
                one + "/analyze", "How many visitors reach each step, with conversion rates and the time each step takes.",
                parameters: ScopeParameters.list + [Self.breakdown], answer: FunnelReport.shape
            ) { call, scope in
                let stored = try await Funnel.resource.require(call)
                return try await FunnelReport.run(
                    try Funnel(stored.fields), named: stored.fields["name"]?.string, id: stored.id, by: try dimension(call), scope)
            },
            .report(
                Self.path + "/analyze", "Analyze the definition in the body without storing it.",
                parameters: ScopeParameters.list + [Self.breakdown],
                body: .object([.optional("name", .text(200))] + Funnel.fields), answer: FunnelReport.shape
            ) { call, definition, scope in
                try await FunnelReport.run(try Funnel(definition), named: definition["name"]?.string, by: try dimension(call), scope)
            }.named("analyzeFunnelDefinition"),
            .report(
                one + "/drill", "List the visitors behind one of the numbers in the analysis.",
                parameters: ScopeParameters.list + [
                    Parameter("step", .integer(1...20, default: nil), "Number of the step, starting at 1. Default: the last step."),
                    Parameter(
                        "state", .choice(FunnelPlace.states, default: "converted"),
                        "converted: visitors who reached the step; dropped: visitors who reached only the previous step."),
                    Self.breakdown,
                    Parameter("value", .text(maximum: 32_768), "With breakdown: the value to list, as the analysis returns it."),
                ],
                answer: VisitorList.shape
            ) { call, scope in
                let funnel = try Funnel(try await Funnel.resource.require(call).fields)
                let step = call.text("step").flatMap(Int.init)
                let place = try FunnelPlace(step: step, state: call.text("state"), of: funnel) { .parameter("step", $0) }
                let breakdown = try dimension(call)
                guard breakdown != nil || call.text("value") == nil else {
                    throw ServiceError.parameter("value", "is accepted only together with 'breakdown'.")
                }
                let line = breakdown.map { ($0, call.text("value") ?? "") }
                return try await FunnelReport.visitors(at: place, of: funnel, in: line, scope)
            },
            Route(
                .post, one + "/segment", "Save the visitors of a step as a segment. Later changes to the funnel don't affect it.",
                scope: .query, access: .write,
                body: .object([.required("name", .text(200), "Name of the segment.")] + FunnelPlace.fields),
                answer: SegmentDefinition.resource.shape, status: 201, use: saveSegment),
        ]
    }

    private func dimension(_ call: ProjectRequest) throws -> Filter.Dimension? {
        guard let name = call.text("breakdown") else { return nil }
        guard let dimension = Filter.Dimension(name) else {
            throw ServiceError.parameter(
                "breakdown", "must be one of \(Filter.Dimension.names.joined(separator: ", ")); got '\(name.excerpt(60))'.")
        }
        return dimension
    }

    /// `POST /api/v1/funnels/{id}/segment` returns the segment. 404 for an unknown funnel, 403 if the caller may not change module
    /// `segments`, 400 for a step that the funnel doesn't have.
    @Sendable private func saveSegment(_ call: ProjectRequest) async throws -> Resource.Definition {
        let stored = try await Funnel.resource.require(call).fields
        // The segment is another module's definition, and no statement of this module writes it.
        try call.require(module: "segments", .write)
        let body = try await call.body(), place = try FunnelPlace(body, of: try Funnel(stored))
        var segment = JSONText()
        try segment.object {
            $0.member("name", body["name"]?.string ?? "")
            $0.name("definition")
            $0.append(try Funnel.segment(place, of: stored))
        }
        return try await SegmentDefinition.resource.create(try JSON(segment), for: call)
    }
}

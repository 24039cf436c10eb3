import Core

extension SegmentsModule {
    var reportRoutes: [Route] {
        let resource = SegmentDefinition.resource, one = resource.path + "/{id}"
        return [
            .report(one + "/evaluate", "Visitors in a segment.", answer: SegmentMembers.shape) { call, scope in
                let definition = try await resource.require(call)
                return try await SegmentMembers.run(definition.id, try await SegmentDefinition.segment(definition, for: call), scope)
            },
            .report(
                resource.path + "/compare", "Compare the traffic and conversions of several segments.",
                parameters: ScopeParameters.range + [
                    Parameter("segment_ids", .text(maximum: 1_000), required: true, "Ids of 1 to 10 segments, separated by commas."),
                    Parameter("event", .text(maximum: 200), "Name of the event that counts as a conversion. Default: orders count."),
                ],
                answer: .data(SegmentComparison.shape), run: compare),
            .report(
                one + "/breakdown", "Visitors in a segment by one property.",
                parameters: ScopeParameters.list + [
                    Parameter(
                        "property", .text(maximum: 200), required: true,
                        "Property to group by: country, device, browser, os, path, event or trait:NAME.")
                ],
                answer: .data(SegmentBreakdown.shape)
            ) { call, scope in
                let definition = try await resource.require(call)
                let segment = try await SegmentDefinition.segment(definition, for: call)
                return try await SegmentBreakdown.run(segment, by: call.text("property") ?? "", call, scope)
            },
            .report(
                one + "/timeseries", "Visitors in a segment by day or hour.",
                parameters: ScopeParameters.range + [ScopeParameters.interval],
                answer: .data(SegmentSize.shape)
            ) { call, scope in
                let definition = try await resource.require(call)
                return try await SegmentSize.run(try await SegmentDefinition.segment(definition, for: call), scope, by: call.interval)
            },
            Route(
                .post, resource.path + "/preview", "Count the visitors who match a definition without saving it.", scope: .query,
                access: .read,
                parameters: ScopeParameters.range,
                body: .object([.required("definition", .object([]), "Definition of the segment: `match` and `conditions`.")]),
                answer: SegmentPreview.shape
            ) { call in
                let scope = try await call.scope(), body = try await call.body()
                guard let definition = body["definition"] else { throw ServiceError(.missingField("definition")) }
                return try await SegmentPreview.run(try await SegmentDefinition.resolve(try Segment.parse(definition), for: call), scope)
            }.explained,
        ]
    }

    @Sendable private func compare(_ call: ProjectRequest, _ scope: Scope) async throws -> [SegmentComparison] {
        let ids = (call.text("segment_ids") ?? "").split(separator: ",").map { Identifiers.plain($0.filter { $0 != " " }) }
        guard (1...10).contains(ids.count) else {
            throw ServiceError.parameter("segment_ids", "must list 1 to 10 ids; got \(ids.count).")
        }
        let hasRevenue = call.mayRead("revenue")
        var lines: [SegmentComparison] = []
        for id in ids {
            guard let definition = try await SegmentDefinition.resource.find(id, for: call) else {
                throw ServiceError.notFound("Segment", id)
            }
            let segment = try await SegmentDefinition.segment(definition, for: call)
            lines.append(
                try await SegmentComparison.run(definition, segment, scope, converting: call.text("event"), hasRevenue: hasRevenue))
        }
        return lines
    }
}

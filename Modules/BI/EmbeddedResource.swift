import Core

/// What an embed shows.
enum EmbeddedResource {
    /// - Throws: 400 for a config that means nothing, or names what is not there.
    static func check(_ type: Embed.Kind, _ config: JSON, _ call: ProjectRequest) async throws {
        do {
            switch type {
            case .visualQuery:
                try Schema.object(VisualQuery.fields).check(config)
                _ = try await VisualQuery(config, call)
            default: _ = try await definition(type, config, call)
            }
        } catch let error as ServiceError where error.status == 404 {
            throw ServiceError.body("field 'resource_config': \(error.message)")
        } catch let error as ServiceError where error.status == 400 {
            throw ServiceError.body("field 'resource_config': " + error.message.replacing("Invalid request body: ", with: ""))
        }
    }

    /// The resource as outsiders may see it, and what it answers.
    static func answer(
        _ type: Embed.Kind, _ config: JSON, _ call: ProjectRequest, in queries: RunningQueries
    ) async throws -> (resource: JSON, result: JSON) {
        if type == .visualQuery {
            return (config, try JSON(encoding: try await queries.run(.visual, call) { try await VisualQuery.run(config, call) }))
        }
        let found = try await definition(type, config, call)
        switch type {
        case .sqlQuery:
            let limit = Int(config["limit"]?.integer ?? 100)
            let answer = try await SavedSQL.run(found, call, limit: min(max(limit, 1), 10_000), in: queries)
            // Its text is nobody's business but the project's.
            return (try JSON(encoding: ["id": found.id, "name": found.fields["name"]?.string ?? ""]), try JSON(encoding: answer))
        case .report, .dashboard:
            let policies = try await RowPolicy.active(call, in: call.wholeScope().dialect)
            let result = type == .report
                ? try await SavedReport.run(found, call, restrictedBy: policies)
                : try JSON(encoding: ["widgets": try await Dashboard.run(found, call, restrictedBy: policies)])
            return (try described(found), result)
        case .metric, .visualQuery:
            let key = found.fields["key"]?.string ?? ""
            let asked = config.members.filter { ["start_at", "end_at", "filters", "dimensions", "limit"].contains($0.name) }
            var query = Dictionary(asked) { _, last in last }
            query["dataset"] = found.fields["dataset"]
            query["metrics"] = try JSON(encoding: [key])
            let body = try JSON(encoding: query)
            let answer = try await queries.run(.visual, call) { try await VisualQuery.run(body, call) }
            return (try described(found), try JSON(encoding: answer))
        }
    }

    private static func described(_ definition: Resource.Definition) throws -> JSON {
        try JSON(encoding: Dictionary(definition.fields.members + (try JSON(encoding: ["id": definition.id])).members) { _, last in last })
    }

    private static func definition(_ type: Embed.Kind, _ config: JSON, _ call: ProjectRequest) async throws -> Resource.Definition {
        let (resource, name, module): (Resource, String, String?) = switch type {
        case .dashboard: (Dashboard.resource, "dashboard_id", "dashboards")
        case .report: (SavedReport.resource, "report_id", "dashboards")
        case .sqlQuery: (SavedSQL.resource, "sql_query_id", nil)
        case .metric, .visualQuery: (Metric.resource, "metric_id", nil)
        }
        // Its table is there only where its module is.
        if let module { try call.require(module: module) }
        guard let id = config[name]?.string else { throw ServiceError.body("'\(name)' must be the id of what is shown.") }
        guard let found = try await resource.find(Identifiers.plain(id), for: call) else { throw ServiceError.notFound(resource.kind, id) }
        return found
    }
}

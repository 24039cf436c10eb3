import Core

/// The resource that an embed shows: its config, who may embed it, and its result.
enum EmbeddedResource {
    private static let place = "resource_config"

    /// Checks the config of an embed without running it.
    /// - Throws: 400 for a config that is invalid, can't be run, or names a missing resource; 403 if the key may not read all of it.
    static func check(_ type: Embed.Kind, _ config: JSON, _ call: ProjectRequest) async throws {
        do {
            try Schema.object(fields(type)).check(config, at: place)
            switch type {
            case .visualQuery: try await VisualQuery.check(config, call)
            case .metric: try await VisualQuery.check(try query(of: try await definition(type, config, call), config), call)
            case .sqlQuery:
                let text = try await definition(type, config, call).fields["sql_text"]?.string ?? ""
                try Execution.check(try SQLStatement(text).select, call, limit: Int(config["limit"]?.integer ?? 100))
            case .report, .dashboard: try await check(reportsOf: try await definition(type, config, call), call)
            }
        } catch let error as ServiceError where error.status == 404 {
            throw ServiceError.body("field '\(place).\(idName(type))': \(error.message)")
        } catch let error as ServiceError where error.status == 400 {
            let sentence = error.message.replacing("Invalid request body: ", with: "")
            // If the error names a field by its place in the embed's config, it is passed on. Otherwise the place is added.
            let isNamed = sentence.contains("field '\(place)")
            throw ServiceError.body(
                isNamed
                    ? sentence
                    : sentence.hasPrefix("field '") ? "field '\(place).\(sentence.dropFirst(7))" : "field '\(place)': \(sentence)")
        }
    }

    /// Checks that the key may read everything that the embed shows. An embed whose resource can no longer be shown passes the check.
    /// - Throws: 403 if the key may not read all of it.
    static func checkRights(_ embed: JSON, _ call: ProjectRequest) async throws {
        guard let type = Embed.Kind(rawValue: embed["resource_type"]?.string ?? ""), let config = embed["resource_config"] else { return }
        do { try await check(type, config, call) } catch let error as ServiceError where error.status == 400 || error.status == 404 {}
    }

    /// Checks that the key may read the reports, because anyone with the embed's token can read them without a key.
    /// - Throws: 403 if the key may not read one of the reports.
    private static func check(reportsOf definition: any SavedDefinition, _ call: ProjectRequest) async throws {
        for shown in definition.fields["widgets"]?.elements ?? [definition.fields] {
            try await call.requireKey(toRead: SavedQuestion(shown))
        }
    }

    private static func fields(_ type: Embed.Kind) -> [Schema.Field] {
        let id = Schema.Field.required(idName(type), .text(100))
        return switch type {
        case .visualQuery: VisualQuery.fields
        case .metric: [id, VisualQuery.dimensions] + VisualQuery.rangeFields
        case .sqlQuery: [id, .optional("limit", Execution.limit)]
        case .report, .dashboard: [id]
        }
    }

    private static func idName(_ type: Embed.Kind) -> String {
        switch type {
        case .dashboard: "dashboard_id"
        case .report: "report_id"
        case .sqlQuery: "sql_query_id"
        case .metric, .visualQuery: "metric_id"
        }
    }

    /// Returns the visual query that shows a metric.
    private static func query(of metric: any SavedDefinition, _ config: JSON) throws -> JSON {
        let parameters = config.members.filter { ["start_at", "end_at", "timezone", "filters", "dimensions", "limit"].contains($0.name) }
        var query = Dictionary(parameters) { _, last in last }
        query["dataset"] = metric.fields["dataset"]
        query["metrics"] = try JSON(encoding: [metric.fields["key"]?.string ?? ""])
        return try JSON(encoding: query)
    }

    /// Returns the resource as visitors of the embed may see it, with its result.
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
            // Return only the query's id and name: visitors of the embed must not see its SQL.
            return (try JSON(encoding: ["id": found.id, "name": found.fields["name"]?.string ?? ""]), try JSON(encoding: answer))
        case .report, .dashboard:
            let policies = try await RowPolicy.active(call, in: call.wholeScope().dialect)
            let result =
                type == .report
                ? try await SavedReport.run(found, call, restrictedBy: policies)
                : try JSON(encoding: ["widgets": try await Dashboard.run(found, call, restrictedBy: policies).mapValues(forVisitors)])
            return (try described(found), result)
        case .metric, .visualQuery:
            let body = try query(of: found, config)
            let answer = try await queries.run(.visual, call) { try await VisualQuery.run(body, call) }
            return (try described(found), try JSON(encoding: answer))
        }
    }

    /// Returns a widget's result for visitors. Only the owner can fix an error about the widget's parameters, so a general sentence
    /// replaces it.
    private static func forVisitors(_ widget: JSON) throws -> JSON {
        guard widget["error"]?.string?.hasPrefix("Invalid ") == true else { return widget }
        return try JSON(encoding: ["error": "This widget can't be shown; its owner can fix it."])
    }

    private static func described(_ definition: any SavedDefinition) throws -> JSON {
        try JSON(encoding: Dictionary(definition.fields.members + (try JSON(encoding: ["id": definition.id])).members) { _, last in last })
    }

    private static func definition(_ type: Embed.Kind, _ config: JSON, _ call: ProjectRequest) async throws -> any SavedDefinition {
        let (kind, module) =
            switch type {
            case .dashboard: ("dashboard", "dashboards")
            case .report: ("report", "dashboards")
            case .sqlQuery: ("sql_query", "bi")
            case .metric, .visualQuery: ("metric", "bi")
            }
        let name = idName(type)
        guard let id = config[name]?.string else { throw ServiceError.body("field '\(name)' must be the id of the resource to show.") }
        return try await call.definition(id, of: kind, in: module)
    }
}

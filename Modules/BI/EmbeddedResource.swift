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
            case .dashboard: try await check(reportsOf: try await definition(type, config, call), call)
            case .report:
                let report = try await definition(type, config, call)
                try await check(reportsOf: report, call)
                try SavedReport.requireActive(report)
            }
        } catch let error as ServiceError where error.status == 404 {
            throw ServiceError.body(field: "\(place).\(idName(type))", because: error.message)
        } catch let error as ServiceError where error.status == 400 {
            throw placed(error)
        }
    }

    /// `error` with the place of the embed's config, unless it names a field by that place already.
    private static func placed(_ error: ServiceError) -> ServiceError {
        if error.evidence?.field?.hasPrefix(place) == true { return error }
        return switch error.evidence {
        case .body(let field?, let constraint): .body(field: "\(place).\(field)", constraint)
        case .content(let field, let at, let reason): .body(field: "\(place).\(field)", at: at, because: reason)
        default: .body(field: place, because: error.message.replacing("Invalid request body: ", with: ""))
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
        var text = JSONText()
        text.object { query in
            for name in ["start_at", "end_at", "timezone", "filters", "dimensions", "limit"] {
                guard let value = config[name] else { continue }
                query.name(name)
                query.append(value)
            }
            query.member("dataset", metric.fields["dataset"]?.string ?? "")
            query.name("metrics")
            query.array { metrics in
                metrics.element()
                metrics.append(string: metric.fields["key"]?.string ?? "")
            }
        }
        return try JSON(text)
    }

    /// A resource as visitors of the embed may see it, with its result.
    struct Answer: Sendable { let resource, result: Shaped }

    /// Returns what an embed shows.
    static func answer(_ type: Embed.Kind, _ config: JSON, _ call: ProjectRequest, in queries: RunningQueries) async throws -> Answer {
        func visual(_ query: JSON) async throws -> Shaped {
            Shaped(try await queries.run(.visual, call) { try await VisualQuery.run(query, call) }, QueryAnswer.shape)
        }
        if type == .visualQuery { return Answer(resource: Shaped(config, .any), result: try await visual(config)) }
        let found = try await definition(type, config, call)
        switch type {
        case .sqlQuery:
            let limit = Int(config["limit"]?.integer ?? 100)
            let answer = try await SavedSQL.run(found, call, limit: min(max(limit, 1), 10_000), in: queries)
            return Answer(resource: Shaped(found, sqlQuery), result: Shaped(answer, QueryAnswer.shape))
        case .report:
            let policies = try await RowPolicy.active(call, in: call.wholeScope().dialect)
            return Answer(
                resource: described(found),
                result: try await SavedReport.run(found, call, restrictedBy: policies))
        case .dashboard:
            let policies = try await RowPolicy.active(call, in: call.wholeScope().dialect)
            let widgets = try await Dashboard.run(found, call, restrictedBy: policies).mapValues(forVisitors)
            return Answer(resource: described(found), result: Shaped(widgets, Dashboard.answers))
        case .metric, .visualQuery:
            return Answer(resource: described(found), result: try await visual(try query(of: found, config)))
        }
    }

    /// Returns a widget's answer for visitors. Only the owner can fix an error about the widget's parameters, so a general sentence
    /// replaces it.
    private static func forVisitors(_ widget: Dashboard.WidgetAnswer) -> Dashboard.WidgetAnswer {
        guard case .failure(let status, _) = widget, isForOwner(status: status) else { return widget }
        return .failure(status: status, "This widget can't be shown; its owner can fix it.")
    }

    /// Whether an error with this status says that what is shown is wrong, gone or inactive. Its sentence is for the owner, and may name
    /// what visitors must not learn. Others are about the token's rights or the moment, such as a query that takes too long.
    static func isForOwner(status: Int) -> Bool { [400, 404, 409, 410].contains(status) }

    /// The definitions that an embed shows.
    static func uses(_ embed: JSON) -> [DefinitionUse?] {
        guard let type = Embed.Kind(rawValue: embed["resource_type"]?.string ?? ""), let config = embed["resource_config"] else {
            return []
        }
        if type == .visualQuery {
            let dataset = config["dataset"]?.string ?? ""
            return (config["metrics"]?.elements ?? []).compactMap(\.string).map { key in
                DefinitionUse(of: "metric", in: "bi") { metric in
                    metric["key"]?.string?.isExactly(key) == true && metric["dataset"]?.string?.isExactly(dataset) == true
                }
            }
        }
        let (kind, module) = place(of: type)
        return [DefinitionUse(config[idName(type)], of: kind, in: module)]
    }

    /// A saved statement for visitors. They must not see its SQL.
    private static let sqlQuery = Shape<any SavedDefinition>([
        .required("id", { $0.id }, .uuid), .required("name", { $0.fields["name"]?.string ?? "" }, .text(200)),
    ])

    private static func described(_ definition: any SavedDefinition) -> Shaped {
        var members = Dictionary(exactly: definition.fields.members)
        members["id"] = JSON(text: definition.id)
        return Shaped(members, .map(.any))
    }

    /// The kind of definition that an embed shows, and its module.
    private static func place(of type: Embed.Kind) -> (kind: String, module: String) {
        switch type {
        case .dashboard: ("dashboard", "dashboards")
        case .report: ("report", "dashboards")
        case .sqlQuery: ("sql_query", "bi")
        case .metric, .visualQuery: ("metric", "bi")
        }
    }

    private static func definition(_ type: Embed.Kind, _ config: JSON, _ call: ProjectRequest) async throws -> any SavedDefinition {
        let (kind, module) = place(of: type), name = idName(type)
        guard let id = config[name]?.string else { throw ServiceError.body(field: name, "must be the id of the resource to show.") }
        return try await call.definition(id, of: kind, in: module)
    }
}

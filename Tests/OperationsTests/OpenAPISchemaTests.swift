@_spi(Host) import Access
import Common
import HTTPTypes
import Operations
import Testing

@Suite("OpenAPI names")
struct OpenAPISchemaTests {
    private static func document(_ routes: [Route]) throws -> JSON {
        try JSON.parse(
            OpenAPI.document(
                routes: routes.map { (nil, nil, $0) }, collectors: [], names: [.reports: ["pages", "geo"]], version: "1", serverURL: "/"))
    }

    private static func get(_ path: String, _ schema: Schema, _ parameters: [Parameter] = []) -> Route {
        Route(.get, path, "Read.", scope: .query, access: .read, parameters: parameters, success: .json(schema), use: SampleAPI.project)
    }

    private static func text(_ value: JSON?) -> String {
        var text = JSONText()
        if let value { text.append(value) }
        return text.string
    }

    private static let goal = Schema.object([.required("id", .uuid), .required("kind", .choice(["page", "event"]))])
    private static let whole = Schema.object([.required("kind", .choice(["page", "event"]))])
    private static let changes = Schema.object([.optional("kind", .choice(["page", "event"]))])

    private static let goals: [Route] = [
        get("/api/v1/goals", .object([.required("data", .list(goal)), .required("total", .count)])),
        get("/api/v1/goals/{id}", goal),
        Route(
            .post, "/api/v1/goals", "Make.", scope: .query, access: .write, body: whole, success: .json(goal, status: 201),
            use: SampleAPI.project),
        Route(
            .put, "/api/v1/goals/{id}", "Change.", scope: .query, access: .write, body: changes, success: .json(goal),
            use: SampleAPI.project),
        Route(.delete, "/api/v1/goals/{id}", "Delete.", scope: .query, access: .write, success: .noContent, use: SampleAPI.project),
    ]

    @Test("equal schemas share one component, named after the resource")
    func resource() throws {
        let schemas = try Self.document(Self.goals)["components"]?["schemas"]
        #expect(schemas?.members.map(\.name) == ["Error", "Goal", "GoalChanges", "GoalKind", "GoalList", "NewGoal"])
        #expect(
            Self.text(schemas?["GoalList"]) == """
                {"properties":{"data":{"items":{"$ref":"#/components/schemas/Goal"},"type":"array"},"total":{"minimum":0,"type":"integer"}},\
                "required":["data","total"],"type":"object"}
                """)
        #expect(
            Self.text(schemas?["GoalChanges"]) == """
                {"properties":{"kind":{"anyOf":[{"$ref":"#/components/schemas/GoalKind"},{"type":"null"}]}},"type":"object"}
                """)
    }

    @Test("names don't depend on the order, and a name that is taken is extended")
    func clashes() throws {
        let line = Schema.object([.required("id", .uuid)])
        var routes = Self.goals
        routes[0] = Self.get("/api/v1/goals", .object([.required("data", .list(line))]))
        let names = try Self.document(routes)["components"]?["schemas"]?.members.map(\.name)
        #expect(names == ["Error", "Goal", "GoalChanges", "GoalKind", "GoalList", "GoalListItem", "NewGoal"])
        #expect(try Self.document(routes.reversed())["components"]?["schemas"]?.members.map(\.name) == names)
    }

    @Test("shared parts are named after themselves, and the previous period is the same report")
    func shared() throws {
        let interval = Schema.object([.required("low", .number(0...1)), .required("high", .number(0...1))])
        let fields: [Schema.Field] = [.required("data", .list(.object([.required("path", .text(9)), .required("interval", interval)])))]
        let report = Schema.object(fields + [.optional("previous", .object(fields), "The period before.")])
        let unit = Parameter("unit", .choice(["day", "hour"], default: "day"), "Width.")
        let document = try Self.document(["pages", "exits", "entries"].map { Self.get("/api/v1/\($0)", report, [unit]) })
        let schemas = document["components"]?["schemas"]
        #expect(schemas?.members.map(\.name) == ["Error", "ExitRow", "ExitsReport", "Interval", "Unit"])
        #expect(
            Self.text(schemas?["ExitsReport"]?["properties"]?["previous"])
                == ##"{"$ref":"#/components/schemas/ExitsReport","description":"The period before."}"##)
        let parameter = document["paths"]?["/api/v1/exits"]?["get"]?["parameters"]?.elements.first
        #expect(Self.text(parameter?["schema"]) == ##"{"$ref":"#/components/schemas/Unit","default":"day"}"##)
    }

    @Test("a declared name is used, and a field of report names lists the existing reports")
    func declared() throws {
        let share = Schema.named("Share", .object([.required("report_type", .reportName), .required("labels", .map(.text(9)))]))
        let document = try Self.document([
            Self.get("/api/v1/parts", .object([.required("first", share), .required("second", .nullable(share))]))
        ])
        let schemas = document["components"]?["schemas"]
        #expect(schemas?.members.map(\.name) == ["Error", "Parts", "Share", "ShareReportType", "Texts"])
        #expect(Self.text(schemas?["ShareReportType"]) == #"{"enum":["pages","geo"],"type":"string"}"#)
        #expect(
            Self.text(schemas?["Parts"]?["properties"]?["second"])
                == ##"{"anyOf":[{"$ref":"#/components/schemas/Share"},{"type":"null"}]}"##)
    }

    @Test(
        "operations are named after what they do",
        arguments: [
            (HTTPRequest.Method.get, "/api/v1/goals", 200, "listGoals"), (.get, "/api/v1/goals/{id}", 200, "getGoal"),
            (.post, "/api/v1/goals", 201, "createGoal"),
            (.put, "/api/v1/goals/{id}", 200, "updateGoal"), (.delete, "/api/v1/goals/{id}", 204, "deleteGoal"),
            (.get, "/api/v1/goals/{id}/stats", 200, "getGoalStats"),
            (.get, "/api/v1/funnels/{id}/analyze", 200, "analyzeFunnel"), (.post, "/api/v1/bi/sql-queries/{id}/run", 200, "runBiSqlQuery"),
            (.get, "/api/v1/stats", 200, "getStats"), (.get, "/api/v1/pages/entry", 200, "getPagesEntry"),
            (.get, "/api/v1/cohorts/compare", 200, "compareCohorts"),
            (.post, "/api/v1/segments/preview", 200, "previewSegment"),
            (.get, "/api/admin/projects/{id}/audit-logs", 200, "getProjectAuditLogs"),
            (.post, "/api/admin/projects/{id}/modules/{name}/enable", 200, "enableProjectModule"), (.post, "/api/collect", 200, "collect"),
            (.get, "/", 200, "getRoot"),
            (.post, "/api/v1/bi/sql", 200, "runBiSql"), (.get, "/healthz", 200, "getHealthz"),
            (.delete, "/api/v1/bi/row-policies/{id}", 204, "deleteBiRowPolicy"),
        ])
    func operation(method: HTTPRequest.Method, path: String, status: Int, name: String) throws {
        let route = Route(
            method, path, "Does it.", scope: .query, access: method == .post && status == 200 ? .read : .write,
            success: .json(.any, status: status),
            use: SampleAPI.project)
        let document = try Self.document([route] + (path == "/api/v1/goals" ? [Self.goals[1]] : []))
        #expect(document["paths"]?[path]?[method.rawValue.lowercased()]?["operationId"]?.string == name)
    }

    @Test("a report with a segment_id, in the query or the body, documents 404")
    func segments() throws {
        let body = Schema.object([.optional("segment_id", .text(40))])
        let document = try Self.document([
            Self.get("/api/v1/stats", .any, [Parameter("segment_id", .text(maximum: 40), "Whose.")]), Self.get("/api/v1/realtime", .any),
            Route(.post, "/api/v1/impact", "Ask.", scope: .query, access: .read, body: body, success: .json(.any), use: SampleAPI.project),
        ])
        let documented = ["/api/v1/stats", "/api/v1/realtime", "/api/v1/impact"].map { path in
            document["paths"]?[path]?.members.first?.value["responses"]?["404"] != nil
        }
        #expect(documented == [true, false, true])
    }

    @Test("a route may set its own name, or stay undocumented")
    func own() throws {
        let document = try Self.document([
            Self.get("/api/v1/stats", .any).named("readOverview"), Self.get("/page", .any).undocumented(),
        ])
        #expect(document["paths"]?["/api/v1/stats"]?["get"]?["operationId"]?.string == "readOverview")
        #expect(document["paths"]?["/page"] == nil)
    }
}

@_spi(Host) import Access
import AllModules
@_spi(Host) import Common
@_spi(Host) @testable import Host
import HTTPTypes
@_spi(Host) import Platform
import Questions
import Testing
import TestSupport

/// The OpenAPI document of all modules' routes, as a client generator reads it.
@Suite("OpenAPI document of all modules", .modules(.all))
struct OpenAPIDocumentTests {
    private struct Operation: Sendable {
        let path: String, method: String, tree: JSON
        var place: String { "\(method) \(path)" }
    }

    private static func read(_ body: @escaping @Sendable (JSON, [Operation], TestApp) throws -> Void) async throws {
        try await TestApp.run { app in
            let document = try await app.get("/openapi.json", as: .nobody).json()
            let operations = (document["paths"]?.members ?? []).flatMap { path, item in
                item.members.map { Operation(path: path, method: $0.name, tree: $0.value) }
            }
            try body(document, operations, app)
        }
    }

    @Test("schemas are named components, and no operation has an inline one")
    func names() async throws {
        try await Self.read { document, operations, _ in
            func inline(_ schema: JSON, _ place: String) -> [String] {
                let own = schema["properties"] != nil || schema["enum"] != nil ? [place] : []
                return own + schema.members.flatMap { inline($0.value, place) }
                    + (schema.kind == .array ? schema.elements.flatMap { inline($0, place) } : [])
            }
            for operation in operations {
                let parts = ["parameters", "requestBody"].compactMap { operation.tree[$0] }
                let answers = (operation.tree["responses"]?.members ?? []).flatMap { $0.value["content"]?.members ?? [] }.compactMap {
                    $0.value["schema"]
                }
                #expect((parts + answers).flatMap { inline($0, operation.place) } == [])
            }
            let names = document["components"]?["schemas"]?.members.map(\.name) ?? []
            for (name, schema) in document["components"]?["schemas"]?.members ?? []
            where !name.hasPrefix("Event") && name != "CommonEventFields" {
                // Objects nested in a component are components too.
                let inner = (schema["properties"]?.members ?? []).flatMap { inline($0.value, "\(name).\($0.name)") }
                #expect(inner == [])
            }
            let isPlain = try Regex("[A-Z][A-Za-z]*")
            #expect(
                names.filter { $0.wholeMatch(of: isPlain) == nil } == [],
                "a number at the end is a clash: name one of them with Schema.named")
            for name in [
                "Error", "Goal", "NewGoal", "GoalChanges", "GoalList", "Stats", "PageRow", "PagesReport", "FunnelReport", "VisitorList",
                "ConfidenceInterval", "Statement",
            ] {
                #expect(names.contains(name), "\(name)")
            }
            // A new report needs two or three schemas. If it adds many more, some of them should be shared.
            #expect(names.count < 380)
        }
    }

    @Test("operations have short, unique names")
    func operationIDs() async throws {
        try await Self.read { _, operations, _ in
            let ids = operations.compactMap { $0.tree["operationId"]?.string }
            #expect(Set(ids).count == operations.count)
            let isPlain = try Regex("[a-z][A-Za-z]*")
            #expect(
                ids.filter { $0.wholeMatch(of: isPlain) == nil } == [],
                "a number at the end is a clash: give one of the routes a name with Route.named")
            for id in [
                "listGoals", "getGoal", "createGoal", "updateGoal", "deleteGoal", "analyzeFunnel", "analyzeFunnelDefinition", "getStats",
                "collect", "collectByImage",
            ] {
                #expect(ids.contains(id), "\(id)")
            }
        }
    }

    @Test("every JSON response has an example that its schema accepts")
    func examples() async throws {
        try await Self.read { document, operations, app in
            let reader = JSONSchemaReader(root: document)
            var count = 0
            for operation in operations {
                for (status, response) in operation.tree["responses"]?.members ?? [] where status.hasPrefix("2") {
                    guard let media = response["content"]?["application/json"], operation.path != "/openapi.json" else { continue }
                    let example = try #require(media["example"], "\(operation.place)"), schema = try #require(media["schema"])
                    #expect(reader.problem(example, schema) == nil, "\(operation.place)")
                    let route = app.installation.registry.routes.map(\.route).first {
                        $0.shape == Self.shape(operation.path) && $0.method.rawValue.lowercased() == operation.method
                    }
                    // Pulse's own schema check accepts it too.
                    #expect(throws: Never.self, "\(operation.place)") { try route?.success.schema?.check(example) }
                    count += 1
                }
            }
            #expect(count > 150)
            #expect(reader.problem(try JSON.parse(#"{"data":1}"#), try JSON.parse(##"{"$ref":"#/components/schemas/GoalList"}"##)) != nil)
        }
    }

    private static func shape(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { $0.hasPrefix("{") ? "{}" : String($0) }.joined(separator: "/")
    }

    @Test("lists all report types, and leaves out pages")
    func contents() async throws {
        try await Self.read { document, operations, app in
            let schemas = document["components"]?["schemas"]
            #expect(
                schemas?["ReportType"]?["enum"]?.elements.map(\.string) == app.installation.registry.modules.flatMap(\.reports).map(\.name))
            for name in ["NewReport", "Report", "ReportChanges", "DashboardWidget", "RunExplorerRequest", "ExplorerRunRow"] {
                let field = schemas?[name]?["properties"]?["report_type"]
                let reference = field?["$ref"]?.string ?? field?["anyOf"]?.elements.first?["$ref"]?.string
                #expect(reference == "#/components/schemas/ReportType", "\(name)")
            }
            #expect(
                operations.map(\.path).filter { $0.hasPrefix("/dashboard") || $0.hasPrefix("/docs") || $0 == "/" || $0 == "/favicon.ico" }
                    == [])
            let image = document["paths"]?["/api/collect.gif"]?["get"]?["responses"]?["400"]
            #expect(image?["content"]?.members.map(\.name) == ["image/gif"])
            #expect(image?["headers"]?["Pulse-Error"] != nil)
        }
    }
}

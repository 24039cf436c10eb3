import Access
import Common
import HTTPTypes

/// Generates the OpenAPI 3.1 document from the routes themselves, so the document always matches what is served.
///
/// - Source: https://spec.openapis.org/oas/v3.1.0
public enum OpenAPI {
    /// The parts of a collector that are documented: everything except its code.
    public typealias CollectorDescription = (module: String, type: String, summary: String, fields: [Schema.Field])

    /// Returns the document as JSON text. Names are in alphabetical order, so the same routes produce the same bytes.
    ///
    /// `commonFields` are the fields that every event may have in addition to its own. They are described only once. `names` are the values
    /// that fields with the format `Schema.Format.oneOf` accept.
    public static func document(
        routes: [(module: String?, category: String?, route: Route)], collectors: [CollectorDescription],
        commonFields: [Schema.Field] = [], names: [Schema.Names: [String]] = [:], version: String, serverURL: String
    ) -> String {
        let events = OpenAPIEvents(collectors: collectors, commonFields: commonFields)
        let operations = OpenAPIOperation.all(of: routes.filter(\.route.isDocumented))
        var components = OpenAPIComponents.tree
        components["schemas"] = .object(events.schemas.merging(["Error": OpenAPIComponents.error]) { _, error in error })
        let document: JSONTree = [
            "openapi": "3.1.0",
            "info": [
                "title": "Pulse", "version": .string(version),
                "summary": "Self-hosted web and product analytics.",
                "description": .string(introduction),
            ],
            "servers": [["url": .string(serverURL)]],
            "tags": tags(of: operations),
            "paths": paths(of: operations, events),
            "components": components,
        ]
        return OpenAPISchemas.sharing(document.listing(names)).text
    }

    private static let introduction = """
        Send your key in the `X-Pulse-Key` header or in the `key` query parameter. Each endpoint states the scope it \
        requires and the module it belongs to; it returns 403 if that module is disabled for the project. Errors have the \
        form `{"error": "..."}`, with a sentence that says what is wrong.
        """

    private static func tags(of operations: [OpenAPIOperation]) -> JSONTree {
        var categories: [String: String] = [:]
        for operation in operations {
            if let category = operation.category { categories[operation.tag] = category }
        }
        return .array(
            Set(operations.map(\.tag)).sorted().map { tag in
                var tree: JSONTree = ["name": .string(tag)]
                if let category = categories[tag] { tree["x-pulse-category"] = .string(category) }
                return tree
            })
    }

    private static func paths(of operations: [OpenAPIOperation], _ events: OpenAPIEvents) -> JSONTree {
        var paths: [String: JSONTree] = [:]
        for operation in operations {
            paths[operation.path, default: [:]][operation.route.method.rawValue.lowercased()] = operation.tree(events)
        }
        return .object(paths)
    }
}

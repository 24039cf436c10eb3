@_spi(Host) import Access
import Common
import HTTPTypes

/// Generates the OpenAPI 3.1 document from the routes themselves, so the document always matches what is served.
///
/// - Source: https://spec.openapis.org/oas/v3.1.0
public enum OpenAPI {
    /// The parts of a collector that are documented: everything except its code.
    public typealias CollectorDescription = (module: String, type: String, summary: String, fields: [Schema.Field])

    /// A surface with its routes.
    public struct Part: Sendable {
        let surface: any Surface
        let routes: [(module: String?, category: String?, route: Route)]

        public init(_ surface: any Surface, _ routes: [(module: String?, category: String?, route: Route)]) {
            self.surface = surface
            self.routes = routes
        }

        /// The surface's name.
        public var name: String { surface.name }
    }

    /// Returns the document of Pulse's own surface as JSON text. Names are in alphabetical order, so the same routes produce the same bytes.
    ///
    /// `commonFields` are the fields that every event may have in addition to its own. They are described only once. `names` are the values
    /// that fields with the format `Schema.Format.oneOf` accept.
    public static func document(
        routes: [(module: String?, category: String?, route: Route)], collectors: [CollectorDescription],
        commonFields: [Schema.Field] = [], names: [Schema.Names: [String]] = [:], version: String, serverURL: String
    ) -> String {
        document(
            [Part(PulseSurface(), routes)], collectors: collectors, commonFields: commonFields, names: names, version: version,
            serverURL: serverURL)
    }

    /// Returns one document of several surfaces. The first one gives its title and introduction. If two surfaces have the same path and
    /// method, the first is described.
    public static func document(
        _ parts: [Part], collectors: [CollectorDescription], commonFields: [Schema.Field] = [], names: [Schema.Names: [String]] = [:],
        version: String, serverURL: String
    ) -> String {
        let events = OpenAPIEvents(collectors: collectors, commonFields: commonFields)
        let surfaces = parts.enumerated().map { index, part in
            OpenAPIComponents(of: part.surface, prefix: index == 0 ? "" : OpenAPIOperationName.capitalized(part.surface.name))
        }
        let operations = OpenAPIOperation.all(
            of: zip(parts, surfaces).flatMap { part, components in
                part.routes.filter(\.route.isDocumented).map { ($0.module, $0.category, $0.route, components) }
            })
        var components: JSONTree = ["schemas": .object(events.schemas)]
        for surface in surfaces { components.merge(surface.tree) }
        let description = parts[0].surface.description
        let document: JSONTree = [
            "openapi": "3.1.0",
            "info": [
                "title": .string(description.title), "version": .string(version), "summary": .string(description.summary),
                "description": .string(description.introduction),
            ],
            "servers": [["url": .string(serverURL)]],
            "tags": tags(of: operations),
            "paths": paths(of: operations, events),
            "components": components,
        ]
        return OpenAPISchemas.sharing(document.listing(names)).text
    }

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
            let method = operation.route.method.rawValue.lowercased()
            if paths[operation.path]?[method] == nil { paths[operation.path, default: [:]][method] = operation.tree(events) }
        }
        return .object(paths)
    }
}

extension JSONTree {
    /// Adds the members of another object, and merges those that are objects in both. Members that exist stay as they are.
    fileprivate mutating func merge(_ other: JSONTree) {
        guard case .object(let members) = other else { return }
        for (name, member) in members {
            if case .object? = self[name] { self[name]?.merge(member) } else if self[name] == nil { self[name] = member }
        }
    }
}

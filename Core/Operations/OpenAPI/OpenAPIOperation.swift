@_spi(Host) import Access
import Common
import HTTPTypes
import NIOCore

/// One route, represented as an operation of the document.
struct OpenAPIOperation {
    let module: String?
    let category: String?
    let route: Route
    /// The components of the route's surface.
    let components: OpenAPIComponents
    /// The route's path. Routes whose paths differ only in parameter names use the names of the first such route, because to OpenAPI
    /// `/goals/{id}` and `/goals/{goal}` are the same path.
    let path: String
    /// The operation's id: stable, and unique within the document.
    let id: String

    /// All operations, ordered by path and method, regardless of the order of `routes`.
    static func all(
        of routes: [(module: String?, category: String?, route: Route, components: OpenAPIComponents)]
    ) -> [OpenAPIOperation] {
        var paths: [String: String] = [:], ids: Set<String> = []
        let collections = Set(routes.compactMap { collection(of: $0.route) })
        return routes.sorted { ($0.route.path, $0.route.method.rawValue) < ($1.route.path, $1.route.method.rawValue) }.map { each in
            let path = paths[each.route.shape] ?? each.route.path
            paths[each.route.shape] = path
            let plain = OpenAPIOperationName.name(of: each.route, isCollection: collections.contains(each.route.shape))
            var id = plain, number = 2
            while !ids.insert(id).inserted {
                id = "\(plain)\(number)"
                number += 1
            }
            return OpenAPIOperation(
                module: each.module, category: each.category, route: each.route, components: each.components, path: path, id: id)
        }
    }

    /// The shape of the path that lists the resource which this route creates or handles; nil if the route does neither.
    private static func collection(of route: Route) -> String? {
        if route.method == .post, route.success.status == 201 { return route.shape }
        return route.shape.hasSuffix("/{}") ? String(route.shape.dropLast(3)) : nil
    }

    /// The tag that groups the operation: the module that owns the route, otherwise the route's category or a word for its scope.
    var tag: String {
        if let module { return module }
        if let category { return category }
        return switch route.scope {
        case .admin, .installation: "administration"
        case .key, .frontend: "collection"
        case .publicToken, .anonymous: "service"
        }
    }

    func tree(_ events: OpenAPIEvents) -> JSONTree {
        var tree: JSONTree = [
            "operationId": .string(id), "tags": [.string(tag)], "summary": .string(route.summary),
            "security": components.security(of: route.scope),
            "responses": responses(events),
        ]
        if isPulse {
            tree["x-pulse-scope"] = .string(route.scope.word)
            tree["x-pulse-access"] = .string(route.access.rawValue)
            if let module { tree["x-pulse-module"] = .string(module) }
        }
        if !parameters.isEmpty { tree["parameters"] = .array(parameters) }
        if let body = isCollection ? events.body : route.body.map({ ["application/json": ["schema": $0.jsonSchema(.request)]] }) {
            tree["requestBody"] = ["required": true, "content": body]
        }
        return tree
    }

    /// The operation for `POST /api/collect`, whose body the collectors describe.
    private var isCollection: Bool { route.method == .post && route.path == "/api/collect" }

    private var parameters: [JSONTree] {
        let inPath = path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map { part -> JSONTree in
            [
                "name": .string(String(part.dropFirst().dropLast())), "in": "path", "required": true,
                "schema": ["type": "string", "minLength": 1],
            ]
        }
        var seen: Set<String> = []
        return inPath + route.parameters.filter { seen.insert($0.name).inserted }.map(\.tree)
    }

    // MARK: Responses

    private func responses(_ events: OpenAPIEvents) -> JSONTree {
        let (status, success) = success
        var responses: [String: JSONTree] = [String(status): success]
        if let other = route.success.otherStatus { responses[String(other)] = success }
        responses.merge(components.responses(failures)) { success, _ in success }
        if let mediaType = route.refusalMediaType { responses["400"] = OpenAPIComponents.refusal(mediaType) }
        if isCollection, let body = success["content"] {
            responses["400"] = OpenAPIEvents.refusal(orBatchAnswer: body)
            responses.merge(components.responses(["UnsupportedMediaType"])) { $1 }
        }
        return .object(responses)
    }

    private var success: (status: Int, tree: JSONTree) {
        let (status, schema) = form
        var tree: JSONTree = ["description": status == 204 ? "Done. The response has no body." : "Success."]
        if let mediaType = schema == nil ? route.success.mediaType : "application/json" {
            let schema = schema?.jsonSchema(.answer) ?? (mediaType.hasPrefix("text/") ? ["type": "string"] : [:])
            var content: [String: JSONTree] = [mediaType: ["schema": schema]]
            if let other = route.success.otherMediaType { content[other] = ["schema": ["type": "string"]] }
            tree["content"] = .object(content)
        }
        if isPulse, route.scope != .anonymous { tree["headers"] = OpenAPIComponents.rateHeaders }
        return (status, tree)
    }

    private var isPulse: Bool { components.surface is PulseSurface }

    /// The status and schema of a successful response on the route's surface.
    private var form: (status: Int, schema: Schema?) {
        let success = route.success
        guard !isPulse else { return (success.status, success.schema) }
        let surface = components.surface, outcome = success.status == 204 ? .nothing : success.value?.outcome
        guard let outcome else { return (success.status, success.schema) }
        let sample = Answer.json(bytes: ByteBuffer(string: "null"), status: success.status)
        let written = try? surface.write(outcome == .nothing ? .nothing : sample, as: outcome)
        return (written?.status ?? success.status, surface.description.envelope(success.value?.schema, outcome))
    }

    /// Whether the route has a parameter or field `segment_id`.
    private var acceptsSegment: Bool {
        let inBody: [Schema.Field] = if case .object(let fields, _)? = route.body { fields } else { [] }
        return (route.parameters.map(\.name) + inBody.map(\.name)).contains("segment_id")
    }

    /// The names of the error responses that this route can return.
    private var failures: [String] {
        // Bytes that are no request get their response before anybody looks at the surface.
        var failures = (isPulse ? ["HeaderFieldsTooLarge"] : []) + ["Unavailable"]
        if !route.parameters.isEmpty || route.body != nil || route.refusesUnknownParameters { failures.append("BadRequest") }
        // The segment that a report uses may not exist.
        if !route.pathNames.isEmpty || acceptsSegment { failures.append("NotFound") }
        if route.body != nil { failures.append("PayloadTooLarge") }
        guard route.scope != .anonymous else { return failures }
        if route.scope != .publicToken { failures.append("Unauthorized") }
        failures.append("TooManyRequests")
        // The admin token has all scopes, so it can't lack one.
        if route.scope != .installation { failures.append("Forbidden") }
        return failures
    }
}

extension RouteScope {
    /// The scope's name in `x-pulse-scope`.
    var word: String {
        switch self {
        case .key(.admin): "admin_key"
        case .key(let scope): scope.rawValue
        case .frontend: "frontend"
        case .admin: "admin"
        case .installation: "installation"
        case .publicToken: "public_token"
        case .anonymous: "anonymous"
        }
    }
}

extension Parameter {
    var tree: JSONTree {
        var tree: JSONTree = ["name": .string(name), "in": "query", "schema": schema]
        if !summary.isEmpty { tree["description"] = .string(summary) }
        if isRequired { tree["required"] = true }
        return tree
    }

    private var schema: JSONTree {
        switch kind {
        case .integer(let range, let value):
            var schema: JSONTree = ["type": "integer"]
            if range.lowerBound > .min { schema["minimum"] = .integer(Int64(range.lowerBound)) }
            if range.upperBound < .max { schema["maximum"] = .integer(Int64(range.upperBound)) }
            if let value { schema["default"] = .integer(Int64(value)) }
            return schema
        case .text(let maximum): return ["type": "string", "maxLength": .integer(Int64(maximum))]
        case .anyText: return ["type": "string"]
        case .choice(let choices, let value):
            var schema: JSONTree = ["type": "string", "enum": .strings(choices)]
            if let value { schema["default"] = .string(value) }
            return schema
        case .timestamp: return Schema.timestampSchema
        case .boolean(let value): return ["type": "boolean", "default": .boolean(value)]
        }
    }
}

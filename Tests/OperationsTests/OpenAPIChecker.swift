import Common

/// Checks an OpenAPI 3.1 document strictly and lists its problems.
struct OpenAPIChecker {
    private let root: JSON
    private(set) var problems: [String] = []
    private var operationIDs: Set<String> = []

    static func problems(in document: String) throws -> [String] {
        var checker = OpenAPIChecker(root: try JSON.parse(document))
        checker.check()
        return checker.problems
    }

    private init(root: JSON) { self.root = root }

    private mutating func require(_ condition: Bool, _ problem: @autoclosure () -> String) {
        if !condition { problems.append(problem()) }
    }

    private mutating func check() {
        require(root["openapi"]?.string == "3.1.0", "openapi isn't 3.1.0")
        for name in ["title", "version"] { require(root["info"]?[name]?.string?.isEmpty == false, "info.\(name) is missing") }
        for server in root["servers"]?.elements ?? [] { require(server["url"]?.string?.isEmpty == false, "a server without url") }
        let known = ["openapi", "info", "servers", "tags", "paths", "components"]
        for (name, _) in root.members where !known.contains(name) { require(name.hasPrefix("x-"), "unknown member \(name)") }
        checkReferences(root, "#")
        var shapes: Set<String> = []
        for (path, item) in root["paths"]?.members ?? [] {
            require(path.hasPrefix("/"), "\(path): no slash")
            let shape = path.split(separator: "/").map { $0.hasPrefix("{") ? "{}" : String($0) }.joined(separator: "/")
            require(shapes.insert(shape).inserted, "\(path): the same shape twice")
            for (method, operation) in item.members { checkOperation(operation, "\(method) \(path)", method, path) }
        }
        for (name, schema) in root["components"]?["schemas"]?.members ?? [] {
            require(name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }, "component name \(name)")
            checkSchema(schema, "schemas.\(name)")
        }
        for (name, response) in root["components"]?["responses"]?.members ?? [] { checkResponse(response, "responses.\(name)") }
    }

    private mutating func checkOperation(_ operation: JSON, _ place: String, _ method: String, _ path: String) {
        require(["get", "put", "post", "delete", "options", "head", "patch", "trace"].contains(method), "\(place): method")
        let known = ["operationId", "tags", "summary", "security", "responses", "parameters", "requestBody"]
        for (name, _) in operation.members where !known.contains(name) { require(name.hasPrefix("x-"), "\(place): unknown member \(name)") }
        let id = operation["operationId"]?.string ?? ""
        require(!id.isEmpty && id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }, "\(place): operationId '\(id)'")
        require(operationIDs.insert(id).inserted, "\(place): operationId \(id) twice")
        let tags = Set(root["tags"]?.elements.compactMap { $0["name"]?.string } ?? [])
        for tag in operation["tags"]?.elements ?? [] { require(tags.contains(tag.string ?? ""), "\(place): unknown tag") }
        let schemes = Set(root["components"]?["securitySchemes"]?.members.map(\.name) ?? [])
        require(operation["security"]?.kind == .array, "\(place): security")
        for way in operation["security"]?.elements ?? [] {
            for (name, scopes) in way.members { require(schemes.contains(name) && scopes.kind == .array, "\(place): security \(name)") }
        }
        checkParameters(operation, place, path)
        if let body = operation["requestBody"] {
            require(!["get", "head", "delete"].contains(method), "\(place): a body")
            checkContent(body["content"], "\(place) body")
        }
        let responses = operation["responses"]?.members ?? []
        require(responses.contains { $0.name.hasPrefix("2") }, "\(place): no success")
        for (status, response) in responses {
            require(Int(status).map((100...599).contains) ?? false, "\(place): status \(status)")
            if response["$ref"] == nil { checkResponse(response, "\(place) \(status)") }
        }
    }

    private mutating func checkParameters(_ operation: JSON, _ place: String, _ path: String) {
        var seen: Set<String> = [], inPath: [String] = []
        for parameter in operation["parameters"]?.elements ?? [] {
            let name = parameter["name"]?.string ?? "", kind = parameter["in"]?.string ?? ""
            require(!name.isEmpty && ["path", "query"].contains(kind), "\(place): parameter '\(name)' in '\(kind)'")
            require(seen.insert("\(kind) \(name)").inserted, "\(place): parameter \(name) twice")
            if kind == "path" {
                inPath.append(name)
                require(parameter["required"]?.boolean == true, "\(place): path parameter \(name) isn't required")
            }
            if let schema = parameter["schema"] {
                checkSchema(schema, "\(place) \(name)")
            } else {
                problems.append("\(place): \(name) has no schema")
            }
        }
        let names = path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        require(inPath == names, "\(place): path parameters \(inPath)")
    }

    private mutating func checkResponse(_ response: JSON, _ place: String) {
        require(response["description"]?.string?.isEmpty == false, "\(place): no description")
        if let content = response["content"] { checkContent(content, place) }
        for (name, header) in response["headers"]?.members ?? [] where header["$ref"] == nil {
            require(header["schema"] != nil, "\(place): header \(name) has no schema")
        }
    }

    private mutating func checkContent(_ content: JSON?, _ place: String) {
        let types = content?.members ?? []
        require(!types.isEmpty, "\(place): no media type")
        for (type, media) in types {
            require(type.split(separator: "/").count == 2, "\(place): media type \(type)")
            if let schema = media["schema"] { checkSchema(schema, "\(place) \(type)") }
        }
    }

    private mutating func checkReferences(_ value: JSON, _ place: String) {
        if let reference = value["$ref"] {
            let parts = reference.string?.split(separator: "/") ?? []
            let target = parts.dropFirst().reduce(root as JSON?) { $0?[String($1)] }
            require(parts.first == "#" && target != nil, "\(place): \(reference.string ?? "a reference") leads nowhere")
        }
        for (name, member) in value.members { checkReferences(member, "\(place)/\(name)") }
        for (index, element) in value.elements.enumerated() where value.kind == .array { checkReferences(element, "\(place)/\(index)") }
    }

    // MARK: JSON Schema

    private mutating func checkSchema(_ schema: JSON, _ place: String) {
        require(schema.kind == .object, "\(place): no schema object")
        var names: [String] = []
        for (keyword, value) in schema.members {
            names.append(keyword)
            switch keyword {
            case "$ref", "description", "pattern", "format": require(value.string != nil, "\(place).\(keyword): no string")
            case "type":
                let types = value.kind == .array ? value.elements : [value]
                let known = ["string", "integer", "number", "boolean", "object", "array", "null"]
                require(!types.isEmpty && types.allSatisfy { known.contains($0.string ?? "") }, "\(place).type")
            case "enum", "examples": require(value.kind == .array && !value.elements.isEmpty, "\(place).\(keyword)")
            case "required":
                let required = value.elements.compactMap(\.string)
                require(!required.isEmpty && Set(required).count == value.elements.count, "\(place).required")
            case "properties": for (name, property) in value.members { checkSchema(property, "\(place).\(name)") }
            case "items", "not": checkSchema(value, "\(place).\(keyword)")
            case "additionalProperties": if value.boolean == nil { checkSchema(value, "\(place).*") }
            case "oneOf", "anyOf", "allOf":
                require(!value.elements.isEmpty, "\(place).\(keyword) is empty")
                for (index, element) in value.elements.enumerated() { checkSchema(element, "\(place).\(keyword)[\(index)]") }
            case "minLength", "maxLength", "minItems", "maxItems", "maxProperties":
                require((value.integer ?? -1) >= 0, "\(place).\(keyword)")
            case "minimum", "maximum": require(value.number != nil, "\(place).\(keyword)")
            case "const", "default", "discriminator": break
            default: require(keyword.hasPrefix("x-"), "\(place): unknown keyword \(keyword)")
            }
        }
        require(Set(names).count == names.count, "\(place): a keyword twice")
        for (least, most) in [("minLength", "maxLength"), ("minItems", "maxItems"), ("minimum", "maximum")] {
            if let low = schema[least]?.number, let high = schema[most]?.number { require(low <= high, "\(place): \(least) above \(most)") }
        }
    }
}

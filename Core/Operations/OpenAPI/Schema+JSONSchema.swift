import Common

/// Converts a schema to JSON Schema, which OpenAPI 3.1 uses to describe bodies.
///
/// - Source: https://json-schema.org/draft/2020-12/schema
extension Schema {
    /// In a request, an optional field may be null, which counts as absent. A response omits such a field instead.
    enum Direction { case request, answer }

    func jsonSchema(_ direction: Direction) -> JSONTree {
        switch self {
        case .any: return [:]
        case .boolean: return ["type": "boolean"]
        case .integer(let range):
            var tree: JSONTree = ["type": "integer"]
            if range.lowerBound > .min { tree["minimum"] = .integer(range.lowerBound) }
            if range.upperBound < .max { tree["maximum"] = .integer(range.upperBound) }
            return tree
        case .number(let range):
            var tree: JSONTree = ["type": "number"]
            if range.lowerBound > -.greatestFiniteMagnitude { tree["minimum"] = .number(range.lowerBound) }
            if range.upperBound < .greatestFiniteMagnitude { tree["maximum"] = .number(range.upperBound) }
            return tree
        case .string(_, .timestamp): return Self.timestampSchema
        case .string(_, .uuid):
            return ["type": "string", "format": "uuid", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"]
        case .string(let length, let format):
            var tree = Self.bounds(["type": "string"], "minLength", "maxLength", length)
            switch format {
            case .uri: tree["format"] = "uri"
            // `JSONTree.listing` replaces this mark with the registered names.
            case .oneOf(let names): tree[OpenAPISchemas.namesMark] = .string(names.rawValue)
            case .plain, .timestamp, .uuid: break
            }
            return tree
        case .choice(let choices): return ["type": "string", "enum": .strings(choices)]
        case .array(let element, let count):
            return Self.bounds(["type": "array", "items": element.jsonSchema(direction)], "minItems", "maxItems", count)
        case .object(let fields, let unknown):
            // An object that declares no fields may contain anything.
            if fields.isEmpty, unknown == .ignored { return ["type": "object", "additionalProperties": [:]] }
            var tree = Self.object(fields, direction)
            if unknown == .refused { tree["additionalProperties"] = false }
            return tree
        case .map(let element, let limits):
            var tree: JSONTree = ["type": "object", "additionalProperties": element.jsonSchema(direction)]
            guard limits.keys < .max else { return tree }
            tree["maxProperties"] = .integer(Int64(limits.keys))
            tree["description"] = .string("At most \(limits.keys) names and \(limits.bytes) bytes over all levels.")
            return tree
        case .nullable(let inner): return Self.orNull(inner.jsonSchema(direction))
        case .named(let name, let inner):
            var tree = inner.jsonSchema(direction)
            tree[OpenAPISchemas.nameMark] = .string(name)
            return tree
        }
    }

    static func object(_ fields: [Field], _ direction: Direction) -> JSONTree {
        var tree: JSONTree = [
            "type": "object",
            "properties": .object(Dictionary(fields.map { ($0.name, $0.jsonSchema(direction)) }, uniquingKeysWith: { _, last in last })),
        ]
        let required = fields.filter(\.isRequired).map(\.name)
        if !required.isEmpty { tree["required"] = .strings(required) }
        return tree
    }

    /// The forms of timestamp that `ISO8601.parse` accepts. `format: date-time` would reject a date without a time.
    static let timestampSchema: JSONTree = [
        "type": "string",
        "pattern": #"^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?)?$"#,
        "examples": ["2026-03-01T10:00:00Z", "2026-03-01"],
    ]

    private static func bounds(_ tree: JSONTree, _ least: String, _ most: String, _ range: ClosedRange<Int>) -> JSONTree {
        var tree = tree
        if range.lowerBound > 0 { tree[least] = .integer(Int64(range.lowerBound)) }
        if range.upperBound < .max { tree[most] = .integer(Int64(range.upperBound)) }
        return tree
    }

    /// Returns a schema that accepts what `tree` accepts, or null.
    static func orNull(_ tree: JSONTree) -> JSONTree {
        // A schema without a type accepts null anyway.
        guard case .string(let type)? = tree["type"] else { return tree }
        var tree = tree
        tree["type"] = .strings([type, "null"])
        if case .array(let choices)? = tree["enum"] { tree["enum"] = .array(choices + [.null]) }
        return tree
    }
}

extension Schema.Field {
    func jsonSchema(_ direction: Schema.Direction) -> JSONTree {
        var tree = schema.jsonSchema(direction)
        if direction == .request, !isRequired { tree = Schema.orNull(tree) }
        guard !summary.isEmpty else { return tree }
        if case .string(let limits)? = tree["description"] {
            tree["description"] = .string("\(summary) \(limits)")
        } else {
            tree["description"] = .string(summary)
        }
        return tree
    }
}

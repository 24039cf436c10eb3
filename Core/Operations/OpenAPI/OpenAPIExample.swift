import Common

/// Generates readable examples. Values fit the names of members and the bounds of the schema.
enum OpenAPIExample {
    /// An example value that `schema` accepts.
    /// - Parameter schema: a schema in the form that `Schema.jsonSchema` produces, without references to components.
    static func value(of schema: JSONTree, for name: String = "") -> JSONTree {
        if case .array(let choices)? = schema["enum"] { return choices[0] }
        if let constant = schema["const"] { return constant }
        switch type(of: schema) {
        case "object": return object(schema, name)
        case "array": return array(schema, name)
        case "string": return text(schema, name)
        case "integer": return .integer(Int64(number(schema, name).rounded()))
        case "number": return .number(number(schema, name))
        case "boolean": return true
        default: return samples[name] ?? .string("")
        }
    }

    private static func type(of schema: JSONTree) -> String? {
        switch schema["type"] {
        case .string(let type)?: return type
        case .array(let types)?:
            guard case .string(let type)? = types.first else { return nil }
            return type
        default: return nil
        }
    }

    /// Optional members that a response contains only if the request asks for them. Examples leave these out.
    private static let membersOnRequest: Set<String> = ["previous", "statements", "as_of"]

    private static func object(_ schema: JSONTree, _ name: String) -> JSONTree {
        guard case .object(let properties)? = schema["properties"] else {
            if let element = schema["additionalProperties"], element["type"] != nil { return ["pageview": value(of: element)] }
            guard case .object? = samples[name] else { return [:] }
            return samples[name] ?? [:]
        }
        let required: [JSONTree] = if case .array(let names)? = schema["required"] { names } else { [] }
        let shown = properties.filter { required.contains(.string($0.key)) || !membersOnRequest.contains($0.key) }
        // exact: names in the document are ours
        return .object(Dictionary(uniqueKeysWithValues: shown.map { ($0.key, value(of: $0.value, for: $0.key)) }))
    }

    private static func array(_ schema: JSONTree, _ name: String) -> JSONTree {
        var count = 1
        if case .integer(let least)? = schema["minItems"] { count = max(1, Int(least)) }
        let one = OpenAPIOperationName.singular(name)
        return .array(Array(repeating: value(of: schema["items"] ?? [:], for: name == "data" ? "visitor_id" : one), count: count))
    }

    private static func text(_ schema: JSONTree, _ name: String) -> JSONTree {
        if case .array(let examples)? = schema["examples"] { return name == "date" ? "2026-03-01" : examples[0] }
        switch schema["format"] {
        case "uuid": return "7d0b1f64-2f4e-4a55-9d7a-7a3f6f1f2c11"
        case "uri": return "https://example.com/pricing"
        default: break
        }
        var text = "text"
        if case .string(let suggested)? = samples[name] { text = suggested }
        if case .integer(let most)? = schema["maxLength"] { text = String(text.prefix(Int(most))) }
        if case .integer(let least)? = schema["minLength"] { while text.unicodeScalars.count < least { text += "x" } }
        return .string(text)
    }

    private static func number(_ schema: JSONTree, _ name: String) -> Double {
        var number = numbers[name] ?? 12
        if let least = schema["minimum"]?.double { number = max(number, least) }
        if let most = schema["maximum"]?.double, number > most { number = most == 1 ? 0.25 : most }
        return number
    }

    private static let numbers: [String: Double] = [
        "visitors": 120, "pageviews": 310, "sessions": 150, "views": 310, "unique_views": 200, "total": 1, "bounce_rate": 42.9,
        "avg_duration": 42.5,
        "percentage": 12.5, "conversion_rate": 25, "overall_conversion": 25, "low": 19.5, "high": 31.4, "limit": 10, "index": 0,
        "revenue": 990.5, "total_revenue": 990.5, "average_order_value": 49.5,
    ]

    private static let samples: [String: JSONTree] = [
        "name": "Sign-up", "path": "/pricing", "url": "https://example.com/pricing", "host": "example.com", "domain": "example.com",
        "country": "DE", "region": "DE-BE", "city": "Berlin", "browser": "Firefox", "os": "Linux", "device": "desktop",
        "source": "google", "medium": "cpc", "campaign": "spring", "currency": "EUR", "product": "Notebook", "query": "pricing",
        "value": "Firefox",
        "visitor_id": "v-1024", "user_id": "u-17", "into_user_id": "u-4", "account_id": "acme", "date": "2026-03-01",
        "hour": "2026-03-01T10:00:00Z",
        "period": "2026-03", "cohort": "2026-03-02", "release": "1.4.0", "release_version": "1.4.0", "version": "1.4.0",
        "environment": "production",
        "fingerprint": "9f86d081884c7d659a2feaa0c55ad015", "message": "Cart is undefined", "error": "The event store can't be reached.",
        "description": "Everyone who signed up.", "dataset": "pageviews", "label": "Pricing", "title": "Pricing",
        "key": "pk_0123456789abcdef",
        "key_prefix": "pk_0123", "event": "signup", "event_name": "signup", "report_type": "pages", "visualization": "table",
        "module": "core",
        "sql": "SELECT count(*) FROM activity", "sql_text": "SELECT count(*) AS views FROM pageviews", "actor": "admin token",
        "resource": "project",
        "action": "project.create", "display_name": "Ada Lovelace", "user_name": "ada", "function": "render", "field": "plan", "op": "is",
        "filename": "app.js", "minified_url": "https://example.com/app.js", "file_type": "pdf", "next_path": "/signup", "prev_path": "/",
        "column": "views", "metric": "views", "dimension": "country",
        "metadata": ["plan": "pro"], "traits": ["plan": "pro"], "params": ["limit": 10], "theme": ["color": "blue"],
        "config": ["path": "/welcome"],
        "definition": ["match": "all", "conditions": [["source": "property", "field": "country", "op": "is", "value": "DE"]]],
    ]
}

extension JSONTree {
    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}

import Core

extension Schema {
    /// The smallest JSON text that the schema accepts.
    var sample: String {
        switch self {
        case .any: "{}"
        case .boolean: "true"
        case .integer(let range): "\(min(max(0, range.lowerBound), range.upperBound))"
        case .number(let range): "\(min(max(0, range.lowerBound), range.upperBound))"
        case .choice(let choices): "\"\(choices[0])\""
        case .array(let element, let count): "[" + Array(repeating: element.sample, count: count.lowerBound).joined(separator: ",") + "]"
        case .object(let fields, _):
            "{" + fields.filter(\.isRequired).map { "\"\($0.name)\":\($0.schema.sample)" }.joined(separator: ",") + "}"
        case .map: "{}"
        case .nullable: "null"
        case .named(_, let inner): inner.sample
        case .string(_, .timestamp): "\"2026-03-02T12:00:00Z\""
        case .string(_, .uuid): "\"00000000-0000-4000-8000-000000000000\""
        case .string(_, .uri): "\"https://example.com\""
        case .string(let length, .plain), .string(let length, .oneOf): "\"" + String(repeating: "a", count: length.lowerBound) + "\""
        }
    }
}

/// Bodies for what does not say in its schema alone what it accepts. The walks over all routes and payload types ask for a
/// line here where they can't make something from the schema.
enum SampleBodies {
    /// By method and path.
    static let byRoute: [String: String] = [
        "POST /api/collect": #"{"type":"pageview","path":"/"}"#,
        "POST /api/v1/goals": #"{"name":"a","goal_type":"pageview","config":{"path":"/"}}"#,
        "POST /api/v1/bi/connections/{id}/query": #"{"sql_text":"SELECT 1"}"#,
        "POST /api/v1/bi/metrics": #"{"key":"m","name":"M","dataset":"pageviews","expression":"count()"}"#,
        "POST /api/v1/bi/row-policies": #"{"name":"P","dataset":"pageviews","field":"country","operator":"eq","values":["US"]}"#,
        "POST /api/v1/bi/sql-queries": #"{"name":"Q","sql_text":"SELECT {{project_id}} AS p"}"#,
        "POST /api/v1/bi/embeds": #"{"name":"E","resource_type":"visual_query","resource_config":{"dataset":"pageviews","metrics":["count"]}}"#,
        "POST /api/v1/bi/connections": #"{"name":"C","database_type":"postgres","connection_string":"postgres://a:b@127.0.0.1/d"}"#,
        "POST /api/v1/segments": #"{"name":"a","definition":{"match":"all","conditions":[]}}"#,
        "POST /api/v1/segments/preview": #"{"definition":{"match":"all","conditions":[]}}"#,
        "POST /api/v1/reports": #"{"name":"a","report_type":"pages"}"#,
        "POST /api/v1/identity/merges": #"{"user_id":"a","into_user_id":"b"}"#,
        "POST /api/v1/identity/merges/preview": #"{"user_id":"a","into_user_id":"b"}"#,
        "POST /api/v1/marketing/imports": #"{"provider":"google_ads","name":"May","rows":[{"date":"2026-05-01"}]}"#,
    ]

    /// Modules whose facts a body asks for, beside that of the route.
    static let modules: [String: [String]] = ["POST /api/v1/bi/embeds": ["core"]]

    /// Query parameters that a route requires.
    static let queries: [String: String] = ["GET /api/v1/segments/{id}/breakdown": "property=country"]

    /// Routes whose owner gets a 400, as they need something outside of Pulse: a server to connect to.
    static let needOutside: Set<String> = ["POST /api/v1/bi/connections/{id}/query"]

    /// Payloads by their type, where the required fields alone are not enough.
    static let byType: [String: String] = [
        "identify": #"{"type":"identify","visitor_id":"a","payload":{"user_id":"a"}}"#,
        "outlink": #"{"type":"outlink","url":"https://example.com/"}"#,
    ]
}

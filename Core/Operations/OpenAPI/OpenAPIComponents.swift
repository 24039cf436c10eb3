@_spi(Host) import Access
import Common
import NIOCore

/// The components that the operations of a surface refer to: security schemes, error responses and headers.
struct OpenAPIComponents {
    let surface: any Surface
    /// What the names of responses and of the error schema begin with: nothing for the document's first surface.
    let prefix: String
    /// The error responses that routes of the surface can return, by name.
    private let failures: [String: Failure]

    private struct Failure {
        let status: Int
        let tree: JSONTree
    }

    init(of surface: any Surface, prefix: String) {
        self.surface = surface
        self.prefix = prefix
        failures = Self.samples.mapValues { sample in
            let answer = surface.answer(to: sample.error)
            let content = (try? answer.content(instants: nil)).map { String(buffer: $0) } ?? "null"
            var tree: JSONTree = [
                "description": .string(sample.description),
                "content": [
                    "application/json": [
                        "schema": .reference("components/schemas/\(prefix)Error"), "example": JSONTree(parsing: content),
                    ]
                ],
            ]
            if sample.error.retryAfterSeconds != nil { tree["headers"] = ["Retry-After": .reference("components/headers/RetryAfter")] }
            return Failure(status: answer.status, tree: tree)
        }
    }

    /// An error of each kind. Its response on the surface is the example.
    private static let samples: [String: (description: String, error: ServiceError)] = [
        "BadRequest": (
            "A parameter or the body is invalid; the error names it.",
            .parameter("limit", "must be a whole number from 1 to 1000; got '0'.")
        ),
        "Unauthorized": ("The key or token is missing, unknown, expired or revoked.", ServiceError(.invalidCredential(.key))),
        "Forbidden": (
            "The key lacks the required scope, or can't use the module, or the module is disabled.", ServiceError(.moduleOff("funnels"))
        ),
        "NotFound": ("The project has no such resource.", .notFound("Funnel", "7d0b1f64-2f4e-4a55-9d7a-7a3f6f1f2c11")),
        "PayloadTooLarge": ("The body is larger than the installation accepts.", ServiceError(.bodyTooLarge(limit: 1_048_576))),
        "HeaderFieldsTooLarge": (
            "The request line or headers are larger than the server accepts.",
            ServiceError(
                status: 431, code: "head_too_large",
                message: "The request line or headers are too large; the limits are 80 KB and 1000 headers.")
        ),
        "UnsupportedMediaType": (
            "The body is not JSON.",
            ServiceError(
                status: 415, code: "invalid_body",
                message: "Unsupported content type 'text/html'; application/json or text/plain is accepted.")
        ),
        "TooManyRequests": ("The rate limit is exceeded.", ServiceError(.rateLimited(seconds: 1))),
        "Unavailable": (
            "The host, or a service it needs, is temporarily unavailable.",
            .unavailable("store_unavailable", "The event store can't be reached.")
        ),
    ]

    /// The components of the surface, without the schemas that depend on the collectors.
    var tree: JSONTree {
        let schemes = surface.description.securitySchemes.map { ($0.name, JSONTree(parsing: $0.json)) }
        // exact: names in the document are ours
        let responses = Dictionary(uniqueKeysWithValues: failures.map { (prefix + $0.key, $0.value.tree) })
        return [
            "securitySchemes": .object(Dictionary(schemes) { first, _ in first }), "responses": .object(responses),
            "schemas": .object(["\(prefix)Error": JSONTree(parsing: surface.description.error)]), "headers": Self.headers,
        ]
    }

    private static let headers: JSONTree = [
        "RetryAfter": header("Seconds to wait before retrying."),
        "RateLimitLimit": header("Requests allowed per second."),
        "RateLimitRemaining": header("Requests that are allowed right now."),
        "RateLimitReset": header("Seconds until the full limit is available again; in a 429, until the next request is allowed."),
    ]

    /// The responses with these names, by the surface's statuses. Several failures may have one status; the first of them is described.
    func responses(_ names: [String]) -> [String: JSONTree] {
        var responses: [String: JSONTree] = [:]
        for name in names {
            guard let failure = failures[name], responses[String(failure.status)] == nil else { continue }
            responses[String(failure.status)] = .reference("components/responses/\(prefix + name)")
        }
        return responses
    }

    /// The 400 response of a route with its own media type. The body has that media type, and the error is in a header.
    static func refusal(_ mediaType: String) -> JSONTree {
        let header: JSONTree = ["description": "What is wrong, what was sent and what is accepted.", "schema": ["type": "string"]]
        return [
            "description": "A parameter is invalid; the header names it.", "headers": ["Pulse-Error": header],
            "content": .object([mediaType: [:]]),
        ]
    }

    static let rateHeaders: JSONTree = [
        "X-RateLimit-Limit": .reference("components/headers/RateLimitLimit"),
        "X-RateLimit-Remaining": .reference("components/headers/RateLimitRemaining"),
        "X-RateLimit-Reset": .reference("components/headers/RateLimitReset"),
    ]

    /// The `security` of an operation. Each element describes one way to authenticate, with the scopes that a key needs for it.
    func security(of scope: RouteScope) -> JSONTree {
        .array(surface.description.schemes(scope).map { .object([$0.name: .strings($0.scopes)]) })
    }

    private static func header(_ description: String) -> JSONTree {
        ["description": .string(description), "schema": ["type": "integer", "minimum": 0]]
    }
}

extension JSONTree {
    /// - Parameter text: JSON of our own source.
    init(parsing text: String) {
        guard let json = try? JSON.parse(text) else { preconditionFailure("not JSON: \(text)") }
        self.init(json)
    }

    private init(_ json: JSON) {
        switch json.kind {
        case .object: self = .object(Dictionary(json.members.map { ($0.name, JSONTree($0.value)) }) { _, last in last })
        case .array: self = .array(json.elements.map { JSONTree($0) })
        case .string: self = .string(json.string ?? "")
        case .number: self = json.integer.map { .integer($0) } ?? .number(json.number ?? 0)
        default: self = json.boolean.map { .boolean($0) } ?? .null
        }
    }
}

import Access

/// What operations refer to: how to prove who one is, the errors, the headers.
enum OpenAPIComponents {
    /// Without `schemas`, which depend on the collectors.
    static let tree: JSONTree = [
        "securitySchemes": [
            "pulseKey": ["type": "apiKey", "in": "header", "name": "X-Pulse-Key", "description": "A key of the project."],
            "pulseKeyQuery": [
                "type": "apiKey", "in": "query", "name": "key",
                "description": "The same key, for callers that can't set headers.",
            ],
            "adminToken": ["type": "http", "scheme": "bearer", "description": "The admin token of the installation."],
            "adminKey": [
                "type": "http", "scheme": "bearer",
                "description": "An admin-scoped key of the project in the path, as bearer token.",
            ],
        ],
        "responses": [
            "BadRequest": failure(
                "A parameter or the body is wrong; the sentence names it.",
                "Invalid query parameter 'limit': must be a whole number from 1 to 1000; got '0'."),
            "Unauthorized": failure("The key or token is missing, unknown, expired or revoked.", "Invalid API key."),
            "Forbidden": failure(
                "The key lacks the scope, or the module is not open to it.", "Module 'funnels' is not enabled for this project."),
            "NotFound": failure("The project has no such thing.", "Funnel '7d0b1f64-2f4e-4a55-9d7a-7a3f6f1f2c11' not found."),
            "PayloadTooLarge": failure("The body is larger than the installation accepts.", "The request body is larger than 1048576 bytes, which is the limit."),
            "HeaderFieldsTooLarge": failure(
                "The request's address and fields are larger than the server reads.",
                "The request's address or fields are larger than 80 KB, which is the limit."),
            "UnsupportedMediaType": failure(
                "The body is not JSON.",
                "Unsupported content type 'text/html'; application/json or text/plain is accepted."),
            "TooManyRequests": failure(
                "More requests than the installation allows.", "Rate limit exceeded. Retry after 1 second.", mayBeRepeated: true),
            "Unavailable": failure(
                "The host, or something behind it, can't serve this at the moment.", "The event store can't be reached.",
                mayBeRepeated: true),
        ],
        "headers": [
            "RetryAfter": header("Seconds after which a repeat may succeed."),
            "RateLimitLimit": header("Requests a second that the installation allows."),
            "RateLimitRemaining": header("Requests left at this moment."),
            "RateLimitReset": header("Seconds until all of them are left again."),
        ],
    ]

    static let error: JSONTree = [
        "type": "object", "required": ["error"],
        "properties": ["error": ["type": "string", "description": "What is wrong, what came and what is accepted."]],
    ]

    /// The refusal of a route that answers in a media type of its own.
    static func refusal(_ mediaType: String) -> JSONTree {
        let header: JSONTree = ["description": "What is wrong, what came and what is accepted.", "schema": ["type": "string"]]
        return ["description": "A parameter is wrong; the header names it.", "headers": ["Pulse-Error": header], "content": .object([mediaType: [:]])]
    }

    static let rateHeaders: JSONTree = [
        "X-RateLimit-Limit": .reference("components/headers/RateLimitLimit"),
        "X-RateLimit-Remaining": .reference("components/headers/RateLimitRemaining"),
        "X-RateLimit-Reset": .reference("components/headers/RateLimitReset"),
    ]

    /// Each element is one way to be let in; the words beside a key are the scopes that it needs.
    static func security(of scope: RouteScope) -> JSONTree {
        switch scope {
        case .key(let scope): keys([scope.rawValue])
        case .frontend: keys(["ingest", "query"])
        case .admin: [["adminToken": []], ["adminKey": ["admin"]]]
        case .installation: [["adminToken": []]]
        case .publicToken, .anonymous: []
        }
    }

    private static func keys(_ scopes: [String]) -> JSONTree {
        .array(scopes.flatMap { scope -> [JSONTree] in
            [["pulseKey": [.string(scope)]], ["pulseKeyQuery": [.string(scope)]]]
        })
    }

    private static func failure(_ description: String, _ sentence: String, mayBeRepeated: Bool = false) -> JSONTree {
        var tree: JSONTree = [
            "description": .string(description),
            "content": [
                "application/json": ["schema": .reference("components/schemas/Error"), "example": ["error": .string(sentence)]],
            ],
        ]
        if mayBeRepeated { tree["headers"] = ["Retry-After": .reference("components/headers/RetryAfter")] }
        return tree
    }

    private static func header(_ description: String) -> JSONTree {
        ["description": .string(description), "schema": ["type": "integer", "minimum": 0]]
    }
}

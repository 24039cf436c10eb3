import Access

/// The components that operations refer to: security schemes, error responses and headers.
enum OpenAPIComponents {
    /// All components except `schemas`, which depend on the collectors.
    static let tree: JSONTree = [
        "securitySchemes": [
            "pulseKey": ["type": "apiKey", "in": "header", "name": "X-Pulse-Key", "description": "A project key."],
            "pulseKeyQuery": [
                "type": "apiKey", "in": "query", "name": "key",
                "description": "The same key, for callers that can't set headers.",
            ],
            "adminToken": ["type": "http", "scheme": "bearer", "description": "The admin token of the installation."],
            "adminKey": [
                "type": "http", "scheme": "bearer",
                "description": "A key of the project in the path, with the scope `admin`, as the bearer token.",
            ],
        ],
        "responses": [
            "BadRequest": failure(
                "A parameter or the body is invalid; the error names it.",
                "Invalid query parameter 'limit': must be a whole number from 1 to 1000; got '0'."),
            "Unauthorized": failure("The key or token is missing, unknown, expired or revoked.", "Invalid API key."),
            "Forbidden": failure(
                "The key lacks the required scope, or can't use the module, or the module is disabled.",
                "Module 'funnels' is not enabled for this project."),
            "NotFound": failure("The project has no such resource.", "Funnel '7d0b1f64-2f4e-4a55-9d7a-7a3f6f1f2c11' not found."),
            "PayloadTooLarge": failure(
                "The body is larger than the installation accepts.", "The request body is too large; the limit is 1048576 bytes."),
            "HeaderFieldsTooLarge": failure(
                "The request line or headers are larger than the server accepts.",
                "The request line or headers are too large; the limits are 80 KB and 1000 headers."),
            "UnsupportedMediaType": failure(
                "The body is not JSON.",
                "Unsupported content type 'text/html'; application/json or text/plain is accepted."),
            "TooManyRequests": failure(
                "The rate limit is exceeded.", "Rate limit exceeded. Retry after 1 second.", isRetryable: true),
            "Unavailable": failure(
                "The host, or a service it needs, is temporarily unavailable.", "The event store can't be reached.",
                isRetryable: true),
        ],
        "headers": [
            "RetryAfter": header("Seconds to wait before retrying."),
            "RateLimitLimit": header("Requests allowed per second."),
            "RateLimitRemaining": header("Requests that are allowed right now."),
            "RateLimitReset": header("Seconds until the full limit is available again; in a 429, until the next request is allowed."),
        ],
    ]

    static let error: JSONTree = [
        "type": "object", "required": ["error"],
        "properties": ["error": ["type": "string", "description": "What is wrong, what was sent and what is accepted."]],
    ]

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
        .array(
            scopes.flatMap { scope -> [JSONTree] in
                [["pulseKey": [.string(scope)]], ["pulseKeyQuery": [.string(scope)]]]
            })
    }

    private static func failure(_ description: String, _ sentence: String, isRetryable: Bool = false) -> JSONTree {
        var tree: JSONTree = [
            "description": .string(description),
            "content": [
                "application/json": ["schema": .reference("components/schemas/Error"), "example": ["error": .string(sentence)]]
            ],
        ]
        if isRetryable { tree["headers"] = ["Retry-After": .reference("components/headers/RetryAfter")] }
        return tree
    }

    private static func header(_ description: String) -> JSONTree {
        ["description": .string(description), "schema": ["type": "integer", "minimum": 0]]
    }
}

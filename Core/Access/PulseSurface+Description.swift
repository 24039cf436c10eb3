import Common

extension PulseSurface {
    public var description: SurfaceDescription { Self.description }

    private static let description = SurfaceDescription(
        title: "Pulse", summary: "Self-hosted web and product analytics.",
        introduction: """
            Send your key in the `X-Pulse-Key` header or in the `key` query parameter. Each endpoint states the scope it \
            requires and the module it belongs to; it returns 403 if that module is disabled for the project. Errors have the \
            form `{"error": "..."}`, with a sentence that says what is wrong.
            """,
        securitySchemes: [
            ("pulseKey", #"{"type":"apiKey","in":"header","name":"X-Pulse-Key","description":"A project key."}"#),
            (
                "pulseKeyQuery",
                #"{"type":"apiKey","in":"query","name":"key","description":"The same key, for callers that can't set headers."}"#
            ),
            ("adminToken", #"{"type":"http","scheme":"bearer","description":"The admin token of the installation."}"#),
            (
                "adminKey",
                #"{"type":"http","scheme":"bearer","description":"A key of the project in the path, with the scope `admin`, as the bearer token."}"#
            ),
        ],
        schemes: { scope in
            switch scope {
            case .key(let scope): keys([scope.rawValue])
            case .frontend: keys(["ingest", "query"])
            case .admin: [("adminToken", []), ("adminKey", ["admin"])]
            case .installation: [("adminToken", [])]
            case .publicToken, .anonymous: []
            }
        },
        envelope: { schema, outcome in
            guard case .page(let total) = outcome, let schema else { return schema }
            return .object([.required("data", schema)] + (total == nil ? [] : [.required("total", .count)]))
        },
        error: #"""
            {"type":"object","required":["error"],\#
            "properties":{"error":{"type":"string","description":"What is wrong, what was sent and what is accepted."}}}
            """#)

    private static func keys(_ scopes: [String]) -> [(name: String, scopes: [String])] {
        scopes.flatMap { [("pulseKey", [$0]), ("pulseKeyQuery", [$0])] }
    }
}

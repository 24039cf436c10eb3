import Core

extension IdentityModule {
    var profileRoutes: [Route] {
        [
            Route(
                .get, "/api/v1/identity/profiles", "List profiles, most recently seen first.", scope: .query, access: .read,
                parameters: Parameter.page,
                answer: .data(Profile.shape)
            ) { call in try await Profile.list(call.wholeScope(), limit: call.limit, offset: call.offset) },
            Route(
                .get, "/api/v1/identity/profiles/{visitor_id}", "Read a visitor's profile.", scope: .query, access: .read,
                answer: Profile.shape
            ) { call in
                guard let profile = try await Profile.one(call.path("visitor_id"), call.wholeScope()) else {
                    throw ServiceError.notFound("Profile", call.path("visitor_id"))
                }
                return profile
            },
            Route(
                .get, "/api/v1/identity/users/{user_id}/aliases", "List the visitors identified as a user.", scope: .query, access: .read,
                answer: Aliases.shape
            ) { call in try await Aliases.run(call.path("user_id"), call.wholeScope()) },
            Route(
                .get, "/api/v1/identity/graph", "Graph of the visitors, users and accounts connected to a starting point.", scope: .query,
                access: .read,
                parameters: [
                    Parameter("visitor_id", .text(maximum: 200), "Visitor to start from."),
                    Parameter("user_id", .text(maximum: 200), "User to start from."),
                    Parameter("account_id", .text(maximum: 200), "Account to start from."),
                    Parameter("limit", .integer(1...1_000, default: 100), "Maximum number of nodes."),
                ],
                answer: IdentityGraph.shape
            ) { call in
                let starts = IdentityGraph.Node.Kind.allCases.compactMap { kind in
                    call.text("\(kind.rawValue)_id").map { IdentityGraph.Node(id: ExactText($0), type: kind) }
                }
                guard !starts.isEmpty else {
                    throw ServiceError.parameter("visitor_id", "'visitor_id', 'user_id' or 'account_id' is required; got none of them.")
                }
                return try await IdentityGraph.from(starts, limit: call.integer("limit", default: 100), call.wholeScope())
            },
        ]
    }
}

/// The visitors whose latest `identify` names a user.
struct Aliases: Sendable {
    struct Alias: Sendable {
        let visitorID: String
        /// When the visitor was first identified as the user.
        let createdAt: Instant

        static let shape = Shape<Alias>([
            .required("visitor_id", \.visitorID, .text(200)), .required("created_at", \.createdAt, .timestamp),
        ])
    }

    let userID: String
    let data: [Alias]

    static let shape = Shape<Aliases>([.required("user_id", \.userID, .text(200)), .required("data", \.data, .list(Alias.shape))])

    static func run(_ user: String, _ scope: Scope) async throws -> Aliases {
        let rows = try await scope.rows(
            "identity.aliases",
            with: """
                named AS (
                  SELECT visitor, \(Identity.latest("user_id", scope.dialect)) AS user_id,
                    min(CASE WHEN user_id = \(user) THEN occurred_at END) AS since
                  FROM identity_profiles WHERE user_id IS NOT NULL GROUP BY visitor)
                """,
            [
                // The visitors of one user are few.
                .rows(
                    "aliases",
                    """
                    SELECT min(id) AS id, since FROM named JOIN core_visitors ON core_visitors.visitor = named.visitor
                    WHERE user_id = \(user) GROUP BY named.visitor, since
                    """)
            ],
            "SELECT id, since FROM aliases ORDER BY since, id")
        return Aliases(
            userID: user, data: rows.map { Alias(visitorID: $0.text("id"), createdAt: Instant(milliseconds: $0.int("since"))) })
    }
}

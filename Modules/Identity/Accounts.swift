import Core

/// A company or team that visitors belong to.
struct Account: Sendable {
    let accountID: String
    let name: String?
    let traits: [ExactText: JSON]
    /// When the account was first seen; nil in lists.
    let firstSeenAt: Instant?
    let lastSeenAt: Instant

    static let shape = Shape<Account>([
        .required("account_id", \.accountID, .text(200)), .required("name", \.name, .nullable(.text(200))),
        .required("traits", \.traits, .map(.any)), .optional("first_seen_at", \.firstSeenAt, .timestamp),
        .required("last_seen_at", \.lastSeenAt, .timestamp),
    ])

    /// Returns accounts, most recently seen first; if `id` is given, only that account.
    static func list(_ id: String?, _ scope: Scope, limit: Int, offset: Int) async throws -> [Account] {
        let wanted: SQL = id.map { " WHERE account_id = \($0)" } ?? ""
        let rows = try await scope.rows(
            "identity.accounts",
            [
                .tally(
                    "accounts", by: ["account_id"],
                    [
                        .minimum("first_at", of: "occurred_at"), .maximum("last_at", of: "occurred_at"),
                        LatestOfAll.measure("latest_name", of: "account_name"),
                    ], from: "identity_memberships\(wanted)")
            ],
            """
            SELECT account_id, first_at, last_at, \(LatestOfAll.value(in: "latest_name")) AS name FROM accounts
            ORDER BY last_at DESC, account_id LIMIT \(limit) OFFSET \(offset)
            """)
        let traits = try await Traits.of(accounts: rows.map { $0.text("account_id") }, scope)
        return rows.map {
            Account(
                accountID: $0.text("account_id"), name: $0.optionalText("name"), traits: traits[text: $0.text("account_id")] ?? [:],
                firstSeenAt: id == nil ? nil : Instant(milliseconds: $0.int("first_at")),
                lastSeenAt: Instant(milliseconds: $0.int("last_at")))
        }
    }

    /// Returns the account in the request's path.
    /// - Throws: 404 for an account that no `identify` has named.
    static func require(_ call: ProjectRequest) async throws -> Account {
        let id = call.path("account_id")
        guard let account = try await list(id, call.wholeScope(), limit: 1, offset: 0).first else {
            throw ServiceError.notFound("Account", id)
        }
        return account
    }

    /// CTEs ending with `members`: the `visitor` and `role` of each visitor whose latest account is `id`.
    static func members(of id: String, _ dialect: Dialect) -> SQL {
        """
        latest AS (
          SELECT visitor, \(Identity.latest("account_id", dialect)) AS account_id,
            \(Identity.latest("CASE WHEN account_id = \(id) THEN role END", where: "role IS NOT NULL AND account_id = \(id)", dialect)) AS role
          FROM identity_memberships GROUP BY visitor),
        members AS MATERIALIZED (SELECT visitor, role FROM latest WHERE account_id = \(id))
        """
    }
}

/// A visitor who belongs to an account.
struct Member: Sendable {
    let visitorID: String
    let userID: String?
    let role: String?
    let lastSeenAt: Instant

    static let shape = Shape<Member>([
        .required("visitor_id", \.visitorID, .text(200)), .required("user_id", \.userID, .nullable(.text(200))),
        .required("role", \.role, .nullable(.text(200))), .required("last_seen_at", \.lastSeenAt, .timestamp),
    ])

    /// Returns the account's members, most recently seen first.
    static func list(of account: String, _ scope: Scope, limit: Int, offset: Int) async throws -> [Member] {
        let rows = try await scope.rows(
            "identity.members", with: "\(Profile.known(scope.dialect)), \(Account.members(of: account, scope.dialect))",
            [
                .page(
                    "page", "SELECT id, user_id, role, last_at FROM members JOIN known ON known.visitor = members.visitor",
                    by: "last_at DESC, id", limit: limit, offset: offset)
            ],
            "SELECT id, user_id, role, last_at FROM page ORDER BY last_at DESC, id")
        return rows.map {
            Member(
                visitorID: $0.text("id"), userID: $0.optionalText("user_id"), role: $0.optionalText("role"),
                lastSeenAt: Instant(milliseconds: $0.int("last_at")))
        }
    }
}

/// What the members of an account did in a range, and the revenue they brought.
struct AccountAnalytics: Sendable {
    let accountID: String
    /// All members, whether active in the range or not.
    let members: Int64
    /// Distinct users among the members.
    let identifiedUsers: Int64
    let sessions: Int64, pageviews: Int64, events: Int64
    /// In the currency of most of the account's orders; 0 when the caller may not read orders.
    let revenue: Double
    /// The currency of `revenue`; nil when the caller may not read orders.
    let currency: String?

    static let shape = Shape<AccountAnalytics>([
        .required("account_id", \.accountID, .text(200)), .required("members", \.members, .count),
        .required("identified_users", \.identifiedUsers, .count), .required("sessions", \.sessions, .count),
        .required("pageviews", \.pageviews, .count), .required("events", \.events, .count), .required("revenue", \.revenue, .amount),
        .optional(
            "currency", \.currency, .text(3), "ISO 4217 code of the revenue's currency. Absent when the caller may not read orders."),
    ])

    static func run(_ id: String, _ call: ProjectRequest, _ scope: Scope) async throws -> AccountAnalytics {
        let whole = call.wholeScope()
        let counts = try await whole.rows(
            "identity.account_members",
            with: """
                \(Account.members(of: id, whole.dialect)),
                users AS (
                  SELECT visitor, \(Identity.latest("user_id", whole.dialect)) AS user_id FROM identity_profiles
                  WHERE user_id IS NOT NULL GROUP BY visitor)
                """,
            [
                .tally(
                    "by_user", by: ["user_id"], [.count("visitors")],
                    from: "members LEFT JOIN users ON users.visitor = members.visitor")
            ],
            "SELECT CAST(coalesce(sum(visitors), 0) AS bigint) AS members, count(user_id) AS users FROM by_user")[0]
        let account = Segment(.account(Comparison(.eq, [.text(id)])))
        let activity = try await scope.of(account).rows(
            "identity.account_activity",
            [
                .tally(
                    "totals", [.sum("pageviews", of: "pageviews"), .sum("events", of: "events"), .count("sessions")], from: "sessions")
            ],
            "SELECT coalesce(pageviews, 0) AS pageviews, coalesce(events, 0) AS events, sessions FROM totals")[0]
        var revenue = 0.0, currency: String?
        if call.mayRead("revenue") {
            let scope = scope.of(account)
            let main = try await Revenue.currency(of: scope) ?? Revenue.defaultCurrency
            revenue = try await RevenueTotals.run(scope, in: main).revenue
            currency = main
        }
        return AccountAnalytics(
            accountID: id, members: counts.int("members"), identifiedUsers: counts.int("users"), sessions: activity.int("sessions"),
            pageviews: activity.int("pageviews"), events: activity.int("events"), revenue: revenue, currency: currency)
    }
}

extension IdentityModule {
    var accountRoutes: [Route] {
        let path = "/api/v1/identity/accounts"
        return [
            Route(
                .get, path, "List accounts, most recently seen first.", scope: .query, access: .read, parameters: Parameter.page,
                answer: .data(Account.shape)
            ) { call in try await Account.list(nil, call.wholeScope(), limit: call.limit, offset: call.offset) },
            Route(
                .get, path + "/{account_id}", "Read an account.", scope: .query, access: .read,
                answer: Account.shape
            ) { call in try await Account.require(call) },
            Route(
                .get, path + "/{account_id}/members", "List the members of an account, most recently seen first.", scope: .query,
                access: .read,
                parameters: Parameter.page,
                answer: .data(Member.shape)
            ) { call in
                let account = try await Account.require(call)
                return try await Member.list(of: account.accountID, call.wholeScope(), limit: call.limit, offset: call.offset)
            },
            .report(
                path + "/{account_id}/analytics", "Activity of an account's members, and the revenue from them.",
                parameters: ScopeParameters.range,
                answer: AccountAnalytics.shape
            ) { call, scope in
                try await AccountAnalytics.run(try await Account.require(call).accountID, call, scope)
            },
        ]
    }
}

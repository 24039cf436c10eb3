import Core

/// What is known about a visitor: its latest user and the latest value of each trait.
struct Profile: Sendable {
    let visitorID: String
    let userID: String?
    let traits: [ExactText: JSON]
    /// When the visitor was first seen; nil in lists.
    let firstSeenAt: Instant?
    let lastSeenAt: Instant

    static let shape = Shape<Profile>([
        .required("visitor_id", \.visitorID, .text(200)), .required("user_id", \.userID, .nullable(.text(200))),
        .required("traits", \.traits, .map(.any)), .optional("first_seen_at", \.firstSeenAt, .timestamp),
        .required("last_seen_at", \.lastSeenAt, .timestamp),
    ])

    /// CTEs ending with `known`: one row for each identified visitor, with `visitor`, `id`, `user_id`, and `first_at` and `last_at`, the
    /// earliest and latest of its identifications and activity.
    static func known(_ dialect: Dialect) -> SQL {
        """
        identified AS MATERIALIZED (
          SELECT visitor, min(occurred_at) AS first_at, max(occurred_at) AS last_at FROM identity_profiles GROUP BY visitor),
        users AS (
          SELECT visitor, \(Identity.latest("user_id", dialect)) AS user_id FROM identity_profiles WHERE user_id IS NOT NULL GROUP BY visitor),
        seen AS (
          SELECT visitor, min(occurred_at) AS first_at, max(occurred_at) AS last_at FROM activity
          WHERE visitor IN (SELECT visitor FROM identified) GROUP BY visitor),
        ids AS (SELECT visitor, min(id) AS id FROM core_visitors WHERE visitor IN (SELECT visitor FROM identified) GROUP BY visitor),
        known AS MATERIALIZED (
          SELECT identified.visitor, id, user_id, least(identified.first_at, coalesce(seen.first_at, identified.first_at)) AS first_at,
            greatest(identified.last_at, coalesce(seen.last_at, identified.last_at)) AS last_at
          FROM identified JOIN ids ON ids.visitor = identified.visitor LEFT JOIN users ON users.visitor = identified.visitor
            LEFT JOIN seen ON seen.visitor = identified.visitor)
        """
    }

    /// Returns profiles, most recently seen first.
    static func list(_ scope: Scope, limit: Int, offset: Int) async throws -> [Profile] {
        let rows = try await scope.rows(
            "identity.profiles", with: known(scope.dialect),
            [
                .page(
                    "page", "SELECT visitor, id, user_id, last_at FROM known", by: "last_at DESC, id", limit: limit, offset: offset)
            ],
            "SELECT visitor, id, user_id, last_at FROM page ORDER BY last_at DESC, id")
        let traits = try await Traits.of(rows.map { $0.int("visitor") }, scope)
        return rows.map {
            Profile(
                visitorID: $0.text("id"), userID: $0.optionalText("user_id"), traits: traits[$0.int("visitor")] ?? [:], firstSeenAt: nil,
                lastSeenAt: Instant(milliseconds: $0.int("last_at")))
        }
    }

    /// Returns the profile of a visitor; nil if the visitor was never identified.
    static func one(_ id: String, _ scope: Scope) async throws -> Profile? {
        let rows = try await scope.rows(
            "identity.profile", with: known(scope.dialect),
            [
                .rows(
                    "profile",
                    """
                    SELECT visitor, user_id, first_at, last_at FROM known
                    WHERE visitor IN (SELECT visitor FROM core_visitors WHERE id = \(id))
                    """)
            ],
            "SELECT visitor, user_id, first_at, last_at FROM profile")
        guard let row = rows.first else { return nil }
        let traits = try await Traits.of([row.int("visitor")], scope)
        return Profile(
            visitorID: id, userID: row.optionalText("user_id"), traits: traits[row.int("visitor")] ?? [:],
            firstSeenAt: Instant(milliseconds: row.int("first_at")), lastSeenAt: Instant(milliseconds: row.int("last_at")))
    }
}

/// The latest value of each trait.
enum Traits {
    /// Returns the traits of visitors, by visitor.
    static func of(_ visitors: [Int64], _ scope: Scope) async throws -> [Int64: [ExactText: JSON]] {
        guard !visitors.isEmpty else { return [:] }
        let rows = try await scope.rows(
            "identity.traits",
            [
                .rows(
                    "latest",
                    """
                    SELECT visitor, name, \(Identity.latest("value", scope.dialect)) AS value FROM identity_traits
                    WHERE visitor IN \(list: visitors) GROUP BY visitor, name
                    """)
            ],
            "SELECT visitor, name, value FROM latest")
        return try read(rows) { $0.int("visitor") }
    }

    /// Returns the traits of accounts, by account.
    static func of(accounts: [String], _ scope: Scope) async throws -> [ExactText: [ExactText: JSON]] {
        guard !accounts.isEmpty else { return [:] }
        let rows = try await scope.rows(
            "identity.account_traits",
            [
                .tally(
                    "latest", by: ["account_id", "name"], [LatestOfAll.measure("latest_value", of: "value")],
                    from: "identity_account_traits WHERE account_id IN \(list: accounts)")
            ],
            "SELECT account_id, name, \(LatestOfAll.value(in: "latest_value")) AS value FROM latest")
        return try read(rows) { ExactText($0.text("account_id")) }
    }

    /// Leaves out removed traits, whose value is null.
    private static func read<Key: Hashable>(_ rows: Rows, by key: (Row) -> Key) throws -> [Key: [ExactText: JSON]] {
        var traits: [Key: [ExactText: JSON]] = [:]
        for row in rows {
            let value = try JSON.parse("[\(row.text("value"))]").elements[0]
            if !value.isNull { traits[key(row), default: [:]][text: row.text("name")] = value }
        }
        return traits
    }
}

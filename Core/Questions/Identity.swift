import Common
import Storage

/// Facts about who a visitor is. The `identity` module writes them. Segments and `count_by=people` read them.
///
/// The latest fact wins, so no fact is rewritten when a visitor gets another name, plan or account.
public enum Identity {
    /// One row per `identify` call. `user_id` is null if the call names no user.
    public static let profiles = FactTable("identity_profiles", [Column("user_id", .text, nullable: true), .arrival])

    /// One row per trait in an `identify` call. `value` is JSON text; `null` removes the trait.
    public static let traits = FactTable("identity_traits", [Column("name", .text), Column("value", .text), .arrival])

    /// One row per `identify` call that names an account.
    public static let memberships = FactTable(
        "identity_memberships",
        [Column("account_id", .text), Column("account_name", .text, nullable: true), Column("role", .text, nullable: true), .arrival])

    /// An aggregate that returns the value of `column` in the latest row of a group. The column must not be null in the group's rows.
    public static func latest(_ column: SQL, _ dialect: Dialect) -> SQL { latest(column, where: "TRUE", dialect) }

    /// Like `latest(_:_:)`, but only considers rows that meet the condition. If two rows have the same instant, the row that arrived later
    /// counts. If both were stored before arrival was recorded, the larger value counts, so all engines return the same value.
    public static func latest(_ column: SQL, where condition: SQL, _ dialect: Dialect) -> SQL {
        dialect.last(column, by: "row(CASE WHEN \(condition) THEN occurred_at ELSE -1 END, arrival, \(column))")
    }
}

/// Used when reports count people instead of visitors. All visitors with the same user are one person, and their activity counts as that
/// person's even before they were identified.
public struct People: Sendable, Hashable {
    /// The merged users, each mapped to the user that remains after all merges.
    let merges: [ExactText: ExactText]

    /// - Parameter merges: the merges, oldest first. Chains of merges are followed; a chain that comes back to one of its users ends there.
    public init(merges pairs: [(user: String, into: String)]) {
        let direct = Dictionary(exactly: pairs.map { ($0.user, ExactText($0.into)) })
        merges = direct.mapValues { first in
            var user = first, seen: Set = [first]
            while let next = direct[user], seen.insert(next).inserted { user = next }
            return user
        }
    }

    /// CTEs that end with `people`, which has the columns `visitor` and `person`. A person is represented by one of its visitors. Visitors
    /// without a user are not listed, because each of them counts as a person.
    func ctes(of project: Int32, _ dialect: Dialect) -> [SQL] {
        // These names must not clash with the CTEs of any report.
        let named: SQL = """
            people_named AS NOT MATERIALIZED (
              SELECT \(Int64(project)) AS project, visitor, \(Identity.latest("user_id", dialect)) AS user_id FROM identity_profiles
              WHERE project = \(Int64(project)) AND user_id IS NOT NULL GROUP BY visitor)
            """
        let pairs = merges.sorted { $0.key < $1.key }.map { [$0.key.text, $0.value.text] }
        let merged: SQL = "people_merged AS (\(dialect.table(["user_id", "into_id"], of: pairs)))"
        // Ordering by key makes every engine choose the same visitor to represent the person.
        return [
            named, merged,
            """
            people AS MATERIALIZED (
              SELECT visitor, first_value(visitor) OVER (PARTITION BY final_user ORDER BY visitor_key) AS person
              FROM (
                SELECT identified.visitor, coalesce(into_id, identified.user_id) AS final_user,
                  \(dialect.visitorKey(in: "identified")) AS visitor_key
                FROM people_named identified LEFT JOIN people_merged merged ON merged.user_id = identified.user_id) users)
            """,
        ]
    }
}

import Common
import Storage

/// Facts about who a visitor is. The module `identity` writes them, and segments and `count_by=people` read them.
///
/// The latest fact wins, so nothing is rewritten if somebody gets another name, plan or account.
public enum Identity {
    /// One row per `identify` call, with its user if it has one.
    public static let profiles = FactTable("identity_profiles", [Column("user_id", .text, nullable: true), .arrival])

    /// One row per trait in an `identify` call. `value` is JSON text; `null` removes the trait.
    public static let traits = FactTable("identity_traits", [Column("name", .text), Column("value", .text), .arrival])

    /// One row per `identify` call that names an account.
    public static let memberships = FactTable(
        "identity_memberships",
        [Column("account_id", .text), Column("account_name", .text, nullable: true), Column("role", .text, nullable: true), .arrival])

    /// An aggregate that returns the latest `column` of a group. The column must not be null in the group's rows.
    public static func latest(_ column: SQL, _ dialect: Dialect) -> SQL { latest(column, where: "TRUE", dialect) }

    /// Like `latest(_:_:)`, but among rows that meet the condition. If two rows have the same instant, the one that arrived later counts.
    /// If both were stored before arrival was recorded, the larger value counts, on every engine.
    public static func latest(_ column: SQL, where condition: SQL, _ dialect: Dialect) -> SQL {
        dialect.last(column, by: "row(CASE WHEN \(condition) THEN occurred_at ELSE -1 END, arrival, \(column))")
    }
}

/// Defines how people are counted instead of visitors. All visitors with the same user are one person, even for activity before they were
/// identified.
public struct People: Sendable, Hashable {
    /// Merged users, each with the user that it ends up as after all merges.
    let merges: [ExactText: ExactText]

    /// - Parameter merges: pairs in the order in which they were made. Chains of merges are followed. A chain that returns to a user it has
    ///   passed ends there.
    public init(merges pairs: [(user: String, into: String)]) {
        let direct = Dictionary(exactly: pairs.map { ($0.user, ExactText($0.into)) })
        merges = direct.mapValues { first in
            var user = first, seen: Set = [first]
            while let next = direct[user], seen.insert(next).inserted { user = next }
            return user
        }
    }

    /// CTEs that end with `people`. Its columns are `visitor` and `person`; the person is represented by one of its visitors. Visitors
    /// without a user are not listed, as each of them is a person.
    func ctes(of project: Int32, _ dialect: Dialect) -> [SQL] {
        // These names must not clash with the CTEs of any report.
        let named: SQL = """
            people_named AS NOT MATERIALIZED (
              SELECT \(Int64(project)) AS project, visitor, \(Identity.latest("user_id", dialect)) AS user_id FROM identity_profiles
              WHERE project = \(Int64(project)) AND user_id IS NOT NULL GROUP BY visitor)
            """
        let pairs = merges.sorted { $0.key < $1.key }.map { [$0.key.text, $0.value.text] }
        let merged: SQL = "people_merged AS (\(dialect.table(["user_id", "into_id"], of: pairs)))"
        // The order by key makes every engine choose the same visitor.
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

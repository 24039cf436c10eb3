import Common
import Storage

/// What is known about who a visitor is: facts that module `identity` writes, and that segments and `count_by=people` read.
///
/// The latest fact wins, so nothing is rewritten when somebody gets another name, plan or account.
public enum Identity {
    /// One row per `identify`, with the user if it names one.
    public static let profiles = FactTable("identity_profiles", [Column("user_id", .text, nullable: true), .arrival])

    /// One row per trait in an `identify`; `value` is JSON text, `null` for a trait that is removed.
    public static let traits = FactTable("identity_traits", [Column("name", .text), Column("value", .text), .arrival])

    /// One row per `identify` that names an account.
    public static let memberships = FactTable(
        "identity_memberships",
        [Column("account_id", .text), Column("account_name", .text, nullable: true), Column("role", .text, nullable: true), .arrival])

    /// An aggregate: the latest `column` of a group of rows in which it is never null.
    public static func latest(_ column: SQL, _ dialect: Dialect) -> SQL { latest(column, where: "TRUE", dialect) }

    /// Like `latest(_:_:)`, but among rows that meet the condition. Of two values at the same instant, the one that arrived later
    /// counts; if both were stored before arrival was recorded, the larger one, on every engine.
    public static func latest(_ column: SQL, where condition: SQL, _ dialect: Dialect) -> SQL {
        dialect.last(column, by: "row(CASE WHEN \(condition) THEN occurred_at ELSE -1 END, arrival, \(column))")
    }
}

/// How people are counted instead of visitors: all visitors with the same user are one person, including for their earlier activity.
public struct People: Sendable, Hashable {
    /// Merged users, with the user that each was finally merged into.
    let merges: [ExactText: ExactText]

    /// - Parameter merges: pairs in the order they were made. Chains are followed here; one that leads back to a user it has passed ends.
    public init(merges pairs: [(user: String, into: String)]) {
        let direct = Dictionary(exactly: pairs.map { ($0.user, ExactText($0.into)) })
        merges = direct.mapValues { first in
            var user = first, seen: Set = [first]
            while let next = direct[user], seen.insert(next).inserted { user = next }
            return user
        }
    }

    /// CTEs that end with `people`: `visitor`, and `person`, which is one of the person's visitors. Visitors without a user are not in it;
    /// each is a person.
    func ctes(of project: Int32, _ dialect: Dialect) -> [SQL] {
        // Names that no report uses for its own CTEs.
        let named: SQL = """
            people_named AS NOT MATERIALIZED (
              SELECT \(Int64(project)) AS project, visitor, \(Identity.latest("user_id", dialect)) AS user_id FROM identity_profiles
              WHERE project = \(Int64(project)) AND user_id IS NOT NULL GROUP BY visitor)
            """
        let pairs = merges.sorted { $0.key < $1.key }.map { [$0.key.text, $0.value.text] }
        let merged: SQL = "people_merged AS (\(dialect.table(["user_id", "into_id"], of: pairs)))"
        // Ordered by key, so every engine chooses the same visitor.
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

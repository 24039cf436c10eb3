import Common

/// What is known about who a visitor is: the facts that module `identity` writes, and that segments and `count_by=people` read.
///
/// The latest of them wins: nothing is rewritten when somebody gets another name, another plan or another account.
public enum Identity {
    /// One row for each `identify`, with the user if it names one.
    public static let profiles = FactTable("identity_profiles", [Column("user_id", .text, nullable: true), .arrival])

    /// One row for each trait that an `identify` tells; `value` is JSON text, `null` for one that is taken away.
    public static let traits = FactTable("identity_traits", [Column("name", .text), Column("value", .text), .arrival])

    /// One row for each `identify` that names an account.
    public static let memberships = FactTable(
        "identity_memberships",
        [Column("account_id", .text), Column("account_name", .text, nullable: true), Column("role", .text, nullable: true), .arrival])

    /// The latest `column` of a visitor or a trait, among rows where it is not null.
    public static func latest(_ column: SQL, _ dialect: Dialect) -> SQL { latest(column, where: "TRUE", dialect) }

    /// The same among rows that meet the condition. Of two of one instant the one that arrived later counts; of those from before rows told
    /// their arrival, the larger one, on every engine.
    public static func latest(_ column: SQL, where condition: SQL, _ dialect: Dialect) -> SQL {
        dialect.last(column, by: "row(CASE WHEN \(condition) THEN occurred_at ELSE -1 END, arrival, \(column))")
    }
}

/// Who counts as one where people are counted rather than visitors: all visitors with the same user, past included.
public struct People: Sendable, Hashable {
    /// Users who are somebody else as well, with who that is.
    let merges: [ExactText: ExactText]

    /// - Parameter merges: pairs as they were made; chains are followed here, and one that leads back to its start ends.
    public init(merges pairs: [(user: String, into: String)]) {
        let direct = Dictionary(exactly: pairs.map { ($0.user, ExactText($0.into)) })
        merges = direct.mapValues { first in
            var user = first, seen: Set = [first]
            while let next = direct[user], seen.insert(next).inserted { user = next }
            return user
        }
    }

    /// CTEs that end with `people`: `visitor`, and `person`, one of the visitors who are the same. Visitors without a user don't
    /// stand there; each is a person.
    func ctes(of project: Int32, _ dialect: Dialect) -> [SQL] {
        // Names that no report gives to a CTE of its own.
        let named: SQL = """
            people_named AS NOT MATERIALIZED (
              SELECT \(Int64(project)) AS project, visitor, \(Identity.latest("user_id", dialect)) AS user_id FROM identity_profiles
              WHERE project = \(Int64(project)) AND user_id IS NOT NULL GROUP BY visitor)
            """
        let pairs = merges.sorted { $0.key < $1.key }.map { [$0.key.text, $0.value.text] }
        let merged: SQL = "people_merged AS (\(dialect.table(["user_id", "into_id"], of: pairs)))"
        // By the key, so that each engine takes the same one of them.
        return [
            named, merged,
            """
            people AS MATERIALIZED (
              SELECT visitor, first_value(visitor) OVER (PARTITION BY someone ORDER BY visitor_key) AS person
              FROM (
                SELECT known.visitor, coalesce(into_id, known.user_id) AS someone, \(dialect.visitorKey(in: "known")) AS visitor_key
                FROM people_named known LEFT JOIN people_merged merged ON merged.user_id = known.user_id) same)
            """,
        ]
    }
}

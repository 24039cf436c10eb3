/// How distinct visitors are counted, exactly, in the way that is fastest on the engine at hand.
///
/// DuckDB numbers visitors from 0: a bit for each number, set and counted, is exact and does no hashing. PostgreSQL
/// counts keys.
public struct VisitorCount: Sendable {
    /// Bits that all groups of one statement may take together; beyond that keys are counted the usual way.
    private static let maximumBits: Int64 = 1 << 30

    /// Visitors are numbered below it; nil where they are not numbered.
    private let bound: Int64?

    /// - Parameter bound: `EventStore.visitorBound`.
    init(bound: Int64?) { self.bound = bound.map(Self.withRoom) }

    /// A bound that stays the same while visitors come, as it is part of the statement's text, and that no visitor
    /// reaches between now and the statement's start: some 6 to 25 % above, 65,536 at least.
    private static func withRoom(_ bound: Int64) -> Int64 {
        var step: Int64 = 65_536
        while step * 16 < bound { step *= 2 }
        return (bound / step + 2) * step
    }

    /// `count of distinct visitors` as an aggregate, over the rows for which `condition` holds.
    /// - Parameter groups: how many groups the statement makes at most, about; for the memory that it takes.
    public func distinct(where condition: SQL? = nil, groups: Int64 = 1) -> SQL {
        let filter: SQL = condition.map { " FILTER (WHERE \($0))" } ?? ""
        return countsBits(groups) ? "coalesce(bit_count(\(bits)\(filter)), 0)" : "count(DISTINCT visitor)\(filter)"
    }

    /// A query with one row for each value of the column `key`: that value, and `visitors` who have it.
    /// - Parameter groups: how many values there are, about.
    public func query(by key: SQL, from rows: SQL, groups: Int64) -> SQL {
        countsBits(groups)
            ? "SELECT \(key), \(distinct(groups: groups)) AS visitors FROM \(rows) GROUP BY \(key)"
            // Not count(DISTINCT visitor), for which PostgreSQL sorts.
            : "SELECT \(key), count(*) AS visitors FROM (SELECT DISTINCT \(key), visitor FROM \(rows)) one GROUP BY \(key)"
    }

    /// The same with an aggregate over all rows of a value beside the visitors of some of them, in one pass where bits are counted.
    /// - Parameters:
    ///   - condition: of the rows whose visitors count; values without any are in no row.
    public func query(by key: SQL, from rows: SQL, where condition: SQL, with aggregate: SQL, named name: SQL, groups: Int64) -> SQL {
        let chosen: SQL = "(SELECT * FROM \(rows) WHERE \(condition)) chosen"
        return countsBits(groups)
            ? """
                SELECT \(key), \(distinct(where: condition, groups: groups)) AS visitors, \(aggregate) AS \(name) FROM \(rows)
                GROUP BY \(key) HAVING count(*) FILTER (WHERE \(condition)) > 0
                """
            : """
                SELECT counted.\(key), visitors, \(name) FROM (\(query(by: key, from: chosen, groups: groups))) counted
                JOIN (SELECT \(key), \(aggregate) AS \(name) FROM \(rows) GROUP BY \(key)) every ON every.\(key) = counted.\(key)
                """
    }

    /// For counting by several columns, each alone: a query with the visitors of each combination of `columns`, and the aggregate
    /// that counts those of a group of its rows. Bits of the few combinations are joined far faster than all rows are grouped
    /// once for each column.
    /// - Parameter groups: how many combinations there are, about.
    public func combinations(of columns: SQL, from rows: SQL, groups: Int64) -> (query: SQL, count: SQL) {
        countsBits(groups)
            ? ("SELECT \(columns), \(bits) AS visitors FROM \(rows) GROUP BY \(columns)", "coalesce(bit_count(bit_or(visitors)), 0)")
            : ("SELECT DISTINCT \(columns), visitor AS visitors FROM \(rows)", "count(DISTINCT visitors)")
    }

    private func countsBits(_ groups: Int64) -> Bool { bound.map { $0 > 0 && $0 * groups <= Self.maximumBits } ?? false }

    private var bits: SQL { "bitstring_agg(visitor, 0, \(sql: String(bound ?? 0)))" }
}

@_spi(Host) import Storage

/// Counts distinct visitors exactly, in the way that is fastest on the engine.
///
/// DuckDB stores small numbers for visitors, so a bitmap with one bit per number is exact and needs no hashing. PostgreSQL
/// counts keys.
public struct VisitorCount: Sendable {
    /// The maximum number of bits for all groups of a statement together; above it, `count(DISTINCT visitor)` is used.
    private static let maximumBits: Int64 = 1 << 30

    /// Above all visitor numbers; nil if the engine stores keys.
    private let bound: Int64?

    /// - Parameter bound: `EventStore.visitorBound`.
    init(bound: Int64?) { self.bound = bound.map(Self.withRoom) }

    /// Rounds the bound up by 6 to 25 %, and by at least 65,536. The bound is part of the statement's text, so it must rarely
    /// change while visitors arrive, and no new visitor may exceed it before the statement starts.
    private static func withRoom(_ bound: Int64) -> Int64 {
        var step: Int64 = 65_536
        while step * 16 < bound { step *= 2 }
        return (bound / step + 2) * step
    }

    /// An aggregate that counts the distinct visitors of the rows that meet `condition`; of all rows if it is nil.
    /// - Parameter groups: the approximate maximum of groups in the statement, which determines how much memory bitmaps take.
    public func distinct(where condition: SQL? = nil, groups: Int64 = 1) -> SQL {
        let filter: SQL = condition.map { " FILTER (WHERE \($0))" } ?? ""
        return countsBits(groups) ? "coalesce(bit_count(\(bits)\(filter)), 0)" : "count(DISTINCT visitor)\(filter)"
    }

    /// A query with one row per value of the column `key`: the value, and how many `visitors` have it.
    /// - Parameter groups: the approximate number of values.
    public func query(by key: SQL, from rows: SQL, groups: Int64) -> SQL {
        countsBits(groups)
            ? "SELECT \(key), \(distinct(groups: groups)) AS visitors FROM \(rows) GROUP BY \(key)"
            // Not count(DISTINCT visitor), because PostgreSQL sorts for it.
            : "SELECT \(key), count(*) AS visitors FROM (SELECT DISTINCT \(key), visitor FROM \(rows)) pairs GROUP BY \(key)"
    }

    /// Like `query(by:from:groups:)`, but counts only the visitors of rows that meet `condition`, and adds an aggregate over all rows
    /// of each value. A single pass if bits are counted. Values without a row that meets the condition are left out.
    public func query(by key: SQL, from rows: SQL, where condition: SQL, with aggregate: SQL, named name: SQL, groups: Int64) -> SQL {
        let countedRows: SQL = "(SELECT * FROM \(rows) WHERE \(condition)) counted_rows"
        return countsBits(groups)
            ? """
            SELECT \(key), \(distinct(where: condition, groups: groups)) AS visitors, \(aggregate) AS \(name) FROM \(rows)
            GROUP BY \(key) HAVING count(*) FILTER (WHERE \(condition)) > 0
            """
            : """
            SELECT counted.\(key), visitors, \(name) FROM (\(query(by: key, from: countedRows, groups: groups))) counted
            JOIN (SELECT \(key), \(aggregate) AS \(name) FROM \(rows) GROUP BY \(key)) aggregated ON aggregated.\(key) = counted.\(key)
            """
    }

    /// For counting by several columns separately: a query with the visitors of each combination of `columns`, and the aggregate
    /// that counts the visitors of a group of its rows. Merging the bitmaps of a few combinations is far faster than grouping all
    /// rows once per column.
    /// - Parameter groups: the approximate number of combinations.
    public func combinations(of columns: SQL, from rows: SQL, groups: Int64) -> (query: SQL, count: SQL) {
        countsBits(groups)
            ? ("SELECT \(columns), \(bits) AS visitors FROM \(rows) GROUP BY \(columns)", "coalesce(bit_count(bit_or(visitors)), 0)")
            : ("SELECT DISTINCT \(columns), visitor AS visitors FROM \(rows)", "count(DISTINCT visitors)")
    }

    private func countsBits(_ groups: Int64) -> Bool { bound.map { $0 > 0 && $0 * groups <= Self.maximumBits } ?? false }

    private var bits: SQL { "bitstring_agg(visitor, 0, \(sql: String(bound ?? 0)))" }
}

@_spi(Host) import Storage

/// Generates SQL that counts distinct visitors exactly, with the fastest method for the engine.
///
/// DuckDB stores visitors as small numbers, so a bitmap with one bit per number is exact and needs no hashing. PostgreSQL stores visitor
/// keys, so the keys themselves are counted.
struct VisitorCount: Sendable {
    /// The maximum total size of all bitmaps in a statement, in bits. If they would be larger, `count(DISTINCT visitor)` is used.
    private static let maximumBits: Int64 = 1 << 30

    /// A number larger than the numbers of all visitors; nil if the engine stores keys.
    private let bound: Int64?

    /// - Parameter bound: the value of `EventStore.visitorBound`.
    init(bound: Int64?) { self.bound = bound.map(Self.withRoom) }

    /// Rounds the bound up by 6 to 25 %, and by at least 65,536, for two reasons: the bound is part of the statement's text, which should
    /// rarely change as visitors arrive, and visitors who arrive before the statement starts must be below the bound.
    private static func withRoom(_ bound: Int64) -> Int64 {
        var step: Int64 = 65_536
        while step * 16 < bound { step *= 2 }
        return (bound / step + 2) * step
    }

    /// An aggregate that counts the distinct visitors of the rows that meet `condition`, or of all rows if `condition` is nil.
    /// - Parameter groups: the approximate maximum number of groups in the statement. It determines how much memory the bitmaps take.
    func distinct(where condition: SQL? = nil, groups: Int64 = 1) -> SQL {
        let filter: SQL = condition.map { " FILTER (WHERE \($0))" } ?? ""
        return countsBits(groups) ? "coalesce(bit_count(\(bits)\(filter)), 0)" : "count(DISTINCT visitor)\(filter)"
    }

    /// For reports that count visitors separately by each of several columns. `query` returns the visitors of each combination of
    /// `columns`, and `count` is the aggregate that counts distinct visitors over groups of its rows. Merging the bitmaps of a few
    /// combinations is much faster than grouping all rows once per column.
    /// - Parameter groups: the approximate number of combinations.
    func combinations(of columns: SQL, from rows: SQL, groups: Int64) -> (query: SQL, count: SQL) {
        countsBits(groups)
            ? ("SELECT \(columns), \(bits) AS visitors FROM \(rows) GROUP BY \(columns)", "coalesce(bit_count(bit_or(visitors)), 0)")
            : ("SELECT DISTINCT \(columns), visitor AS visitors FROM \(rows)", "count(DISTINCT visitors)")
    }

    func countsBits(_ groups: Int64) -> Bool { bound.map { $0 > 0 && groups <= Self.maximumBits / $0 } ?? false }

    private var bits: SQL { "bitstring_agg(visitor, 0, \(sql: String(bound ?? 0)))" }
}

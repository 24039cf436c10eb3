/// How distinct visitors are counted, exactly, in the way that is fastest on the engine at hand.
///
/// DuckDB numbers visitors from 0: a bit for each number, set and counted, is exact and does no hashing. PostgreSQL
/// counts keys.
public struct VisitorCount: Sendable {
    /// Bits that all groups of one statement may take together; beyond that keys are counted the usual way.
    private static let maximumBits: Int64 = 1 << 30

    /// Visitors are numbered below it; nil where they are not numbered.
    let bound: Int64?

    /// `count of distinct visitors` as an aggregate, over the rows for which `condition` holds.
    /// - Parameter groups: how many groups the statement makes at most, about; for the memory that it takes.
    public func distinct(where condition: SQL? = nil, groups: Int64 = 1) -> SQL {
        let filter: SQL = condition.map { " FILTER (WHERE \($0))" } ?? ""
        guard let bound, bound > 0, bound * groups <= Self.maximumBits else { return "count(DISTINCT visitor)\(filter)" }
        return "coalesce(bit_count(bitstring_agg(visitor, 0, \(sql: String(bound)))\(filter)), 0)"
    }
}

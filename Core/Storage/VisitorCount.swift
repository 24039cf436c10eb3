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
        guard let bound, bound > 0, bound * groups <= Self.maximumBits else { return "count(DISTINCT visitor)\(filter)" }
        return "coalesce(bit_count(bitstring_agg(visitor, 0, \(sql: String(bound)))\(filter)), 0)"
    }
}

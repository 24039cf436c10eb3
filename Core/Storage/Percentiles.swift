extension Dialect {
    /// Percentiles by nearest rank, as aggregates over the rows of a group, one for each of `percents` in their order.
    ///
    /// The P-th percentile of n values is the value at place ⌈P/100 · n⌉ of them in ascending order: always a value that was
    /// measured, and the same bits on every engine. Null for no values; nulls are left out.
    ///
    /// - Source: Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996), definition 1; SQL:2003 `percentile_disc`.
    public func nearestRanks(_ percents: [Int], of value: SQL) -> [SQL] {
        // One aggregate for all of them, written the same each time, so that the engine computes it once.
        let shares = SQL(sql: percents.map { "0." + ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ", "))
        let all: SQL = self == .duckdb
            ? "quantile_disc(\(value), [\(shares)])" : "percentile_disc(ARRAY[\(shares)]::double precision[]) WITHIN GROUP (ORDER BY \(value))"
        return percents.indices.map { "(\(all))[\(sql: String($0 + 1))]" }
    }
}

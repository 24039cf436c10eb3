extension Dialect {
    /// Nearest-rank percentiles as aggregates over a group's rows. Returns one per entry of `percents`, in order.
    ///
    /// The P-th percentile of n values is the value at rank ⌈P/100 · n⌉ in ascending order. It is always a measured value, with the same
    /// bits on every engine. Nulls are ignored; the percentile is null if there are no values.
    ///
    /// - Source: Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996), definition 1; SQL:2003 `percentile_disc`.
    public func nearestRanks(_ percents: [Int], of value: SQL) -> [SQL] {
        // All percentiles use the same aggregate expression, so the engine computes it only once.
        let shares = SQL(sql: percents.map { "0." + ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ", "))
        let all: SQL =
            self == .duckdb
            ? "quantile_disc(\(value), [\(shares)])"
            : "percentile_disc(ARRAY[\(shares)]::double precision[]) WITHIN GROUP (ORDER BY \(value))"
        return percents.indices.map { "(\(all))[\(sql: String($0 + 1))]" }
    }
}

import Core

/// Counts retention with bit patterns. Rows are grouped by visitor only once, into two patterns: one has a bit for each period in which the
/// visitor may have started, the other for each in which they came back. There are few distinct patterns, and all counts are computed from
/// them.
struct RetentionPatterns {
    /// The number of bits in a BIGINT that can be used without touching the sign.
    private static let maximumPeriods: Int64 = 62

    private let question: RetentionQuestion
    private let scope: Scope, wide: Scope
    private let days: TimeBuckets
    /// The number of the range's first period, and how many periods there are from it to the end of `wide`.
    private let first: Int64, count: Int64

    /// - Parameter wide: the scope over all time that affects the result.
    /// - Returns: nil if patterns can't answer the question: for variants other than `on`, and for more periods than bits.
    init?(_ question: RetentionQuestion, _ scope: Scope, _ wide: Scope) {
        guard question.variant == .on else { return nil }
        let calendar = question.period.calendar
        days = TimeBuckets(.day, of: scope.over(TimeRange(start: scope.range.start, end: wide.range.end)))
        first = calendar.number(of: Day(number: days.all.lowerBound))
        count = calendar.number(of: Day(number: days.all.upperBound)) - first + 1
        guard count <= Self.maximumPeriods else { return nil }
        self.question = question
        self.scope = scope
        self.wide = wide
    }

    /// Returns one row for each cohort and interval. Columns: `cohort` (the number of its period), `passed` (the interval; 0 for the whole
    /// cohort) and `visitors`.
    func counts(_ name: StaticString) async throws -> Rows {
        let dialect = scope.dialect, start = scope.range.start.milliseconds, end = scope.range.end.milliseconds
        let begins = question.begins(dialect), returns = question.returns(dialect)
        let number = question.period.calendar.number(of: days.number(of: "occurred_at"), dialect)
        let bit: SQL = "CAST(1 AS bigint) << CAST(\(number) - \(first) AS integer)"
        let numbers = SQL.joined((0..<count).map { "(\(sql: String($0)))" })
        let isFirstTime = question.mode == .first_time
        let newcomers: SQL =
            isFirstTime
            ? " AND visitor NOT IN (SELECT visitor FROM activity WHERE occurred_at < \(start) AND (\(begins)))" : ""
        let lowest: SQL = isFirstTime ? " AND beginnings & ((CAST(1 AS bigint) << number) - 1) = 0" : ""
        return try await wide.rows(
            name,
            with: """
                active AS NOT MATERIALIZED (
                  SELECT visitor, bit_or(CASE WHEN occurred_at < \(end) AND (\(begins)) THEN \(bit) END) AS beginnings,
                    bit_or(CASE WHEN \(returns) THEN \(bit) END) AS returns
                  FROM activity WHERE occurred_at >= \(start) AND ((\(begins)) OR (\(returns))) GROUP BY visitor)
                """,
            [
                .tally(
                    "patterns", by: ["beginnings", "returns"], [.count("visitors")],
                    from: "active WHERE beginnings IS NOT NULL\(newcomers)")
            ],
            continues: true,
            """
            numbers (number) AS (VALUES \(numbers)),
            begun AS MATERIALIZED (
              SELECT number AS cohort, returns, visitors FROM patterns JOIN numbers ON (beginnings >> number) & 1 = 1\(lowest))
            SELECT cohort + \(first) AS cohort, 0 AS passed, sum(visitors) AS visitors FROM begun GROUP BY begun.cohort
            UNION ALL SELECT cohort + \(first), number - cohort, sum(visitors) FROM begun
            JOIN numbers ON number > cohort AND (returns >> number) & 1 = 1 GROUP BY begun.cohort, number
            """)
    }
}

import Core
import Foundation

/// A question about retention: which activity puts a visitor into a cohort, which counts as coming back, and in which later intervals.
struct RetentionQuestion: Sendable {
    enum Mode: String, Sendable, CaseIterable {
        /// A visitor is in one cohort, that of the first matching activity ever, which must be in the range.
        case first_time
        /// A visitor is in the cohort of every period with matching activity.
        case recurring

        static let names = allCases.map(\.rawValue)
    }

    enum Variant: String, Sendable, CaseIterable {
        /// Counts visitors who are active in the interval's calendar period.
        case on
        /// Counts visitors who are active in the interval's calendar period or in any later one, until now.
        case unbounded
        /// Counts visitors who are active in the interval's window. Windows are equally long, and window 0 begins at the visitor's own
        /// start.
        case rolling

        static let names = allCases.map(\.rawValue)
    }

    static let maximumIntervals = 100, defaultIntervals = 12

    let period: RetentionPeriod
    var intervals: Int64
    var mode = Mode.first_time
    var variant = Variant.on
    /// The activity that puts a visitor into a cohort; nil for any activity.
    var beginning: Step?
    /// The activity that counts as coming back; nil for any activity.
    var coming: Step?

    /// Returns the time whose activity affects the result: all of the past, which decides who is new, up to the last return that counts.
    private func reach(_ range: TimeRange, now: Instant) -> TimeRange {
        // Round up to a full minute, so a question repeated within that minute produces the same SQL statement.
        let nextMinute = Instant(milliseconds: (now.milliseconds / 60_000 + 1) * 60_000)
        guard variant != .unbounded else { return TimeRange(start: TimeRange.always.start, end: max(nextMinute, range.end)) }
        // Allow for the period that contains the end of the range, and for a day of difference between time zones.
        let last = range.end.adding(days: period.days(intervals + 2) + 1)
        return TimeRange(start: TimeRange.always.start, end: max(min(nextMinute, last), range.end))
    }

    func begins(_ dialect: Dialect) -> SQL { beginning?.condition(dialect) ?? "TRUE" }
    func returns(_ dialect: Dialect) -> SQL { coming?.condition(dialect) ?? "TRUE" }

    /// Returns one row for each cohort and interval. Columns: `cohort` (the number of its period), `passed` (the interval; 0 for the whole
    /// cohort) and `visitors`. For the `rolling` variant, rows of whole cohorts also have `latest`: when the cohort's last visitor started.
    func counts(_ name: StaticString, over scope: Scope, now: Instant) async throws -> Rows {
        let wide = scope.widened(to: reach(scope.range, now: now))
        if let patterns = RetentionPatterns(self, scope, wide) { return try await patterns.counts(name) }
        return try await rows(
            name, over: scope, now: now,
            [
                .tally("cohorts", by: ["cohort"], [.count("visitors"), .maximum("latest", of: "begun_at")], from: "begun"),
                .tally("came_back", by: ["cohort", "passed"], [.count("visitors")], from: "returned"),
            ],
            """
            SELECT cohort, 0 AS passed, visitors, latest FROM cohorts
            UNION ALL SELECT cohort, passed, visitors, 0 AS latest FROM came_back
            """)
    }

    /// Runs a statement whose parts read two CTEs:
    /// - `begun`: `visitor`, `cohort` (number of the period), `begun_at`; one row for each start
    /// - `returned`: `visitor`, `cohort`, `passed` (intervals since the start, 1 or more); one row for each interval with a return, or only
    ///   for the last one with the `unbounded` variant
    func rows(_ name: StaticString, over scope: Scope, now: Instant, _ parts: [ReportPart], _ query: SQL) async throws -> Rows {
        let wide = scope.widened(to: reach(scope.range, now: now))
        return try await wide.rows(name, with: ctes(scope, wide), parts, query)
    }

    private func ctes(_ scope: Scope, _ wide: Scope) -> SQL {
        let dialect = scope.dialect
        let begins = begins(dialect), returns = returns(dialect)
        // Begin with the first day of the range. The days of all of the past would put many zone offsets into the statement.
        let days = TimeBuckets(.day, of: scope.over(TimeRange(start: scope.range.start, end: wide.range.end)))
        let number = period.calendar.number(of: days.number(of: "occurred_at"), dialect)
        let start = scope.range.start.milliseconds, end = scope.range.end.milliseconds
        let begunAt: SQL = beginning == nil ? "min(occurred_at)" : "min(occurred_at) FILTER (WHERE \(begins))"
        let isReturn: SQL = coming == nil ? "TRUE" : "bool_or(\(returns))"
        let begun: SQL
        switch mode {
        case .first_time:
            begun = """
                earlier AS MATERIALIZED (SELECT DISTINCT visitor FROM activity WHERE occurred_at < \(start) AND (\(begins))),
                begun AS MATERIALIZED (
                  SELECT active_periods.visitor, min(period_no) AS cohort, min(begun_at) AS begun_at
                  FROM active_periods LEFT JOIN earlier ON earlier.visitor = active_periods.visitor
                  WHERE earlier.visitor IS NULL AND begun_at < \(end) GROUP BY active_periods.visitor)
                """
        case .recurring:
            begun = "begun AS MATERIALIZED (SELECT visitor, period_no AS cohort, begun_at FROM active_periods WHERE begun_at < \(end))"
        }
        // One pass finds each visitor's active periods since the start of the range. The other CTEs read `activity` again only where
        // periods don't suffice.
        return """
            active_periods AS MATERIALIZED (
              SELECT visitor, \(number) AS period_no, \(begunAt) AS begun_at, \(isReturn) AS is_return
              FROM activity WHERE occurred_at >= \(start) AND ((\(begins)) OR (\(returns))) GROUP BY visitor, period_no),
            \(begun),
            returned AS NOT MATERIALIZED (\(returned(returns, dialect)))
            """
    }

    private func returned(_ returns: SQL, _ dialect: Dialect) -> SQL {
        let later: SQL = "FROM active_periods JOIN begun ON begun.visitor = active_periods.visitor WHERE is_return AND period_no > cohort"
        switch variant {
        case .on: return "SELECT begun.visitor, cohort, period_no - cohort AS passed \(later)"
        case .unbounded: return "SELECT begun.visitor, cohort, max(period_no) - cohort AS passed \(later) GROUP BY begun.visitor, cohort"
        case .rolling:
            let window = period.windowMilliseconds
            return """
                SELECT DISTINCT begun.visitor, cohort, \(dialect.quotient("occurred_at - begun.begun_at", "\(window)")) AS passed
                FROM activity JOIN begun ON begun.visitor = activity.visitor
                WHERE occurred_at >= begun.begun_at + \(window) AND (\(returns))
                """
        }
    }

    /// Returns the visitors behind a cell of the grid; for interval 0, the whole cohort.
    /// - Throws: 400 if `cohort` isn't the first day of a period, or if the range has too many periods.
    func visitors(of cohort: String, interval: Int64, over scope: Scope, now: Instant) async throws -> VisitorList {
        try period.check(scope.range)
        var question = self
        question.intervals = max(intervals, interval)
        let number = try period.number(ofCohort: cohort)
        let wanted: SQL = variant == .unbounded ? "passed >= \(interval)" : "passed = \(interval)"
        let visitors: SQL =
            interval == 0
            ? "SELECT visitor FROM begun WHERE cohort = \(number)" : "SELECT visitor FROM returned WHERE cohort = \(number) AND \(wanted)"
        let wide = scope.widened(to: question.reach(scope.range, now: now))
        return try await VisitorList.page("retention.drill", of: wide, ctes: question.ctes(scope, wide), visitors: visitors)
    }

    /// Returns the visitors of a cohort of `period` who were active `day` days after their first day. These are the visitors behind a cell
    /// of `RetentionReport`.
    /// - Throws: 400 if `cohort` isn't the first day of a period.
    static func visitors(of cohort: String, _ period: RetentionPeriod, day: Int64, over scope: Scope, now: Instant) async throws
        -> VisitorList
    {
        try period.check(scope.range)
        let number = try period.number(ofCohort: cohort)
        let first = period.calendar.start(of: number).number, end = period.calendar.start(of: number + 1).number
        let question = RetentionQuestion(period: .daily, intervals: day), wide = scope.widened(to: question.reach(scope.range, now: now))
        return try await VisitorList.page(
            "retention.days_drill", of: wide, ctes: question.ctes(scope, wide),
            visitors: """
                SELECT visitor FROM returned WHERE cohort >= \(first) AND cohort < \(end) AND passed = \(day)
                """)
    }
}

extension RetentionQuestion {
    /// Reads the question from the grid's parameters.
    init(_ call: ProjectRequest) {
        self.init(
            period: RetentionPeriod(rawValue: call.text("period") ?? "") ?? .weekly,
            intervals: Int64(call.integer("intervals", default: Self.defaultIntervals)),
            mode: Mode(rawValue: call.text("mode") ?? "") ?? .first_time, variant: Variant(rawValue: call.text("variant") ?? "") ?? .on,
            beginning: call.text("event").map { Step(.event, $0) }, coming: call.text("return_event").map { Step(.event, $0) })
    }
}

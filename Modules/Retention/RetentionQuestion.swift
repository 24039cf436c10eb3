import Core
import Foundation

/// Who begins, who comes back, and in which interval after the beginning.
struct RetentionQuestion: Sendable {
    enum Mode: String, Sendable, CaseIterable {
        /// A visitor begins once: with the first such activity that is known of, which must lie in the range.
        case first_time
        /// A visitor begins in every period with such activity.
        case recurring

        static let names = allCases.map(\.rawValue)
    }

    enum Variant: String, Sendable, CaseIterable {
        /// Active in the interval's period of the calendar.
        case on
        /// Active in that period or in a later one, until now.
        case unbounded
        /// Active in the interval's window: windows have one length and follow each other from the visitor's own beginning.
        case rolling

        static let names = allCases.map(\.rawValue)
    }

    static let maximumIntervals = 100, defaultIntervals = 12

    let period: RetentionPeriod
    var intervals: Int64
    var mode = Mode.first_time
    var variant = Variant.on
    /// Nil for any activity.
    var beginning: Step?
    var coming: Step?

    /// The time in which the answer lies: all of the past, as it tells who is new, until the last return that counts.
    private func reach(_ range: TimeRange, now: Instant) -> TimeRange {
        // The end of a minute, so that a question that is asked again within it is the same.
        let nextMinute = Instant(milliseconds: (now.milliseconds / 60_000 + 1) * 60_000)
        guard variant != .unbounded else { return TimeRange(start: TimeRange.always.start, end: max(nextMinute, range.end)) }
        // A period more, in which the range's last cohort may lie, and a day for time zones.
        let last = range.end.adding(days: period.days(intervals + 2) + 1)
        return TimeRange(start: TimeRange.always.start, end: max(min(nextMinute, last), range.end))
    }

    func begins(_ dialect: Dialect) -> SQL { beginning?.condition(dialect) ?? "TRUE" }
    func returns(_ dialect: Dialect) -> SQL { coming?.condition(dialect) ?? "TRUE" }

    /// Rows of `cohort`, `passed` (0 for all who began) and `visitors`; of those whom windows follow also `latest`, when the last of a cohort began.
    func counts(_ name: StaticString, over scope: Scope, now: Instant) async throws -> Rows {
        let wide = scope.widened(to: reach(scope.range, now: now))
        if let patterns = RetentionPatterns(self, scope, wide) { return try await wide.rows(name, continues: true, patterns.query) }
        return try await rows(name, over: scope, now: now, """
            SELECT cohort, 0 AS passed, count(*) AS visitors, max(begun_at) AS latest FROM begun GROUP BY cohort
            UNION ALL SELECT cohort, passed, count(*) AS visitors, 0 AS latest FROM returned GROUP BY cohort, passed
            """)
    }

    /// Asks for `query`, which reads
    /// - `begun`: `visitor`, `cohort` (number of the period), `begun_at`; one row for each beginning
    /// - `returned`: `visitor`, `cohort`, `passed` (intervals from the beginning, 1 or more); no row twice. Where variant is
    ///   `unbounded` the last interval alone.
    func rows(_ name: StaticString, over scope: Scope, now: Instant, _ query: SQL) async throws -> Rows {
        let wide = scope.widened(to: reach(scope.range, now: now))
        return try await wide.rows(name, continues: true, "\(ctes(scope, wide)) \(query)")
    }

    private func ctes(_ scope: Scope, _ wide: Scope) -> SQL {
        let dialect = scope.dialect
        let begins = begins(dialect), returns = returns(dialect)
        // Days of the range and after it alone: the zone's offsets of all times before would be many.
        let days = TimeBuckets(.day, of: scope.over(TimeRange(start: scope.range.start, end: wide.range.end)))
        let number = period.calendar.number(of: days.number(of: "occurred_at"), dialect)
        let start = scope.range.start.milliseconds, end = scope.range.end.milliseconds
        let begunAt: SQL = beginning == nil ? "min(occurred_at)" : "min(occurred_at) FILTER (WHERE \(begins))"
        let isReturn: SQL = coming == nil ? "TRUE" : "bool_or(\(returns))"
        let begun: SQL
        switch mode {
        case .first_time:
            begun = """
                known AS MATERIALIZED (SELECT DISTINCT visitor FROM activity WHERE occurred_at < \(start) AND (\(begins))),
                begun AS MATERIALIZED (
                  SELECT done.visitor, min(period_no) AS cohort, min(begun_at) AS begun_at
                  FROM done LEFT JOIN known ON known.visitor = done.visitor
                  WHERE known.visitor IS NULL AND begun_at < \(end) GROUP BY done.visitor)
                """
        case .recurring:
            begun = "begun AS MATERIALIZED (SELECT visitor, period_no AS cohort, begun_at FROM done WHERE begun_at < \(end))"
        }
        // Each visitor's active periods in one pass; everything else reads these.
        return """
            done AS MATERIALIZED (
              SELECT visitor, \(number) AS period_no, \(begunAt) AS begun_at, \(isReturn) AS is_return
              FROM activity WHERE occurred_at >= \(start) AND ((\(begins)) OR (\(returns))) GROUP BY visitor, period_no),
            \(begun),
            returned AS NOT MATERIALIZED (\(returned(returns, dialect)))
            """
    }

    private func returned(_ returns: SQL, _ dialect: Dialect) -> SQL {
        let later: SQL = "FROM done JOIN begun ON begun.visitor = done.visitor WHERE is_return AND period_no > cohort"
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

    /// The visitors behind a cell; those of the whole cohort for interval 0.
    /// - Throws: 400 where `cohort` is not the first day of a period.
    func visitors(of cohort: String, interval: Int64, over scope: Scope, now: Instant) async throws -> VisitorList {
        try period.check(scope.range)
        var question = self
        question.intervals = max(intervals, interval)
        let number = try period.number(ofCohort: cohort)
        let wanted: SQL = variant == .unbounded ? "passed >= \(interval)" : "passed = \(interval)"
        let visitors: SQL = interval == 0
            ? "SELECT visitor FROM begun WHERE cohort = \(number)" : "SELECT visitor FROM returned WHERE cohort = \(number) AND \(wanted)"
        let wide = scope.widened(to: question.reach(scope.range, now: now))
        return try await VisitorList.page("retention.drill", of: wide, ctes: question.ctes(scope, wide), visitors: visitors)
    }

    /// The visitors of a cohort of `period` who were active so many days after their first one: those behind a cell of `RetentionReport`.
    /// - Throws: 400 where `cohort` is not the first day of a period.
    static func visitors(of cohort: String, _ period: RetentionPeriod, day: Int64, over scope: Scope, now: Instant) async throws -> VisitorList {
        try period.check(scope.range)
        let number = try period.number(ofCohort: cohort)
        let first = period.calendar.start(of: number).number, end = period.calendar.start(of: number + 1).number
        let question = RetentionQuestion(period: .daily, intervals: day), wide = scope.widened(to: question.reach(scope.range, now: now))
        return try await VisitorList.page("retention.days_drill", of: wide, ctes: question.ctes(scope, wide), visitors: """
            SELECT visitor FROM returned WHERE cohort >= \(first) AND cohort < \(end) AND passed = \(day)
            """)
    }
}

extension RetentionQuestion {
    /// As the grid's parameters put it.
    init(_ call: ProjectRequest) {
        self.init(
            period: RetentionPeriod(rawValue: call.text("period") ?? "") ?? .weekly,
            intervals: Int64(call.integer("intervals", default: Self.defaultIntervals)),
            mode: Mode(rawValue: call.text("mode") ?? "") ?? .first_time, variant: Variant(rawValue: call.text("variant") ?? "") ?? .on,
            beginning: call.text("event").map { Step(.event, $0) }, coming: call.text("return_event").map { Step(.event, $0) })
    }
}

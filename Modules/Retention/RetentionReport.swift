import Core
import Foundation

/// N-day retention: the share of a cohort's visitors who were active on the calendar day N days after their own first day.
struct RetentionReport: Encodable, Sendable {
    static let days: [Int64] = [1, 7, 14, 30, 60, 90]

    struct Cohort: Encodable, Sendable {
        let cohort: String
        let initialVisitors: Int64
        /// Visitors active on each day, in the order of `days`; nil until the day is over for everybody in the cohort.
        let returned: [Int64?]

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: MemberName.self)
            try container.encode(cohort, forKey: MemberName("cohort"))
            try container.encode(initialVisitors, forKey: MemberName("initial_visitors"))
            var intervals: [String: ConfidenceInterval?] = [:]
            for (day, visitors) in zip(RetentionReport.days, returned) {
                try container.encode(visitors.map { Rounded.percentage($0, of: initialVisitors) }, forKey: MemberName("D\(day)"))
                intervals["D\(day)"] = .some(visitors.map { ConfidenceInterval($0, of: initialVisitors) })
            }
            try container.encode(intervals, forKey: MemberName("confidence_intervals"))
        }
    }

    let period: String
    let cohorts: [Cohort]

    static let fields: [Schema.Field] = [
        .required("period", .choice(RetentionPeriod.names)),
        .required(
            "cohorts",
            .list(
                .object(
                    [.required("cohort", .text(10), "First day of the cohort's period."), .required("initial_visitors", .count)]
                        + days.map {
                            .required("D\($0)", .nullable(.number(0...100)), "Percentage of the cohort; null until the day is over.")
                        }
                        + [
                            .required(
                                "confidence_intervals", .object(days.map { .required("D\($0)", .nullable(ConfidenceInterval.schema)) }))
                        ]))),
    ]

    static func run(_ scope: Scope, _ period: RetentionPeriod, now: Instant) async throws -> RetentionReport {
        try period.check(scope.range)
        // Count by first day. Weekly and monthly cohorts are sums of daily ones.
        let question = RetentionQuestion(period: .daily, intervals: days.last!)
        let wanted = SQL.joined(days.map { SQL(sql: String($0)) })
        let rows = try await question.rows(
            "retention.days", over: scope, now: now,
            """
            SELECT cohort, 0 AS passed, count(*) AS visitors FROM begun GROUP BY cohort
            UNION ALL SELECT cohort, passed, count(*) AS visitors FROM returned WHERE passed IN (\(wanted)) GROUP BY cohort, passed
            """)
        let zone = scope.zone
        let cohorts = Dictionary(grouping: rows) { period.calendar.number(of: Day(number: $0.int("cohort"))) }
        return RetentionReport(
            period: period.rawValue,
            cohorts: cohorts.sorted { $0.key < $1.key }.map { number, rows in
                func visitors(after days: Int64) -> Int64 { rows.reduce(0) { $0 + ($1.int("passed") == days ? $1.int("visitors") : 0) } }
                let initial = visitors(after: 0), lastDay = Day(number: rows.map { $0.int("cohort") }.max()!)
                return Cohort(
                    cohort: period.calendar.start(of: number).description, initialVisitors: initial,
                    returned: days.map { days in lastDay.adding(days: days + 1).start(in: zone) <= now ? visitors(after: days) : nil })
            })
    }
}

import Core
import Foundation

/// N-day retention: the share of a cohort's visitors who were active on the calendar day N days after their own first day.
struct RetentionReport: Sendable {
    static let days: [Int64] = [1, 7, 14, 30, 60, 90]

    struct Cohort: Sendable {
        let cohort: String
        let initialVisitors: Int64
        /// Visitors active on each day, in the order of `days`; nil until the day is over for everybody in the cohort.
        let returned: [Int64?]

        static let shape: Shape<Cohort> = {
            let rates = days.enumerated().map { index, day -> Shape<Cohort>.Field in
                .required(
                    "D\(day)", { cohort in cohort.returned[index].map { Rounded.percentage($0, of: cohort.initialVisitors) } },
                    .nullable(.percentage), "Percentage of the cohort; null until the day is over.")
            }
            let intervals = days.enumerated().map { index, day -> Shape<Cohort>.Field in
                .required(
                    "D\(day)", { cohort in cohort.returned[index].map { ConfidenceInterval($0, of: cohort.initialVisitors) } },
                    .nullable(ConfidenceInterval.shape))
            }
            return Shape(
                [
                    .required("cohort", \.cohort, .text(10), "First day of the cohort's period."),
                    .required("initial_visitors", \.initialVisitors, .count),
                ] + rates + [.required("confidence_intervals", \.self, Shape(intervals))])
        }()
    }

    let period: String
    let cohorts: [Cohort]

    static let shape = Shape<RetentionReport>([
        .required("period", \.period, .choice(RetentionPeriod.names)), .required("cohorts", \.cohorts, .list(Cohort.shape)),
    ])

    static func run(_ scope: Scope, _ period: RetentionPeriod, now: Instant) async throws -> RetentionReport {
        try period.check(scope.range)
        // Count by first day. Weekly and monthly cohorts are sums of daily ones.
        let question = RetentionQuestion(period: .daily, intervals: days.last!)
        let wanted = SQL.joined(days.map { SQL(sql: String($0)) })
        let rows = try await question.rows(
            "retention.days", over: scope, now: now,
            [
                .tally("cohorts", by: ["cohort"], [.count("visitors")], from: "begun"),
                .tally("came_back", by: ["cohort", "passed"], [.count("visitors")], from: "returned WHERE passed IN (\(wanted))"),
            ],
            "SELECT cohort, 0 AS passed, visitors FROM cohorts UNION ALL SELECT cohort, passed, visitors FROM came_back")
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

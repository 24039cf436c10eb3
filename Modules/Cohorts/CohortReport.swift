import Core
import Foundation

/// Visitors grouped by the week or month of their first activity in the range. Every visitor with activity in the range is in exactly one
/// cohort, so the cohorts add up to the totals of the range.
struct CohortReport: Sendable {
    struct Cohort: Sendable {
        let period: String
        let numbers: CohortMetric.Numbers

        static let shape = Shape<Cohort>(
            [.required("period", \.period, .text(10), "The week's Monday, or the month, such as 2026-03.")]
                + CohortMetric.Numbers.shape.fields(of: \.numbers))
    }

    let groupBy: CalendarPeriod
    let metric: CohortMetric.Name
    let currency: String?
    let cohorts: [Cohort]

    static let shape = Shape<CohortReport>([
        .required("group_by", \.groupBy.rawValue, .choice(["week", "month"])), .required("metric", \.metric, .choice),
        .revenueCurrency(\.currency), .required("cohorts", \.cohorts, .list(Cohort.shape)),
    ])

    static func run(_ scope: Scope, by period: CalendarPeriod, _ metric: CohortMetric) async throws -> CohortReport {
        let rows = try await scope.rows(
            "cohorts.report",
            [
                .tally(
                    "counted", by: ["first_day"], [.count("visitors"), .sum("total", of: "amount")],
                    from: """
                        (SELECT \(TimeBuckets(.day, of: scope).number(of: "first_at")) AS first_day, amount
                        FROM (SELECT visitor, min(occurred_at) AS first_at, sum(amount) AS amount FROM (\(metric.marks)) marks GROUP BY visitor) visitors) starts
                        """)
            ],
            "SELECT first_day, visitors, CAST(total AS double precision) AS total FROM counted")
        let cohorts = Dictionary(grouping: rows) { period.number(of: Day(number: $0.int("first_day"))) }
        return CohortReport(
            groupBy: period, metric: metric.name, currency: metric.currency,
            cohorts: cohorts.sorted { $0.key < $1.key }.map { number, rows in
                let visitors = rows.reduce(0) { $0 + $1.int("visitors") }, amount = rows.reduce(0) { $0 + $1.double("total") }
                return Cohort(period: label(number, period), numbers: metric.numbers(amount, of: visitors))
            })
    }

    /// The name of a period: a month such as `2026-03`, or the Monday of a week.
    private static func label(_ number: Int64, _ period: CalendarPeriod) -> String {
        let day = period.start(of: number).description
        return period == .month ? String(day.dropLast(3)) : day
    }

    /// Returns one page of a cohort's visitors.
    /// - Throws: 400 if `name` is not the name of a period of that length.
    static func visitors(of name: String, by period: CalendarPeriod, _ scope: Scope) async throws -> VisitorList {
        guard case .day(let day)? = ISO8601.parse(period == .month ? name + "-01" : name), label(period.number(of: day), period) == name
        else {
            let example = period == .month ? "a month such as 2026-03" : "the Monday of a week such as 2026-03-02"
            throw ServiceError.parameter("period", "must be \(example); got '\(name.excerpt(60))'.")
        }
        let zone = scope.zone, number = period.number(of: day)
        let start = day.start(in: zone).milliseconds, end = period.start(of: number + 1).start(in: zone).milliseconds
        return try await VisitorList.page(
            "cohorts.drill", of: scope,
            visitors: """
                SELECT visitor FROM activity GROUP BY visitor HAVING min(occurred_at) >= \(start) AND min(occurred_at) < \(end)
                """)
    }
}

import Core
import Foundation

/// Cohorts, oldest first, and how many visitors of each cohort come back in each later interval.
struct RetentionGrid: Sendable {
    struct Cell: Sendable, Equatable {
        let interval: Int64
        let visitors: Int64
        /// `visitors` as a percentage of the cohort's visitors; nil until the interval is over.
        let rate: Double?
        let confidenceInterval: ConfidenceInterval?

        static let shape = Shape<Cell>([
            .required("interval", \.interval, .integer(1...Int64(RetentionQuestion.maximumIntervals))),
            .required("visitors", \.visitors, .count),
            .required("rate", \.rate, .nullable(.percentage), "Percentage of the cohort; null until the interval is over."),
            .required("confidence_interval", \.confidenceInterval, .nullable(ConfidenceInterval.shape)),
        ])

        init(interval: Int64, visitors: Int64, of initial: Int64, isOver: Bool) {
            self.interval = interval
            self.visitors = visitors
            rate = isOver ? Rounded.percentage(visitors, of: initial) : nil
            confidenceInterval = isOver ? ConfidenceInterval(visitors, of: initial) : nil
        }
    }

    struct Cohort: Sendable {
        let cohort: String
        let initialVisitors: Int64
        let intervals: [Cell]

        static let shape = Shape<Cohort>([
            .required("cohort", \.cohort, .text(10), "First day of the cohort's period."),
            .required("initial_visitors", \.initialVisitors, .count), .required("intervals", \.intervals, .list(Cell.shape)),
        ])
    }

    let period: String
    let cohorts: [Cohort]
    /// For each interval, the average over the cohorts for which it is over, weighted by their number of visitors.
    let average: [Cell]

    static let shape = Shape<RetentionGrid>([
        .required("period", \.period, .choice(RetentionPeriod.names)), .required("cohorts", \.cohorts, .list(Cohort.shape)),
        .required("average", \.average, .list(Cell.shape), "Weighted average over the cohorts for which the interval is over."),
    ])

    /// The counts of one cohort. `visitors` has the number of visitors by interval; interval 0 is the whole cohort.
    private struct Counted {
        var visitors: [Int64: Int64] = [:]
        /// When the last visitor of the cohort started, in epoch milliseconds; set only for the `rolling` variant.
        var latest: Int64 = 0
    }

    static func run(_ question: RetentionQuestion, over scope: Scope, now: Instant) async throws -> RetentionGrid {
        try question.period.check(scope.range)
        var counted: [Int64: Counted] = [:]
        for row in try await question.counts("retention.grid", over: scope, now: now) {
            counted[row.int("cohort"), default: Counted()].visitors[row.int("passed")] = row.int("visitors")
            if question.variant == .rolling, row.int("passed") == 0 { counted[row.int("cohort")]?.latest = row.int("latest") }
        }
        let zone = scope.zone
        var sums = (1...question.intervals).map { _ in (visitors: Int64(0), initial: Int64(0)) }
        let cohorts = counted.sorted { $0.key < $1.key }.map { number, cohort in
            let initial = cohort.visitors[0] ?? 0
            let cells = (1...question.intervals).map { interval in
                let visitors =
                    question.variant == .unbounded
                    ? cohort.visitors.reduce(0) { $0 + ($1.key >= interval ? $1.value : 0) } : cohort.visitors[interval] ?? 0
                let isOver = question.end(of: interval, cohort: number, latest: Instant(milliseconds: cohort.latest), in: zone) <= now
                if isOver {
                    sums[Int(interval) - 1].visitors += visitors
                    sums[Int(interval) - 1].initial += initial
                }
                return Cell(interval: interval, visitors: visitors, of: initial, isOver: isOver)
            }
            return Cohort(cohort: question.period.calendar.start(of: number).description, initialVisitors: initial, intervals: cells)
        }
        return RetentionGrid(
            period: question.period.rawValue, cohorts: cohorts,
            average: sums.enumerated().map { Cell(interval: Int64($0) + 1, visitors: $1.visitors, of: $1.initial, isOver: $1.initial > 0) })
    }
}

extension RetentionQuestion {
    /// Returns the instant at which an interval is over for everybody in a cohort.
    fileprivate func end(of interval: Int64, cohort: Int64, latest: Instant, in zone: TimeZone) -> Instant {
        variant == .rolling
            ? latest.adding(milliseconds: period.windowMilliseconds * (interval + 1))
            : period.calendar.start(of: cohort + interval + 1).start(in: zone)
    }
}

import Core
import Foundation

/// Cohorts, oldest first, and how many visitors of each cohort come back in each later interval.
struct RetentionGrid: Encodable, Sendable {
    struct Cell: Encodable, Sendable, Equatable {
        let interval: Int64
        let visitors: Int64
        /// `visitors` as a percentage of the cohort's visitors; nil until the interval is over.
        let rate: Double?
        let confidenceInterval: ConfidenceInterval?

        enum CodingKeys: String, CodingKey {
            case interval, visitors, rate
            case confidenceInterval = "confidence_interval"
        }

        init(interval: Int64, visitors: Int64, of initial: Int64, isOver: Bool) {
            self.interval = interval
            self.visitors = visitors
            rate = isOver ? Rounded.percentage(visitors, of: initial) : nil
            confidenceInterval = isOver ? ConfidenceInterval(visitors, of: initial) : nil
        }

        // Writes null for nil, instead of leaving the member out.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(interval, forKey: .interval)
            try container.encode(visitors, forKey: .visitors)
            try container.encode(rate, forKey: .rate)
            try container.encode(confidenceInterval, forKey: .confidenceInterval)
        }
    }

    struct Cohort: Encodable, Sendable {
        let cohort: String
        let initialVisitors: Int64
        let intervals: [Cell]

        enum CodingKeys: String, CodingKey {
            case cohort, intervals
            case initialVisitors = "initial_visitors"
        }
    }

    let period: String
    let cohorts: [Cohort]
    /// For each interval, the average over the cohorts for which it is over, weighted by their number of visitors.
    let average: [Cell]

    static let fields: [Schema.Field] = {
        let cells = Schema.list(
            .object([
                .required("interval", .integer(1...Int64(RetentionQuestion.maximumIntervals))), .required("visitors", .count),
                .required("rate", .nullable(.number(0...100)), "Percentage of the cohort; null until the interval is over."),
                .required("confidence_interval", .nullable(ConfidenceInterval.schema)),
            ]))
        return [
            .required("period", .choice(RetentionPeriod.names)),
            .required(
                "cohorts",
                .list(
                    .object([
                        .required("cohort", .text(10), "First day of the cohort's period."), .required("initial_visitors", .count),
                        .required("intervals", cells),
                    ]))),
            .required("average", cells, "Weighted average over the cohorts for which the interval is over."),
        ]
    }()

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

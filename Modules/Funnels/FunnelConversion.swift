import Core

/// The numbers of a funnel, for all its visitors or for one value of a breakdown.
struct FunnelConversion: Sendable {
    /// The median and 90th percentile of the seconds that visitors took to get this far.
    struct Duration: Sendable {
        let median: Double, p90: Double

        static let shape = Shape<Duration>([.required("median", \.median, .seconds), .required("p90", \.p90, .seconds)])

        /// Nil when nobody got this far.
        init?(_ row: Row, _ suffix: String) {
            guard let median = row["median_\(suffix)"].double, let p90 = row["p90_\(suffix)"].double else { return nil }
            self.median = median / 1_000
            self.p90 = p90 / 1_000
        }
    }

    struct Step: Sendable {
        let label: String
        let visitors: Int64
        /// Visitors who reached the previous step but not this one.
        let dropOff: Int64
        /// Visitors who reached this step, as a percentage of those who reached the previous step.
        let conversionRate: Double
        /// The confidence interval of the conversion rate; nil for the first step, whose rate is always 100.
        let confidenceInterval: ConfidenceInterval?
        /// The time from the previous step; nil for the first step, and when nobody reached this one.
        let timeToConvert: Duration?

        static let shape = Shape<Step>([
            .required("label", \.label, .text(2_048)), .required("visitors", \.visitors, .count), .required("drop_off", \.dropOff, .count),
            .required("conversion_rate", \.conversionRate, .percentage),
            .optional("confidence_interval", \.confidenceInterval, ConfidenceInterval.shape),
            .optional("time_to_convert", \.timeToConvert, Duration.shape, "Seconds from the previous step."),
        ])
    }

    let steps: [Step]
    /// Visitors who reached the last step, as a percentage of those who reached the first.
    let overallConversion: Double
    let confidenceInterval: ConfidenceInterval
    /// The time from the first step to the last; nil when nobody reached the last step.
    let timeToConvert: Duration?

    static let shape = Shape<FunnelConversion>([
        .required("steps", \.steps, .list(Step.shape)), .required("overall_conversion", \.overallConversion, .percentage),
        .required("confidence_interval", \.confidenceInterval, ConfidenceInterval.shape),
        .optional("time_to_convert", \.timeToConvert, Duration.shape, "Seconds from the first step to the last."),
    ])

    /// The aggregates over `journeys` that `init(_:of:)` reads.
    static func columns(of funnel: Funnel, _ scope: Scope) -> SQL {
        func time(_ step: Int) -> SQL { scope.milliseconds(at: SQL(sql: "step_\(step)")) }
        func duration(_ suffix: String, _ milliseconds: SQL) -> [SQL] {
            zip(["median", "p90"], scope.dialect.nearestRanks([50, 90], of: milliseconds)).map { "\($1) AS \(sql: "\($0)_\(suffix)")" }
        }
        let last = funnel.steps.count
        return SQL.joined(
            (1...last).map { "count(step_\(sql: "\($0)")) AS visitors_\(sql: "\($0)")" as SQL }
                + (2...last).flatMap { duration("\($0)", "\(time($0)) - \(time($0 - 1))") }
                + duration("overall", "\(time(last)) - \(scope.milliseconds(at: "begun"))"))
    }

    init(_ row: Row, of funnel: Funnel) {
        let visitors = (1...funnel.steps.count).map { row.int("visitors_\($0)") }
        steps = funnel.labels.enumerated().map { index, label in
            guard index > 0 else {
                return Step(
                    label: label, visitors: visitors[0], dropOff: 0, conversionRate: 100, confidenceInterval: nil, timeToConvert: nil)
            }
            let before = visitors[index - 1], here = visitors[index]
            return Step(
                label: label, visitors: here, dropOff: before - here, conversionRate: Rounded.percentage(here, of: before),
                confidenceInterval: ConfidenceInterval(here, of: before), timeToConvert: Duration(row, "\(index + 1)"))
        }
        overallConversion = Rounded.percentage(visitors[visitors.count - 1], of: visitors[0])
        confidenceInterval = ConfidenceInterval(visitors[visitors.count - 1], of: visitors[0])
        timeToConvert = Duration(row, "overall")
    }
}

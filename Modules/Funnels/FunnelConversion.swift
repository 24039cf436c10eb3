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

    /// The times that a report shows: to each step from the one before it, and from the first step to the last.
    private static func spans(of funnel: Funnel) -> [(suffix: String, start: String, end: String)] {
        let last = funnel.steps.count
        let steps = (2...last).map { (suffix: "\($0)", start: "step_\($0 - 1)", end: "step_\($0)") }
        return steps + [(suffix: "overall", start: "begun", end: "step_\(last)")]
    }

    /// The CTE that `parts` read, with one row per visitor who did step 1: the milliseconds of each span in `took_2`, `took_3` ... and
    /// `took_overall`; null if the visitor didn't get to its end.
    /// - Parameters:
    ///   - journeys: the text after `FROM`, which reads `journeys`.
    ///   - line: for a breakdown, the column with the visitor's value.
    static func timed(_ funnel: Funnel, from journeys: SQL, by line: SQL? = nil, _ scope: Scope) -> SQL {
        let times = spans(of: funnel).map { span -> SQL in
            let start = scope.milliseconds(at: SQL(sql: span.start)), end = scope.milliseconds(at: SQL(sql: span.end))
            return "\(end) - \(start) AS took_\(sql: span.suffix)"
        }
        let lines: [SQL] = line.map { ["\($0) AS line"] } ?? []
        // It is read once for each span, and the journeys may be costly to find.
        return "timed AS MATERIALIZED (SELECT \(SQL.joined(lines + times)) FROM \(journeys))"
    }

    /// The parts that count visitors and times: `reached` and `taken`.
    /// - Parameter isBrokenDown: whether they count by `line`.
    static func parts(of funnel: Funnel, isBrokenDown: Bool = false) -> [ReportPart] {
        let keys: [ReportPart.Key] = isBrokenDown ? ["line"] : []
        // A visitor who got to a step has a time for it.
        let later = (2...funnel.steps.count).map { Measure.count("visitors_\($0)", where: "took_\(sql: "\($0)") IS NOT NULL") }
        let times = spans(of: funnel).enumerated().map { number, span -> SQL in
            let took = SQL(sql: "took_\(span.suffix)"), line: SQL = isBrokenDown ? "line, " : ""
            return "SELECT \(line)\(sql: "\(number)") AS span, \(took) AS took FROM timed WHERE \(took) IS NOT NULL"
        }
        return [
            .tally("reached", by: keys, [Measure.count("visitors_1")] + later, from: "timed"),
            .percentiles(
                "taken", by: keys + ["span"], [50, 90], of: "took", from: "(\(SQL.joined(times, separator: " UNION ALL "))) spans"),
        ]
    }

    /// The columns of `reached` that `init(_:of:)` reads. The query must group by them.
    static func counts(of funnel: Funnel) -> SQL { SQL.joined((1...funnel.steps.count).map { SQL(sql: "visitors_\($0)") }) }

    /// The aggregates over `taken` that `init(_:of:)` reads.
    static func durations(of funnel: Funnel) -> SQL {
        SQL.joined(
            spans(of: funnel).enumerated().flatMap { number, span in
                [("p50", "median"), ("p90", "p90")].map { column, name in
                    SQL(sql: "min(\(column)) FILTER (WHERE span = \(number)) AS \(name)_\(span.suffix)")
                }
            })
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

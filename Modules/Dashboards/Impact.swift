import Core

/// Compares a metric before and after a point in time, over windows of equal length.
struct Impact: Sendable {
    enum Metric: String, Sendable, CaseIterable { case pageviews, visitors, sessions, events, errors }

    let metric: Metric
    let splitAt: Instant
    let windowDays: Int64
    let before: Int64, after: Int64, change: Int64
    /// The change as a percentage of `before`; nil if `before` is 0.
    let changePercent: Double?
    /// The probability of a difference this large between the days before and after if nothing had changed. Nil for windows of one day, and
    /// if all days within each window are equal.
    /// - Source: Welch's t-test.
    let pValue: Double?
    /// Whether `pValue` is below 0.05.
    let significant: Bool

    static let shape = Shape<Impact>([
        .required("metric", \.metric, .choice), .required("split_at", \.splitAt, .timestamp),
        .required("window_days", \.windowDays, .count), .required("before", \.before, .count), .required("after", \.after, .count),
        .required("change", \.change, .integer(.min ... .max)),
        .required("change_percent", \.changePercent, .nullable(.number(-100...1e15))),
        .required("p_value", \.pValue, .nullable(.number(0...1))), .required("significant", \.significant, .boolean),
    ])

    static let body = Schema.object([
        .required("metric", .choice(Metric.allCases.map(\.rawValue))),
        .optional("event_name", .text(200), "With metric events: count only events with this name."),
        .required("split_at", .timestamp),
        .required("window_days", .integer(1...365), "Days to compare before split_at, and as many after it."),
        .optional("filter", .text(16_384)), .optional("segment_id", .text(40)),
    ])

    struct Question: Sendable {
        let metric: Metric
        let event: String?
        let split: Instant
        let days: Int64

        /// - Throws: 400 if `event_name` is given for a metric other than `events`, or if `split_at` is invalid.
        init(_ body: JSON) throws {
            metric = Metric(rawValue: body["metric"]?.string ?? "") ?? .pageviews
            event = body["event_name"]?.string
            days = body["window_days"]?.integer ?? 1
            guard event == nil || metric == .events else {
                throw ServiceError.body(field: "event_name", "is accepted only with metric 'events'; got metric '\(metric.rawValue)'.")
            }
            guard let parsed = ISO8601.parse(body["split_at"]?.string ?? "") else {
                throw ServiceError.body(field: "split_at", "must be an ISO 8601 date or timestamp.")
            }
            split = parsed.utc
        }

        var range: TimeRange { TimeRange(start: split.adding(days: -days), end: split.adding(days: days)) }
    }

    static func run(_ question: Question, _ scope: Scope) async throws -> Impact {
        let scope = scope.over(question.range), days = question.days
        let source: SQL =
            switch question.metric {
            case .pageviews: "pageviews"
            case .visitors, .sessions: "activity"
            case .events: question.event.map { "(SELECT * FROM events WHERE name = \($0)) named" } ?? "events"
            case .errors: "error_tracking_errors"
            }
        let day = scope.dialect.quotient("occurred_at - \(question.range.start.milliseconds)", "86400000")
        func counted(_ name: String, by column: String, groups: Int64) -> ReportPart {
            let key = ReportPart.Key(stringLiteral: column)
            return switch question.metric {
            case .pageviews, .events, .errors: .tally(name, by: [key], [.count("n")], from: "dated")
            case .visitors: .tally(name, by: [key], [.visitors("n")], from: "dated", groups: groups)
            case .sessions:
                .tally(
                    name, by: [key], [.count("n")], from: "(SELECT DISTINCT \(sql: column), visitor, session_at FROM dated) per_session")
            }
        }
        let rows = try await scope.rows(
            "dashboards.impact",
            with: """
                dated AS (
                  SELECT visitor, session_at, \(day) AS day, CASE WHEN occurred_at < \(question.split.milliseconds) THEN 0 ELSE 1 END AS half
                  FROM \(source))
                """,
            [counted("by_day", by: "day", groups: days * 2), counted("by_half", by: "half", groups: 2)],
            "SELECT day, -1 AS half, n FROM by_day UNION ALL SELECT -1, half, n FROM by_half")
        var daily = [Double](repeating: 0, count: Int(days) * 2), halves: [Int64] = [0, 0]
        for row in rows {
            if row.int("half") < 0 { daily[Int(row.int("day"))] = row.double("n") } else { halves[Int(row.int("half"))] = row.int("n") }
        }
        let p = Statistics.welch(Array(daily[..<Int(days)]), Array(daily[Int(days)...]))
        let change = halves[1] - halves[0]
        return Impact(
            metric: question.metric, splitAt: question.split, windowDays: days, before: halves[0], after: halves[1],
            change: change,
            changePercent: Rounded.change(change, from: halves[0]), pValue: p.map(Rounded.fourDecimals),
            significant: (p ?? 1) < 0.05)
    }
}

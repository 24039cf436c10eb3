import Core

/// The paths from a start page to an end page within a session. A path ends with the first view of the end page after a view of the start
/// page, and begins with the last view of the start page before that. A session has at most one path.
struct PathsBetween: Sendable {
    struct Way: Sendable {
        /// The pages of the path, including start and end.
        let pages: [String]
        let visitors: Int64
        let sessions: Int64
        /// Sessions with this path, as a percentage of all sessions with a path from start to end.
        let percentage: Double
        let confidenceInterval: ConfidenceInterval
        /// The number of moves from page to page, one less than the number of pages.
        let steps: Int64
        let medianSeconds: Double

        static let shape = Shape<Way>([
            .required("pages", \.pages, .list(.optionalText(2_048))), .required("visitors", \.visitors, .count),
            .required("sessions", \.sessions, .count), .required("percentage", \.percentage, .percentage),
            .required("confidence_interval", \.confidenceInterval, ConfidenceInterval.shape),
            .required("steps", \.steps, .integer(1...Int64(maximumSteps))), .required("median_seconds", \.medianSeconds, .number(0...1e9)),
        ])
    }

    let start: String
    let end: String
    let visitors: Int64
    let sessions: Int64
    let averageSteps: Double
    /// The median duration of all paths, in seconds; nil if no session has a path.
    let medianSeconds: Double?
    let ways: [Way]

    /// The maximum number of moves in a listed path. Longer paths count only in the totals.
    static let maximumSteps = 50
    private static let separator = "\u{1F}"

    static let shape = Shape<PathsBetween>([
        .required("start", \.start, .text(2_048)), .required("end", \.end, .text(2_048)), .required("visitors", \.visitors, .count),
        .required("sessions", \.sessions, .count), .required("average_steps", \.averageSteps, .number(0...1e9)),
        .optional("median_seconds", \.medianSeconds, .number(0...1e9), "Absent if no session has a path from start to end."),
        .required("ways", \.ways, .list(Way.shape)),
    ])

    static func run(_ scope: Scope, from start: String, to end: String) async throws -> PathsBetween {
        let listed: SQL = "ways WHERE steps <= \(maximumSteps)"
        let rows = try await scope.rows(
            "paths.between", with: ctes(scope, from: start, to: end),
            [
                .tally("counted", by: ["way", "steps"], [.count("sessions"), .visitors("visitors")], from: listed),
                .percentiles("medians", by: ["way", "steps"], [50], of: "took", from: listed),
                .tally(
                    "totals", [.count("all_sessions"), .visitors("all_visitors"), .sum("all_steps", of: "steps")], from: "ways"),
                .percentiles("median", [50], of: "took", from: "ways"),
            ],
            continues: true,
            """
            top AS (SELECT way, steps, sessions, visitors FROM counted ORDER BY sessions DESC, steps, way LIMIT \(scope.limit))
            SELECT all_sessions, all_visitors, coalesce(all_steps, 0) AS all_steps, median.p50 AS all_took,
              top.way, top.steps, sessions, visitors, medians.p50 AS took
            FROM totals CROSS JOIN median LEFT JOIN top ON TRUE LEFT JOIN medians ON medians.way = top.way AND medians.steps = top.steps
            ORDER BY sessions DESC, top.steps, top.way
            """)
        let totals = rows[0], sessions = totals.int("all_sessions")
        return PathsBetween(
            start: start, end: end, visitors: totals.int("all_visitors"), sessions: sessions,
            averageSteps: Rounded.average(totals.int("all_steps"), over: sessions),
            medianSeconds: sessions == 0 ? nil : Rounded.seconds(totals.int("all_took"), over: 1),
            ways: rows.compactMap { row in
                row.optionalText("way").map { way in
                    Way(
                        pages: way.split(separator: separator, omittingEmptySubsequences: false).map(String.init),
                        visitors: row.int("visitors"),
                        sessions: row.int("sessions"), percentage: Rounded.percentage(row.int("sessions"), of: sessions),
                        confidenceInterval: ConfidenceInterval(row.int("sessions"), of: sessions), steps: row.int("steps"),
                        medianSeconds: Rounded.seconds(row.int("took"), over: 1))
                }
            })
    }

    /// Returns the visitors who took a path from start to end.
    /// - Parameter pages: the pages of one path, including start and end; nil for all paths.
    static func visitors(_ scope: Scope, from start: String, to end: String, pages: [String]?) async throws -> VisitorList {
        let chosen: SQL = pages.map { "way = \($0.joined(separator: separator))" } ?? "TRUE"
        return try await VisitorList.page(
            "paths.between_drill", of: scope, ctes: ctes(scope, from: start, to: end),
            visitors: "SELECT DISTINCT visitor FROM ways WHERE \(chosen)")
    }

    /// CTEs ending with `ways`: one row for each session with a path. Columns: `visitor`, `steps`, `took` (the duration in milliseconds)
    /// and `way` (the pages, joined by `separator`).
    private static func ctes(_ scope: Scope, from start: String, to end: String) -> SQL {
        let dialect = scope.dialect
        let isStart: SQL = "is_chosen AND \(Step(.pageview, start).condition(dialect))", isEnd = Step(.pageview, end).condition(dialect)
        return """
            \(Moves.ctes(scope)),
            picked AS MATERIALIZED (
              SELECT visitor, session_at FROM moves WHERE (\(isStart)) OR (\(isEnd)) GROUP BY visitor, session_at
              HAVING min(position) FILTER (WHERE \(isStart)) < max(position) FILTER (WHERE \(isEnd))),
            done AS MATERIALIZED (
              SELECT visitor, session_at, position, occurred_at, path, (\(isEnd)) AS is_end,
                max(CASE WHEN \(isStart) THEN position END) OVER (
                  PARTITION BY visitor, session_at ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS left_at
              FROM moves WHERE (visitor, session_at) IN (SELECT visitor, session_at FROM picked)),
            reached AS MATERIALIZED (
              SELECT visitor, session_at, min(position) AS reached_at, \(dialect.first("left_at", by: "position")) AS left_at
              FROM done WHERE is_end AND left_at IS NOT NULL GROUP BY visitor, session_at),
            ways AS MATERIALIZED (
              SELECT done.visitor, count(*) - 1 AS steps, max(occurred_at) - min(occurred_at) AS took,
                string_agg(path, \(separator) ORDER BY position) AS way
              FROM done JOIN reached ON reached.visitor = done.visitor AND reached.session_at = done.session_at
              WHERE position >= reached.left_at AND position <= reached_at GROUP BY done.visitor, done.session_at)
            """
    }
}

import Core

/// The six key figures of a range.
struct Overview: Sendable {
    let pageviews: Int64
    let visitors: Int64
    let sessions: Int64
    /// Sessions with exactly one pageview, as a percentage of all sessions.
    let bounceRate: Double
    /// Average seconds from the first to the last activity of a session. A session with a single activity counts as 0.
    let avgDuration: Double
    let events: Int64

    static let shape = Shape<Overview>([
        .required("pageviews", \.pageviews, .count), .required("visitors", \.visitors, .count), .required("sessions", \.sessions, .count),
        .required("bounce_rate", \.bounceRate, .percentage), .required("avg_duration", \.avgDuration, .seconds),
        .required("events", \.events, .count),
    ])

    /// Counts each session with activity in the range, with what it did inside the range.
    static func run(_ scope: Scope) async throws -> Overview {
        let rows = try await scope.rows(
            "core.overview", with: try await scope.flagged(),
            [
                .tally(
                    "regular",
                    [
                        .sum("pageviews", of: "times", where: "kind = 0 AND is_chosen"),
                        .sum("events", of: "times", where: "kind = 1 AND is_chosen"),
                        .visitors("visitors", where: "is_chosen AND (seq = 1 OR is_irregular)"),
                        .sum("sessions", of: "times", where: "seq = 1 AND NOT is_irregular"),
                        .sum(
                            "bounces", of: "CASE pageview_no WHEN 1 THEN times ELSE -times END",
                            where: "kind = 0 AND pageview_no <= 2 AND NOT is_irregular"),
                        .sum("duration", of: "gap * times", where: "NOT is_irregular"),
                    ], from: "flagged"),
                .tally(
                    "irregular",
                    [.count("sessions"), .count("bounces", where: "pageviews = 1"), .sum("duration", of: "duration")],
                    from: """
                        (SELECT count(*) FILTER (WHERE kind = 0) AS pageviews, max(occurred_at) - min(occurred_at) AS duration
                        FROM flagged WHERE is_irregular GROUP BY visitor, session_at HAVING bool_or(is_chosen)) per_session
                        """),
            ],
            """
            SELECT coalesce(regular.pageviews, 0) AS pageviews, coalesce(regular.events, 0) AS events, regular.visitors,
              coalesce(regular.sessions, 0) + irregular.sessions AS sessions, coalesce(regular.bounces, 0) + irregular.bounces AS bounces,
              coalesce(regular.duration, 0) + coalesce(irregular.duration, 0) AS duration
            FROM regular, irregular
            """)
        let row = rows[0], sessions = row.int("sessions")
        return Overview(
            pageviews: row.int("pageviews"), visitors: row.int("visitors"), sessions: sessions,
            bounceRate: Rounded.percentage(row.int("bounces"), of: sessions),
            avgDuration: Rounded.seconds(row.int("duration"), over: sessions), events: row.int("events"))
    }
}

import Core

/// The pages on which sessions begin, or on which they end.
struct EntryExitPages: Sendable {
    enum End: Sendable { case entry, exit }

    struct Page: Sendable {
        let path: String
        let sessions: Int64
        /// For entry pages, the percentage of sessions without a second pageview; for exit pages, exits as a percentage of the page's
        /// views.
        let rate: Double
    }

    let data: [Page]
    let total: Int64

    static func shape(_ end: End) -> Shape<EntryExitPages> {
        let page = Shape<Page>([
            .required("path", \.path, .text(2_048)), .required("sessions", \.sessions, .count),
            .required(end == .entry ? "bounce_rate" : "exit_rate", \.rate, .percentage),
        ])
        return Shape([.required("data", \.data, .list(page)), .required("total", \.total, .count)])
    }

    /// Counts regular sessions row by row, without grouping by session: an entry isn't a bounce if a second pageview came from the page,
    /// and a view is an exit if no later pageview came from it. For irregular sessions, all views are numbered first.
    static func run(_ scope: Scope, _ end: End) async throws -> EntryExitPages {
        let regular: SQL =
            switch end {
            case .entry:
                """
                SELECT path, times AS n, times AS of FROM flagged WHERE NOT is_irregular AND kind = 0 AND pageview_no = 1
                UNION ALL SELECT from_path, 0, -times FROM flagged WHERE NOT is_irregular AND kind = 0 AND pageview_no = 2
                """
            case .exit:
                """
                SELECT path, times AS n, times AS of FROM flagged WHERE NOT is_irregular AND kind = 0
                UNION ALL SELECT from_path, -times, 0 FROM flagged WHERE NOT is_irregular AND kind = 0 AND pageview_no > 1
                """
            }
        let others: SQL =
            switch end {
            case .entry: "SELECT path, 1, CASE WHEN last_no = 1 THEN 1 ELSE 0 END FROM ends WHERE view_no = 1 AND is_matched"
            case .exit: "SELECT path, CASE WHEN view_no = last_no THEN 1 ELSE 0 END, 1 FROM ends WHERE is_matched"
            }
        let rows = try await scope.rows(
            "core.entry_exit_pages",
            with: """
                \(try await scope.flagged()),
                \(Pages.views(of: "flagged")),
                matched_sessions AS NOT MATERIALIZED (
                  SELECT visitor, session_at FROM flagged WHERE is_irregular GROUP BY visitor, session_at HAVING bool_or(is_chosen)),
                ends AS NOT MATERIALIZED (
                  SELECT path, view_no, max(view_no) OVER (PARTITION BY visitor, session_at) AS last_no,
                    (visitor, session_at) IN (SELECT visitor, session_at FROM matched_sessions) AS is_matched
                  FROM irregular_views)
                """,
            [
                .tally(
                    "counted", by: ["path"], [.sum("sessions", of: "n"), .sum("of", of: "of")],
                    from: "(\(regular) UNION ALL \(others)) both_kinds")
            ],
            continues: true,
            """
            listed AS (SELECT path, sessions, of, count(*) OVER () AS total FROM counted WHERE sessions > 0)
            SELECT path, sessions, of, total FROM listed ORDER BY sessions DESC, path LIMIT \(scope.limit) OFFSET \(scope.offset)
            """)
        return EntryExitPages(
            data: rows.map { row in
                let sessions = row.int("sessions"), other = row.int("of")
                return Page(
                    path: row.text("path"), sessions: sessions,
                    rate: end == .entry ? Rounded.percentage(other, of: sessions) : Rounded.percentage(sessions, of: other))
            },
            total: rows.first?.int("total") ?? 0)
    }
}

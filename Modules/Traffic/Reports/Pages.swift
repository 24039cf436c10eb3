import Core

/// Pages, most viewed first.
struct Pages: Sendable {
    struct Page: Sendable {
        let path: String
        let views: Int64
        let uniqueViews: Int64
        /// Average seconds from a view to the session's next view, or to its last activity.
        let avgDuration: Double

        static let shape = Shape<Page>([
            .required("path", \.path, .text(2_048)), .required("views", \.views, .count), .required("unique_views", \.uniqueViews, .count),
            .required("avg_duration", \.avgDuration, .seconds),
        ])
    }

    let data: [Page]
    /// The number of pages, regardless of limit and offset.
    let total: Int64

    static let shape = Shape<Pages>([.required("data", \.data, .list(Page.shape)), .required("total", \.total, .count)])

    static func run(_ scope: Scope) async throws -> Pages {
        let counted = try await scope.rows(
            "core.top_pages", [.tally("counted", by: ["path"], [.count("views")], from: "pageviews")], continues: true,
            """
            listed AS (SELECT path, views, count(*) OVER () AS total FROM counted)
            SELECT path, total FROM listed ORDER BY views DESC, path LIMIT \(scope.limit) OFFSET \(scope.offset)
            """)
        // If the offset is beyond the end of the list, no row contains the total.
        guard let first = counted.first else { return Pages(data: [], total: try await Self.total(scope)) }
        // Visitors and durations are only needed for the pages of the list.
        let paths = counted.map { $0.text("path") }
        let rows = try await scope.rows(
            "core.pages", with: "\(try await scope.flagged()), \(Self.views(of: "flagged"))",
            [
                .tally(
                    "visited", by: ["path"], [.count("views"), .visitors("visitors")], from: "pageviews WHERE path IN \(list: paths)",
                    groups: Int64(paths.count)),
                .tally(
                    "spent", by: ["path"], [.sum("duration", of: "duration")],
                    from: """
                        (SELECT from_path AS path, gap * times AS duration FROM flagged
                          WHERE NOT is_irregular AND gap > 0 AND from_path IN \(list: paths)
                        UNION ALL SELECT path, duration FROM irregular_views WHERE is_chosen AND path IN \(list: paths)) both_kinds
                        """),
            ],
            """
            SELECT visited.path, views, visitors, coalesce(duration, 0) AS duration FROM visited LEFT JOIN spent ON spent.path = visited.path
            ORDER BY views DESC, visited.path
            """)
        return Pages(
            data: rows.map {
                Page(
                    path: $0.text("path"), views: $0.int("views"), uniqueViews: $0.int("visitors"),
                    avgDuration: Rounded.seconds($0.int("duration"), over: $0.int("views")))
            },
            total: first.int("total"))
    }

    private static func total(_ scope: Scope) async throws -> Int64 {
        guard scope.offset > 0 else { return 0 }
        return try await scope.rows(
            "core.pages_total", [.tally("known", by: ["path"], [], from: "pageviews")], "SELECT count(*) AS n FROM known")[0].int("n")
    }

    /// CTEs ending with `irregular_views`: one row for each pageview of the irregular sessions in `rows`, with `visitor`, `session_at`,
    /// `view_no` (its number in the session), `path`, `is_chosen` and `duration`, the milliseconds until the next pageview or the
    /// session's last activity.
    static func views(of rows: SQL) -> SQL {
        """
        numbered AS NOT MATERIALIZED (
          SELECT visitor, session_at, kind, path, is_chosen, occurred_at,
            count(*) FILTER (WHERE kind = 0) OVER (
              PARTITION BY visitor, session_at ORDER BY occurred_at, \(Activity.order) ROWS UNBOUNDED PRECEDING) AS view_no,
            lead(occurred_at) OVER (
              PARTITION BY visitor, session_at ORDER BY occurred_at, \(Activity.order)) AS next_at
          FROM \(rows) WHERE is_irregular),
        irregular_views AS NOT MATERIALIZED (
          SELECT visitor, session_at, view_no, max(CASE WHEN kind = 0 THEN path END) AS path,
            bool_or(kind = 0 AND is_chosen) AS is_chosen, sum(coalesce(next_at, occurred_at) - occurred_at) AS duration
          FROM numbered WHERE view_no > 0 GROUP BY visitor, session_at, view_no)
        """
    }
}

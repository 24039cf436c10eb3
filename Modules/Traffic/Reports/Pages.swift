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
        let flagged = try await scope.flagged(), visitors = try await scope.visitorCount()
        let rows = try await scope.rows(
            "core.pages", continues: true,
            """
            counted AS (SELECT path, count(*) AS views, count(*) OVER () AS total FROM pageviews GROUP BY path),
            top AS MATERIALIZED (SELECT * FROM counted ORDER BY views DESC, path LIMIT \(scope.limit) OFFSET \(scope.offset)),
            visited AS (
              SELECT path, \(visitors.distinct(groups: Int64(scope.limit))) AS visitors FROM pageviews
              WHERE path IN (SELECT path FROM top) GROUP BY path),
            \(flagged),
            \(Self.views(of: "flagged")),
            spent AS (
              SELECT path, sum(duration) AS duration FROM (
                SELECT from_path AS path, sum(gap * times) AS duration FROM flagged
                WHERE NOT is_irregular AND gap > 0 AND from_path IN (SELECT path FROM top) GROUP BY from_path
                UNION ALL
                SELECT path, sum(duration) AS duration FROM irregular_views WHERE is_chosen GROUP BY path) both_kinds
              GROUP BY path)
            SELECT top.path, views, total, visitors, coalesce(duration, 0) AS duration
            FROM top LEFT JOIN visited ON visited.path = top.path LEFT JOIN spent ON spent.path = top.path
            ORDER BY views DESC, top.path
            """)
        // If the offset is beyond the end of the list, no row contains the total.
        let total = rows.isEmpty ? try await Self.total(scope) : rows[0].int("total")
        return Pages(
            data: rows.map {
                Page(
                    path: $0.text("path"), views: $0.int("views"), uniqueViews: $0.int("visitors"),
                    avgDuration: Rounded.seconds($0.int("duration"), over: $0.int("views")))
            },
            total: total)
    }

    private static func total(_ scope: Scope) async throws -> Int64 {
        guard scope.offset > 0 else { return 0 }
        return try await scope.rows("core.pages_total", "SELECT count(DISTINCT path) AS n FROM pageviews")[0].int("n")
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

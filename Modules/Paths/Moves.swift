import Core

/// The moves that make up a path: pageviews that entered a page. Viewing the same page twice in a row, as after a reload, isn't a move.
enum Moves {
    /// CTEs ending with `moves`, the pageviews that entered a page. `position` orders them among everything the visitor did. `number`
    /// orders them in their session: it counts the session's pageviews up to this one, including reloads. The CTE `numbered` adds `number`
    /// to all rows of sessions that had to be put in order. An event has the number of the pageview before it.
    static func ctes(_ scope: Scope) -> SQL {
        let columns: SQL = "visitor, session_at, kind, occurred_at, path, name, is_chosen"
        // Most rows store the page before them. For the others, kind and path break ties between rows of one instant that were stored
        // before late rows were numbered.
        return """
            \(scope.orderlyRows),
            numbered AS MATERIALIZED (
              SELECT \(columns), position,
                CAST(sum(CASE WHEN kind = 0 THEN 1 ELSE 0 END) OVER (
                  PARTITION BY visitor, session_at ORDER BY position, kind, path ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS int) AS number,
                lag(path) OVER (PARTITION BY visitor, session_at, kind ORDER BY position, path) AS path_before
              FROM (SELECT \(columns), \(Scope.position) AS position FROM out_of_order) placed),
            moves AS NOT MATERIALIZED (
              SELECT \(columns), \(Scope.position) AS position, pageview_no AS number FROM orderly WHERE kind = 0 AND path <> from_path
              UNION ALL
              SELECT \(columns), position, number FROM numbered WHERE kind = 0 AND (path_before IS NULL OR path_before <> path))
            """
    }
}

import Core

/// The moves that make up a path: pageviews of another page than the session's previous one. A reload isn't a move.
enum Moves {
    /// CTEs ending with `moves`: one row for each move. `position` orders moves among all of the visitor's activity. `number` orders them
    /// within their session: it is the number of the session's pageviews up to this one, including reloads. The CTE `numbered` has all rows
    /// of the sessions whose stored rows are not in order, with the same `number`; an event has the number of the pageview before it.
    static func ctes(_ scope: Scope) -> SQL {
        let columns: SQL = "visitor, session_at, kind, occurred_at, path, name, is_chosen"
        // Most rows store the previous page; for the others it is computed here. Late rows from versions of Pulse that didn't number them
        // have the same position if they have the same instant, so kind and path break the tie.
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

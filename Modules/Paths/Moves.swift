import Core

/// What a way consists of: pages that were entered. A page that is seen again right after itself, as after a reload, was entered once.
enum Moves {
    /// CTEs that end with `moves`: the pageviews that entered a page. `position` orders them among all that the visitor did, `number` in their
    /// session: it counts the session's pageviews up to this one, reloads included. `numbered` has it for all rows of sessions that had
    /// to be put in order, the events' being that of the pageview before them.
    static func ctes(_ scope: Scope) -> SQL {
        let columns: SQL = "visitor, session_at, kind, occurred_at, path, name, is_chosen"
        // Most rows tell the page before by themselves. Kind and path decide among rows of one instant from before late ones were numbered.
        return """
            \(scope.orderlyRows),
            numbered AS MATERIALIZED (
              SELECT \(columns), position,
                CAST(sum(CASE WHEN kind = 0 THEN 1 ELSE 0 END) OVER (
                  PARTITION BY visitor, session_at ORDER BY position, kind, path ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS int) AS number,
                lag(path) OVER (PARTITION BY visitor, session_at, kind ORDER BY position, path) AS path_before
              FROM (SELECT \(columns), \(Scope.position) AS position FROM disorderly) placed),
            moves AS NOT MATERIALIZED (
              SELECT \(columns), \(Scope.position) AS position, pageview_no AS number FROM orderly WHERE kind = 0 AND path <> from_path
              UNION ALL
              SELECT \(columns), position, number FROM numbered WHERE kind = 0 AND (path_before IS NULL OR path_before <> path))
            """
    }
}

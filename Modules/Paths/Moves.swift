import Core

/// What a way consists of: pages that were entered. A page that is seen again right after itself, as after a reload, was entered once.
enum Moves {
    /// CTEs that end with `moves`: the pageviews that entered a page, with their `position`.
    static func ctes(_ scope: Scope) -> SQL {
        let columns: SQL = "visitor, session_at, kind, occurred_at, path, is_chosen"
        // Most rows tell the page before by themselves.
        return """
            \(scope.orderlyRows),
            moves AS NOT MATERIALIZED (
              SELECT \(columns), \(Scope.position) AS position FROM orderly WHERE kind = 0 AND path <> from_path
              UNION ALL
              SELECT \(columns), position FROM (
                SELECT \(columns), position, lag(path) OVER (PARTITION BY visitor, session_at ORDER BY position) AS path_before
                FROM (SELECT \(columns), \(Scope.position) AS position FROM disorderly WHERE kind = 0) placed) told
              WHERE path_before IS NULL OR path_before <> path)
            """
    }
}

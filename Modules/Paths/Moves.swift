import Core

/// What a way consists of: pages that were entered. A page that is seen again right after itself, as after a reload, was entered once.
enum Moves {
    /// CTEs `flagged`, the scope's rows with their `position`, and `moves`, the pageviews that entered a page.
    static func ctes(_ scope: Scope) async throws -> SQL {
        let columns: SQL = "visitor, session_at, kind, occurred_at, position, path, is_chosen"
        // Rows tell the page before by themselves, apart from those of the few sessions that are out of order.
        return """
            flagged AS NOT MATERIALIZED (SELECT *, \(Scope.position) AS position, (\(try await scope.disordered())) AS is_disordered FROM scope_rows),
            moves AS NOT MATERIALIZED (
              SELECT \(columns) FROM flagged WHERE kind = 0 AND NOT is_disordered AND path <> from_path
              UNION ALL
              SELECT \(columns) FROM (
                SELECT \(columns), lag(path) OVER (PARTITION BY visitor, session_at ORDER BY position) AS path_before
                FROM flagged WHERE kind = 0 AND is_disordered) told
              WHERE path_before IS NULL OR path_before <> path)
            """
    }
}

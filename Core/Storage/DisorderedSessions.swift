import Common

extension Scope {
    /// The condition on a row of `scope_rows` that its place in the session can't be told from the row: the session began before the
    /// range, or rows of it arrived out of order or twice. Of all other rows `seq`, `pageview_no` and `from_path` are exact.
    /// - Parameter ofChosen: for a report that reads chosen rows alone: where a filter picks single rows the place of none is told.
    public func disordered(ofChosen: Bool = false) async throws -> SQL {
        if ofChosen, !filters.allSatisfy(\.dimension.isOfSession) { return "TRUE" }
        let late: SQL = "\(bounds) AND seq IS NULL"
        let rows = try await reader.rows(
            "/* scope.disordered */ SELECT count(*) AS n FROM (SELECT 1 FROM core_activity WHERE \(late) LIMIT 1) late", of: project, over: range)
        let early: SQL = "session_at < \(range.start.milliseconds)"
        guard rows[0].int("n") > 0 else { return early }
        return "\(early) OR (visitor, session_at) IN (SELECT visitor, session_at FROM (\(matching(Activity.table, late))) late)"
    }
}

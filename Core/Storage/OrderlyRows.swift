import Common

extension Scope {
    /// CTEs that split `scope_rows` in two.
    ///
    /// In `orderly` each row knows its place: `seq`, `pageview_no` and `from_path` are exact. `disorderly` holds the rows of sessions that
    /// began before the range, and those of visitors of whom rows arrived out of order or twice: few, which have to be put in order first.
    public var orderlyRows: SQL {
        let start = range.start.milliseconds
        return """
            \(lateVisitors),
            orderly AS NOT MATERIALIZED (
              SELECT * FROM scope_rows WHERE session_at >= \(start) AND visitor NOT IN (SELECT visitor FROM late_visitors)),
            disorderly AS NOT MATERIALIZED (
              SELECT * FROM scope_rows WHERE session_at < \(start) AND visitor NOT IN (SELECT visitor FROM late_visitors)
              UNION ALL SELECT * FROM scope_rows WHERE visitor IN (SELECT visitor FROM late_visitors))
            """
    }

    /// The CTE `late_visitors`: those of whom rows arrived out of order or twice. Kept, as the few that they are, it is looked up
    /// before all else that is asked of a row.
    var lateVisitors: SQL {
        "late_visitors AS MATERIALIZED (SELECT DISTINCT visitor FROM (\(matching(Activity.table, isLate))) late)"
    }

    var isLate: SQL { "\(bounds) AND (\(Activity.isLate))" }
}

import Common
import Storage

extension Scope {
    /// CTEs that split `scope_rows` into two parts.
    ///
    /// `orderly` has the rows whose `seq`, `pageview_no` and `from_path` are exact. `out_of_order` has the rows that must be sorted first:
    /// rows of sessions that began before the range, and rows of visitors with rows that arrived out of order or twice. They are few.
    public var orderlyRows: SQL {
        let start = range.start.milliseconds
        return """
            \(lateVisitors),
            orderly AS NOT MATERIALIZED (
              SELECT * FROM scope_rows WHERE session_at >= \(start) AND visitor NOT IN (SELECT visitor FROM late_visitors)),
            out_of_order AS NOT MATERIALIZED (
              SELECT * FROM scope_rows WHERE session_at < \(start) AND visitor NOT IN (SELECT visitor FROM late_visitors)
              UNION ALL SELECT * FROM scope_rows WHERE visitor IN (SELECT visitor FROM late_visitors))
            """
    }

    /// The `late_visitors` CTE: visitors with rows that arrived out of order or twice. It is materialized so that engines look up these few
    /// visitors before they check any other condition on a row.
    var lateVisitors: SQL {
        "late_visitors AS MATERIALIZED (SELECT DISTINCT visitor FROM (\(matching(Activity.table, isLate))) late)"
    }

    var isLate: SQL { "\(bounds) AND (\(Activity.isLate))" }
}

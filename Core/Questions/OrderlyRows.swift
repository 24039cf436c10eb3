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

    /// The `late_visitors` CTE: visitors with rows that arrived out of order or twice.
    var lateVisitors: SQL {
        "late_visitors AS \(materialized) (SELECT DISTINCT visitor FROM (\(matching(Activity.table, isLate))) late)"
    }

    /// How to run a CTE with few rows. It is materialized so that the engine looks up these rows before it checks any other condition. Not on
    /// PostgreSQL, unless finding them takes more than an index: no part of a report that reads a materialized CTE runs in parallel there.
    var materialized: SQL { dialect == .postgresql && filters.isEmpty && people == nil ? "NOT MATERIALIZED" : "MATERIALIZED" }

    var isLate: SQL { "\(bounds) AND (\(Activity.isLate))" }
}

import Common
import Storage

extension Scope {
    /// A SELECT of the rows of activity that meet `condition`. It adds a `value` column with the dimension's value, or "" if there is none.
    /// Breakdowns group by `value`.
    public func activity(where condition: SQL, by dimension: Filter.Dimension) -> SQL {
        switch dimension {
        case .session(let column), .row(let column): "SELECT *, \(sql: column) AS value FROM activity WHERE \(condition)"
        case .property(let path):
            "SELECT *, coalesce(\(dialect.jsonText("data", path)), '') AS value FROM activity WHERE \(condition)"
        case .entryPage: activity(where: condition, bySession: "entry_path")
        case .exitPage: activity(where: condition, bySession: "exit_path")
        case .ofModule(let dimension): preconditionFailure("'\(dimension.name)' is only for filters, not for breakdowns")
        }
    }

    private func activity(where condition: SQL, bySession column: SQL) -> SQL {
        """
        SELECT chosen.*, coalesce(sessions.\(column), '') AS value FROM (SELECT * FROM activity WHERE \(condition)) chosen
        JOIN sessions ON sessions.visitor = chosen.visitor AND sessions.session_at = chosen.session_at
        """
    }
}

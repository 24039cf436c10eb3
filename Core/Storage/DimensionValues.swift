import Common

extension Scope {
    /// A SELECT of rows of activity that meet `condition`, with the dimension's value of each in the column `value`, "" for none:
    /// what reports that break something down group by.
    public func activity(where condition: SQL, by dimension: Filter.Dimension) -> SQL {
        switch dimension {
        case .session(let column), .row(let column): "SELECT *, \(sql: column) AS value FROM activity WHERE \(condition)"
        case .property(let path):
            "SELECT *, coalesce(\(dialect.jsonText("data", path)), '') AS value FROM activity WHERE \(condition)"
        case .entryPage: activity(where: condition, bySession: "entry_path")
        case .exitPage: activity(where: condition, bySession: "exit_path")
        case .ofModule(let dimension): preconditionFailure("'\(dimension.name)' is for filters; nothing is broken down by it")
        }
    }

    private func activity(where condition: SQL, bySession column: SQL) -> SQL {
        """
        SELECT done.*, coalesce(sessions.\(column), '') AS value FROM (SELECT * FROM activity WHERE \(condition)) done
        JOIN sessions ON sessions.visitor = done.visitor AND sessions.session_at = done.session_at
        """
    }
}

import Storage

/// How a request's filters apply to a module's facts.
extension Scope {
    /// The conditions that the filters put on a row of `table`. The conditions on project and range are separate.
    ///
    /// A filter on one of the table's own columns (`FactTable.sessionColumns`, `path`) applies directly to the row. All other filters apply
    /// to sessions: a fact counts if its session has a row of activity in the range that matches all of them. If the table has no
    /// `session_at`, they apply to visitors instead of sessions.
    func conditions(on table: FactTable) -> [SQL] {
        let columns = Set(table.columns.map(\.name))
        let others = filters.filter { !$0.applies(to: columns) }
        var conditions = filters.filter { $0.applies(to: columns) }.map { $0.condition(self) }
        if !others.isEmpty {
            let key: SQL = columns.contains("session_at") ? "visitor, session_at" : "visitor"
            conditions.append(
                "(\(key)) IN (SELECT \(key) FROM \(Self.qualified(Activity.table, dialect)) WHERE kind < 2 AND \(SQL.all([bounds] + others.map { $0.condition(self) })))"
            )
        }
        return conditions
    }
}

extension Filter {
    /// Whether the filter can be checked on a fact that has these columns, without looking at its session.
    fileprivate func applies(to columns: Set<String>) -> Bool {
        switch dimension {
        case .session(let column): columns.contains(column)
        case .row(let column): column == "path" && columns.contains(column)
        case .entryPage, .exitPage, .property, .ofModule: false
        }
    }
}

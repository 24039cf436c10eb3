/// How the filters of a request hold for a module's facts.
extension Scope {
    /// The conditions on a row of `table` beside project and range.
    ///
    /// A filter on something that the table has as a column (`FactTable.sessionColumns`, `path`) is asked of the row. Every
    /// other filter picks sessions: a fact counts when its session has activity in the range that matches all of them. A table
    /// without `session_at` is asked by visitor.
    func conditions(on table: FactTable) -> [SQL] {
        let columns = Set(table.columns.map(\.name))
        let others = filters.filter { !$0.isTold(by: columns) }
        var conditions = filters.filter { $0.isTold(by: columns) }.map { $0.condition(self) }
        if !others.isEmpty {
            let key: SQL = columns.contains("session_at") ? "visitor, session_at" : "visitor"
            conditions.append(
                "(\(key)) IN (SELECT \(key) FROM core_activity WHERE kind < 2 AND \(SQL.all([bounds] + others.map { $0.condition(self) })))")
        }
        return conditions
    }
}

extension Filter {
    /// Whether a fact with these columns tells by itself what is asked.
    fileprivate func isTold(by columns: Set<String>) -> Bool {
        switch dimension {
        case .session(let column): columns.contains(column)
        case .row(let column): column == "path" && columns.contains(column)
        case .entryPage, .exitPage, .property, .ofModule: false
        }
    }
}

extension FactTable {
    /// What a fact tells about its session, so that reports can break it down and the usual filters need not look the session
    /// up. For tables of facts that visitors make often; the values are `Visit.sessionValues`.
    public static let sessionColumns = [
        /// With `visitor` it identifies the session; the fact's own time where there is none.
        Column("session_at", .int64),
        Column("source", .text), Column("country", .text), Column("device", .text), Column("browser", .text), Column("os", .text),
    ]
}

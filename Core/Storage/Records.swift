extension Dialect {
    /// A query that returns the objects of a JSON array as rows with these columns. It binds a single value, no matter how many rows there
    /// are or what text they contain.
    public func records(_ json: String, _ columns: [(name: String, type: ColumnType)]) -> SQL {
        switch self {
        case .duckdb:
            let types = columns.map { "\"\($0.name)\":\"\($0.type == .text ? "VARCHAR" : "BIGINT")\"" }.joined(separator: ",")
            // The value is selected from a row. Otherwise, DuckDB would fold the whole list into a constant during planning and copy it
            // several times.
            return "SELECT unnest(from_json(sent, '[{\(sql: types)}]'), recursive := true) FROM (SELECT \(json) AS sent)"
        case .postgresql, .sqlite:
            let types = columns.map { "\($0.name) \($0.type == .text ? "text" : "bigint")" }.joined(separator: ", ")
            return "SELECT * FROM json_to_recordset(\(json)::json) AS records (\(sql: types))"
        }
    }

    /// Adds a `visitor` column, with the value that facts store, to the query `rows`, which must have visitor keys in its `key` column.
    /// Visitors that the project doesn't have may be left out.
    public func visitors(of rows: SQL, project: Int32) -> SQL {
        self == .duckdb
            ? "SELECT listed.*, v.number AS visitor FROM (\(rows)) listed JOIN ingest_visitors v ON v.project = \(Int64(project)) AND v.key = listed.key"
            : "SELECT listed.*, listed.key AS visitor FROM (\(rows)) listed"
    }
}

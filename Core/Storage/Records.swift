extension Dialect {
    /// A query whose rows are the objects of a JSON array, with these columns: one bound value however many rows there are, and whatever
    /// their text.
    public func records(_ json: String, _ columns: [(name: String, type: ColumnType)]) -> SQL {
        switch self {
        case .duckdb:
            let types = columns.map { "\"\($0.name)\":\"\($0.type == .text ? "VARCHAR" : "BIGINT")\"" }.joined(separator: ",")
            // From a row, as DuckDB would make a constant of the whole list while it plans, and copy it several times.
            return "SELECT unnest(from_json(sent, '[{\(sql: types)}]'), recursive := true) FROM (SELECT \(json) AS sent)"
        case .postgresql, .sqlite:
            let types = columns.map { "\($0.name) \($0.type == .text ? "text" : "bigint")" }.joined(separator: ", ")
            return "SELECT * FROM json_to_recordset(\(json)::json) AS told (\(sql: types))"
        }
    }

    /// The rows of a query with a column `key`, and as `visitor` what facts have in place of that visitor's key. Those whom the project doesn't
    /// know may be left out.
    public func visitors(of rows: SQL, project: Int32) -> SQL {
        self == .duckdb
            ? "SELECT told.*, v.number AS visitor FROM (\(rows)) told JOIN ingest_visitors v ON v.project = \(Int64(project)) AND v.key = told.key"
            : "SELECT told.*, told.key AS visitor FROM (\(rows)) told"
    }
}

extension Dialect {
    /// A query whose rows are the objects of a JSON array, with these columns. It binds a single value, however many rows there are and
    /// whatever text they have.
    public func records(_ json: String, _ columns: [(name: String, type: ColumnType)]) -> SQL {
        switch self {
        case .duckdb:
            let types = columns.map { "\"\($0.name)\":\"\($0.type == .text ? "VARCHAR" : "BIGINT")\"" }.joined(separator: ",")
            // Selected from a row, because DuckDB would fold the whole list into a constant during planning, and copy it several times.
            return "SELECT unnest(from_json(sent, '[{\(sql: types)}]'), recursive := true) FROM (SELECT \(json) AS sent)"
        case .postgresql, .sqlite:
            let types = columns.map { "\($0.name) \($0.type == .text ? "text" : "bigint")" }.joined(separator: ", ")
            return "SELECT * FROM json_to_recordset(\(json)::json) AS records (\(sql: types))"
        }
    }

    /// The rows of a query that has visitor keys in the column `key`, with `visitor` as facts store it. Visitors that the project doesn't
    /// have may be left out.
    public func visitors(of rows: SQL, project: Int32) -> SQL {
        self == .duckdb
            ? "SELECT listed.*, v.number AS visitor FROM (\(rows)) listed JOIN ingest_visitors v ON v.project = \(Int64(project)) AND v.key = listed.key"
            : "SELECT listed.*, listed.key AS visitor FROM (\(rows)) listed"
    }
}

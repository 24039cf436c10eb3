/// Counts the rows in a store's tables. A backup records these numbers, and a restore is checked against them.
@_spi(Host) public enum TableRows {
    /// A query for the names of Pulse's own tables in the store, in the column `name`.
    public static func names(_ dialect: Dialect) -> SQL {
        switch dialect {
        case .sqlite: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        case .duckdb:
            """
            SELECT table_name AS name FROM information_schema.tables
            WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name
            """
        case .postgresql:
            """
            SELECT relname::text AS name FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
            """
        }
    }

    /// A query that counts the rows of all `tables` in one snapshot. Its rows have `name` and `n`.
    public static func counts(of tables: [String]) -> SQL {
        let counts = tables.map { SQL(sql: "SELECT '\($0)' AS name, count(*) AS n FROM \"\($0)\"") }
        return "/* backup.count */ \(SQL.joined(counts, separator: " UNION ALL "))"
    }

    /// The number of rows by table. Runs the queries with `read`.
    public static func count(_ dialect: Dialect, _ read: (SQL) throws -> Rows) throws -> [String: Int64] {
        let tables = try read(names(dialect)).map { $0.text("name") }
        return tables.isEmpty ? [:] : byTable(try read(counts(of: tables)))
    }

    /// Like the synchronous `count`, but for an asynchronous `read`.
    public static func count(_ dialect: Dialect, _ read: (SQL) async throws -> Rows) async throws -> [String: Int64] {
        let tables = try await read(names(dialect)).map { $0.text("name") }
        return tables.isEmpty ? [:] : byTable(try await read(counts(of: tables)))
    }

    private static func byTable(_ rows: Rows) -> [String: Int64] {
        // exact: tables are named in our source
        Dictionary(rows.map { ($0.text("name"), $0.int("n")) }) { $1 }
    }
}

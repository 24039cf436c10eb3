import CDuckDB
import Storage

/// Appends rows to a table, in chunks of columns as DuckDB has them, without making strings or values of what comes.
///
/// It belongs to a transaction and must end, by `finish` or `abandon`, before that does.
final class TableAppender {
    private let table: String
    private let chunk: AppenderChunk
    private var handle: duckdb_appender?

    /// - Throws: `DuckDBError` without such a table; `RowMismatch` when its columns are of other types than `chunk`'s.
    init(_ connection: Connection, table: String, chunk: AppenderChunk) throws {
        self.table = table
        self.chunk = chunk
        guard duckdb_appender_create(connection.handle, nil, table, &handle) == DUCKDB_SUCCESS else {
            defer { duckdb_appender_destroy(&handle) }
            throw error
        }
        do {
            try checkColumns()
        } catch {
            abandon()
            throw error
        }
        chunk.reset()
    }

    deinit { abandon() }

    private func checkColumns() throws {
        let count = Int(duckdb_appender_column_count(handle))
        guard count == chunk.columns.count else {
            throw RowMismatch(table: table, column: nil, problem: "the table has \(count) columns, its description \(chunk.columns.count)")
        }
        for (index, column) in chunk.columns.enumerated() {
            var type = duckdb_appender_column_type(handle, idx_t(index))
            defer { duckdb_destroy_logical_type(&type) }
            guard duckdb_get_type_id(type) == column.type.duckDB else {
                throw RowMismatch(table: table, column: column.name, problem: "the table's column is not \(column.type)")
            }
        }
    }

    /// Adds the fact that `cursor` stands before, its visitor by number.
    /// - Throws: `RowMismatch` when it has other columns than the table.
    func append(_ cursor: inout EncodedRow.Cursor, visitor: Int32) throws {
        if let (column, problem) = chunk.write(&cursor, visitor: visitor) {
            throw RowMismatch(table: table, column: column, problem: problem)
        }
        if chunk.isFull { try flushChunk() }
    }

    /// Adds a row of integers.
    func append(_ values: Int64...) throws {
        chunk.write(values)
        if chunk.isFull { try flushChunk() }
    }

    private func flushChunk() throws {
        chunk.seal()
        guard duckdb_append_data_chunk(handle, chunk.handle) == DUCKDB_SUCCESS else { throw error }
        chunk.reset()
    }

    /// Hands the rest over to the transaction.
    func finish() throws {
        defer { abandon() }
        if !chunk.isEmpty { try flushChunk() }
        guard duckdb_appender_flush(handle) == DUCKDB_SUCCESS else { throw error }
    }

    /// What DuckDB has of the rows may still get into the transaction, which must be rolled back then.
    func abandon() {
        duckdb_appender_destroy(&handle)
    }

    private var error: DuckDBError {
        DuckDBError(
            text: duckdb_appender_error(handle).map { String(cString: $0) } ?? "unknown", statement: "append to \(table)"
        )
    }
}

extension ColumnType {
    var duckDB: duckdb_type {
        switch self {
        case .int16: DUCKDB_TYPE_SMALLINT
        case .int32: DUCKDB_TYPE_INTEGER
        case .int64: DUCKDB_TYPE_BIGINT
        case .double: DUCKDB_TYPE_DOUBLE
        case .text: DUCKDB_TYPE_VARCHAR
        case .bool: DUCKDB_TYPE_BOOLEAN
        }
    }
}

import CDuckDB
import Storage

/// Supplies the rows of `INSERT INTO ... SELECT * FROM pulse_rows()`: a table function that fills DuckDB's own chunks.
///
/// DuckDB's appender accepts chunks too. But it collects all of them first, and with several threads DuckDB then copies them twice
/// more before inserting. That takes 50% more CPU time per row.
///
/// `@unchecked Sendable`: the writer's thread touches the variables only before and after such a statement. While the statement
/// runs, DuckDB touches them from one thread at a time (because of `init_set_max_threads`), and never after it has ended.
final class RowFeed: @unchecked Sendable {
    private var columns: [Column] = []
    private var fill: ((duckdb_data_chunk?) throws -> Void)?
    private var failure: (any Error)?

    private static let name = "pulse_rows"

    /// Registers the function with the connection's database, which retains the feed while it is open.
    func register(on connection: Connection) throws {
        var function = duckdb_create_table_function()
        defer { duckdb_destroy_table_function(&function) }
        duckdb_table_function_set_name(function, Self.name)
        duckdb_table_function_set_extra_info(function, Unmanaged.passRetained(self).toOpaque()) {
            Unmanaged<RowFeed>.fromOpaque($0!).release()
        }
        duckdb_table_function_set_bind(function) { info in
            for column in RowFeed.of(duckdb_bind_get_extra_info(info)).columns {
                var type = duckdb_create_logical_type(column.type.duckDB)
                duckdb_bind_add_result_column(info, column.name, type)
                duckdb_destroy_logical_type(&type)
            }
        }
        duckdb_table_function_set_init(function) { duckdb_init_set_max_threads($0, 1) }
        duckdb_table_function_set_function(function) { info, chunk in
            let feed = RowFeed.of(duckdb_function_get_extra_info(info))
            do { try feed.fill?(chunk) } catch {
                feed.failure = error
                duckdb_function_set_error(info, "\(error)")
            }
        }
        guard duckdb_register_table_function(connection.handle, function) == DUCKDB_SUCCESS else {
            throw DuckDBError.misuse("the function \(Self.name) can't be registered")
        }
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> RowFeed { Unmanaged.fromOpaque(pointer!).takeUnretainedValue() }

    /// Inserts `count` rows into a table. Calls `write` with each row's index, starting at 0; `write` must write that row to `chunk`.
    /// - Throws: whatever `write` throws; `DuckDBError`, for example when the table has a different number of columns.
    func insert(
        _ count: Int, into table: String, _ chunk: ChunkWriter, on connection: Connection, write: (Int) throws -> Void
    ) throws {
        if count == 0 { return }
        columns = chunk.columns
        var next = 0
        try withoutActuallyEscaping(write) { write in
            fill = { handle in
                chunk.begin(handle)
                while next < count, !chunk.isFull {
                    try write(next)
                    next += 1
                }
                chunk.end(handle)
            }
            defer { (fill, failure) = (nil, nil) }
            do {
                _ = try connection.run("INSERT INTO \(table) SELECT * FROM \(Self.name)()")
            } catch {
                throw failure ?? error
            }
        }
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

import CDuckDB
import Common
import Common
import Foundation
import Storage
import Synchronization

/// How the database is opened.
struct DatabaseOptions: Sendable {
    let path: String
    let threads: Int
    let memoryLimitBytes: Int64
    let temporaryFolder: String

    /// What DuckDB is told before it opens the file.
    var settings: [(name: String, value: String)] {
        [
            ("threads", "\(threads)"),
            ("memory_limit", "\(memoryLimitBytes)B"),
            ("temp_directory", temporaryFolder),
            // Reports state their order; without this, large ones need less memory.
            ("preserve_insertion_order", "false"),
            // The writer checkpoints by itself (`Checkpoints`): DuckDB's own attempts fail while anybody reads.
            ("checkpoint_threshold", "1TB"),

            // No statement reaches files, other databases or the network. Last, as it refuses a folder for temporary files.
            ("autoinstall_known_extensions", "false"),
            ("autoload_known_extensions", "false"),
            ("allow_community_extensions", "false"),
            ("allow_persistent_secrets", "false"),
            ("enable_external_access", "false"),
        ]
    }
}

/// An open database file. No other process can open it meanwhile.
final class Database: @unchecked Sendable {
    // `@unchecked`: the handle is made for many threads; `close` comes when no connection is left.
    private var handle: duckdb_database?

    /// - Throws: `DuckDBError` with code `io` when the file is not to be had: another process has it, no rights ...
    init(_ options: DatabaseOptions) throws {
        var configuration: duckdb_config?
        guard duckdb_create_config(&configuration) == DUCKDB_SUCCESS else {
            throw DuckDBError(code: "out_of_memory", message: "no memory for DuckDB's configuration")
        }
        defer { duckdb_destroy_config(&configuration) }
        for (name, value) in options.settings {
            guard duckdb_set_config(configuration, name, value) == DUCKDB_SUCCESS else {
                throw DuckDBError.misuse("this DuckDB does not take the setting \(name)=\(value)")
            }
        }
        var problem: UnsafeMutablePointer<CChar>?
        guard duckdb_open_ext(options.path, &handle, configuration, &problem) == DUCKDB_SUCCESS else {
            defer { duckdb_free(problem) }
            let text = problem.map { String(cString: $0) } ?? "unknown"
            throw DuckDBError(text: text, statement: "open \(options.path)")
        }
        do {
            try lock()
        } catch {
            duckdb_close(&handle)
            throw error
        }
    }

    /// The settings that need an open database; after them none can be changed.
    private func lock() throws {
        let connection = try connect()
        defer { connection.close() }
        // Time zones and JSON are extensions of DuckDB, built into the libraries that Pulse supports.
        do {
            try connection.execute("SET GLOBAL TimeZone = 'UTC'")
            try connection.execute("SELECT json_extract_string('{}', '/a'), timezone('Europe/Berlin', to_timestamp(0))")
        } catch let error as DuckDBError {
            throw DuckDBError.misuse("this DuckDB library lacks the extension icu or json: \(error.message)")
        }
        try connection.execute("SET GLOBAL lock_configuration = true")
    }

    func connect() throws -> Connection {
        var connection: duckdb_connection?
        guard duckdb_connect(handle, &connection) == DUCKDB_SUCCESS, let connection else {
            throw DuckDBError(code: "connection", message: "DuckDB gives no connection")
        }
        return Connection(connection)
    }

    /// Writes what is in the WAL to the file, if that works, and gives the file free.
    func close() {
        duckdb_close(&handle)
    }
}

/// The database that is open at the moment; it is another one after a restore or a fatal error.
final class DatabaseSlot: Sendable {
    private let database = Mutex<Database?>(nil)

    func connect() throws -> Connection {
        try database.withLock { database in
            guard let database else { throw ServiceError.eventStoreUnavailable() }
            return try database.connect()
        }
    }

    func open(_ options: DatabaseOptions) throws {
        try database.withLock { $0 = try Database(options) }
    }

    func close() {
        database.withLock { database in
            database?.close()
            database = nil
        }
    }
}

import CDuckDB
import Common
import Foundation
import Glibc
import Storage
import Synchronization

/// The options for opening a database.
struct DatabaseOptions: Sendable {
    let path: String
    let threads: Int
    let memoryLimitBytes: Int64
    let temporaryFolder: String

    /// The settings passed to DuckDB when it opens the file.
    var settings: [(name: String, value: String)] {
        [
            ("threads", "\(threads)"),
            ("memory_limit", "\(memoryLimitBytes)B"),
            ("temp_directory", temporaryFolder),
            // By default, DuckDB lets a statement fill 90 % of the disk. The journal needs that space.
            ("max_temp_directory_size", "\(8 * memoryLimitBytes)B"),
            // "false" would save memory on large results, but DuckDB would then append rows on several threads, at twice the cost.
            ("preserve_insertion_order", "true"),
            // Pulse decides which CTEs are materialized. For a materialized CTE, this optimizer would also evaluate the filters of
            // every query that reads it, which took a seventh of the time of a five-step funnel.
            ("disabled_optimizers", "cte_filter_pusher"),
            // Compression in later storage versions takes more time, and more space for facts (24.0 bytes per row instead of 23.2).
            ("storage_compatibility_version", "v1.0.0"),
            // The writer runs checkpoints (`Checkpoints`), because DuckDB's own attempts fail while anyone is reading.
            ("checkpoint_threshold", "1TB"),

            // These keep statements from reaching files, other databases or the network. They must come last, because the temporary
            // folder can't be set after them.
            ("autoinstall_known_extensions", "false"),
            ("autoload_known_extensions", "false"),
            ("allow_community_extensions", "false"),
            ("allow_persistent_secrets", "false"),
            ("enable_external_access", "false"),
        ]
    }
}

/// An open database file. No other process can open it at the same time.
///
/// `@unchecked Sendable`: its variables are touched only under `DatabaseSlot`'s lock, or by code that has opened the database and
/// not shared it yet.
final class Database: @unchecked Sendable {
    private var handle: duckdb_database?
    private let feed = RowFeed()
    private var descriptor: Int32 = -1

    /// Opens the store's database and locks its settings.
    /// - Throws: `DuckDBError` with code `io` when the file can't be opened, for example because another process has it open or
    ///   permissions are missing.
    convenience init(_ options: DatabaseOptions) throws {
        try self.init(path: options.path, settings: options.settings)
        do {
            try lock()
        } catch {
            close()
            throw error
        }
    }

    /// Opens a database with exactly these `settings`.
    init(path: String, settings: [(name: String, value: String)]) throws {
        var configuration: duckdb_config?
        guard duckdb_create_config(&configuration) == DUCKDB_SUCCESS else {
            throw DuckDBError(code: "out_of_memory", message: "not enough memory to create DuckDB's configuration")
        }
        defer { duckdb_destroy_config(&configuration) }
        for (name, value) in settings {
            guard duckdb_set_config(configuration, name, value) == DUCKDB_SUCCESS else {
                throw DuckDBError.misuse("this DuckDB rejects the setting \(name)=\(value)")
            }
        }
        var problem: UnsafeMutablePointer<CChar>?
        guard duckdb_open_ext(path, &handle, configuration, &problem) == DUCKDB_SUCCESS else {
            defer { duckdb_free(problem) }
            let text = problem.map { String(cString: $0) } ?? "unknown"
            throw DuckDBError(text: text, statement: "open \(path)")
        }
    }

    /// Applies the settings that need an open database, then locks the configuration.
    private func lock() throws {
        let connection = try connect()
        defer { connection.close() }
        try feed.register(on: connection)
        // In DuckDB, time zones and JSON are extensions. The libraries that Pulse supports have them built in.
        do {
            try connection.execute("SET GLOBAL TimeZone = 'UTC'")
            try connection.execute("SELECT json_extract_string('{}', '/a'), timezone('Europe/Berlin', to_timestamp(0))")
        } catch let error as DuckDBError {
            throw DuckDBError.misuse("this DuckDB library lacks the icu or json extension: \(error.message)")
        }
        try connection.execute("SET GLOBAL lock_configuration = true")
    }

    func connect() throws -> Connection {
        var connection: duckdb_connection?
        guard duckdb_connect(handle, &connection) == DUCKDB_SUCCESS, let connection else {
            throw DuckDBError(code: "connection", message: "DuckDB can't open a connection")
        }
        return Connection(connection, feed)
    }

    /// Returns a descriptor for reading the file. DuckDB keeps other processes out with a file lock. This process would lose that
    /// lock by closing any descriptor of the file, so there is only one such descriptor, and it stays open as long as the database.
    func readingDescriptor(_ path: String) throws -> Int32 {
        if descriptor < 0 { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Files.failure("can't read \(path)") }
        return descriptor
    }

    /// Checkpoints the WAL if possible, and releases the file.
    func close() {
        duckdb_close(&handle)
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }
}

/// Holds the currently open database, which a restore or a fatal error replaces.
final class DatabaseSlot: Sendable {
    private struct State {
        var database: Database?
        var isShut = false
    }

    private let state = Mutex(State())

    var isOpen: Bool { state.withLock { $0.database != nil } }
    /// Whether the database should be open but isn't.
    var isMissing: Bool { state.withLock { $0.database == nil && !$0.isShut } }

    func connect() throws -> Connection { try current { try $0.connect() } }

    /// Runs `body` on the open database.
    /// - Throws: `ServiceError` 503 while no database is open.
    func current<Answer: Sendable>(_ body: (Database) throws -> Answer) throws -> Answer {
        try state.withLock { state in
            guard let database = state.database else { throw ServiceError.eventStoreUnavailable() }
            return try body(database)
        }
    }

    func open(_ options: DatabaseOptions) throws {
        try state.withLock { state in
            if state.isShut { throw ServiceError.eventStoreUnavailable() }
            state.database = try Database(options)
        }
    }

    /// Closes the database. Call when no connection is left.
    func close() { state.withLock { Self.close(&$0) } }

    /// Closes the database for good.
    func shut() {
        state.withLock { state in
            Self.close(&state)
            state.isShut = true
        }
    }

    private static func close(_ state: inout State) {
        state.database?.close()
        state.database = nil
    }
}

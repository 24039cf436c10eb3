import CDuckDB
import Common
import Foundation
import Glibc
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
            // DuckDB alone would let a statement take 90 % of the disk, which the journal needs.
            ("max_temp_directory_size", "\(8 * memoryLimitBytes)B"),
            // "false" would spare large results memory, and make DuckDB append rows on several threads, at twice the cost.
            ("preserve_insertion_order", "true"),
            // Pulse says of each CTE whether it is to be kept. The rule would check what all its readers ask for once more as it is made,
            // which took a funnel of five steps a seventh of its time.
            ("disabled_optimizers", "cte_filter_pusher"),
            // What later versions compress with takes more time, and more space for facts (24.0 bytes a row instead of 23.2).
            ("storage_compatibility_version", "v1.0.0"),
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
///
/// `@unchecked Sendable`: its variables are touched under `DatabaseSlot`'s lock alone, or by the one who has opened it and
/// given it to nobody.
final class Database: @unchecked Sendable {
    private var handle: duckdb_database?
    private let feed = RowFeed()
    private var descriptor: Int32 = -1

    /// Opens it for all of Pulse's work; its settings can't be changed any more.
    /// - Throws: `DuckDBError` with code `io` when the file is not to be had: another process has it, no rights ...
    convenience init(_ options: DatabaseOptions) throws {
        try self.init(path: options.path, settings: options.settings)
        do {
            try lock()
        } catch {
            close()
            throw error
        }
    }

    init(path: String, settings: [(name: String, value: String)]) throws {
        var configuration: duckdb_config?
        guard duckdb_create_config(&configuration) == DUCKDB_SUCCESS else {
            throw DuckDBError(code: "out_of_memory", message: "no memory for DuckDB's configuration")
        }
        defer { duckdb_destroy_config(&configuration) }
        for (name, value) in settings {
            guard duckdb_set_config(configuration, name, value) == DUCKDB_SUCCESS else {
                throw DuckDBError.misuse("this DuckDB does not take the setting \(name)=\(value)")
            }
        }
        var problem: UnsafeMutablePointer<CChar>?
        guard duckdb_open_ext(path, &handle, configuration, &problem) == DUCKDB_SUCCESS else {
            defer { duckdb_free(problem) }
            let text = problem.map { String(cString: $0) } ?? "unknown"
            throw DuckDBError(text: text, statement: "open \(path)")
        }
    }

    /// The settings that need an open database; after them none can be changed.
    private func lock() throws {
        let connection = try connect()
        defer { connection.close() }
        try feed.register(on: connection)
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
        return Connection(connection, feed)
    }

    /// The file, for reading. DuckDB keeps other processes out by a lock that ends when this process closes any
    /// descriptor of the file; so there is one, and it stays open as long as the database.
    func readingDescriptor(_ path: String) throws -> Int32 {
        if descriptor < 0 { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Files.failure("can't read \(path)") }
        return descriptor
    }

    /// Writes what is in the WAL to the file, if that works, and gives the file free.
    func close() {
        duckdb_close(&handle)
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }
}

/// The database that is open at the moment; it is another one after a restore or a fatal error.
final class DatabaseSlot: Sendable {
    private struct State {
        var database: Database?
        var isShut = false
    }

    private let state = Mutex(State())

    var isOpen: Bool { state.withLock { $0.database != nil } }
    /// It should be open and is not.
    var isMissing: Bool { state.withLock { $0.database == nil && !$0.isShut } }

    func connect() throws -> Connection { try current { try $0.connect() } }

    /// - Throws: `ServiceError` 503 while none is open.
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

    /// When no connection is left.
    func close() { state.withLock { Self.close(&$0) } }

    /// For good.
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

import CDuckDB
import Common
import Foundation
import Logging
import Storage
import Synchronization

/// The event plane in one file of this machine, with DuckDB inside this process.
///
/// One thread and connection writes, a few others read; readers see what was committed when their statement began and
/// wait for nobody. The file has one process at a time.
public final class DuckDBEventStore: EventStore {
    public let dialect = Dialect.duckdb

    let options: DatabaseOptions
    let slot = DatabaseSlot()
    let readers: ConnectionThreads
    let writer: ConnectionThreads
    let logger: Logger
    private let batches = BatchWriter()
    /// Raised by each change of the schema.
    private let schemaVersion = Atomic(0)

    /// Opens the file, or makes it; after a crash what was committed is read from the WAL first.
    ///
    /// - Parameters:
    ///   - path: the file; beside it DuckDB keeps `<path>.wal`.
    ///   - threads: on how many one statement may be computed.
    ///   - memoryLimitBytes: for all of DuckDB; what needs more goes to `temporaryFolder` as far as it can.
    ///   - readers: statements that may be computed at a time; more stand in line.
    ///   - temporaryFolder: made when needed, emptied when done.
    /// - Throws: `DuckDBError`; code `io` when another process has the file.
    public init(
        path: String, library: DuckDBLibrary, threads: Int, memoryLimitBytes: Int64, readers: Int, temporaryFolder: String,
        logger: Logger
    ) throws {
        options = DatabaseOptions(
            path: path, threads: max(1, threads), memoryLimitBytes: memoryLimitBytes, temporaryFolder: temporaryFolder
        )
        self.logger = logger
        try slot.open(options)
        let connect: @Sendable () throws -> Connection = { [slot] in try slot.connect() }
        self.readers = ConnectionThreads(name: "duckdb-read", count: max(1, readers), maximumWaiting: 256, connect: connect)
        writer = ConnectionThreads(name: "duckdb-write", count: 1, maximumWaiting: 64, connect: connect)
    }

    public func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows {
        let (text, values) = statement.rendered(for: .duckdb)
        return try await readers.run(timeoutSeconds: timeoutSeconds) { connection in
            try connection.run(text, values, planAnew: true, allowed: [DUCKDB_STATEMENT_TYPE_SELECT.rawValue])
        }
    }

    public func apply(_ batch: FactBatch) async throws -> AppliedBatch {
        try await writer.run { [batches] connection in try batches.apply(batch, on: connection) }
    }

    public func change(_ statements: [SQL]) async throws {
        let rendered = statements.map { $0.rendered(for: .duckdb) }
        try await writer.run { [batches] connection in
            try connection.transaction {
                for (text, values) in rendered { _ = try connection.run(text, values, planAnew: true) }
            }
            batches.forgetChunks()
        }
    }

    public func position(of journal: String) async throws -> JournalPosition? {
        try await readers.run { try BatchWriter.position(of: journal, on: $0) }
    }

    public func ping() async throws {
        try await readers.run(timeoutSeconds: 5) { try $0.execute("SELECT 1") }
    }

    public func backup(to path: String) async throws {}
    public func restore(from path: String) async throws {}

    public func close() async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                readers.close(graceSeconds: 0)
                writer.close(graceSeconds: 5)
                slot.close()
                continuation.resume()
            }
        }
    }
}

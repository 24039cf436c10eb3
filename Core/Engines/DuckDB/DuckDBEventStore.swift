@_spi(Host) import Common
import Foundation
import Logging
@_spi(Host) import Storage
import Synchronization

/// The event plane in one local file, with DuckDB running inside this process.
///
/// One thread with one connection writes, and a few other threads read. A reader sees what was committed when its statement began,
/// and never waits for the writer. Only one process can open the file at a time.
@_spi(Host) public final class DuckDBEventStore: EventStore {
    public let dialect = Dialect.duckdb

    let options: DatabaseOptions
    let slot = DatabaseSlot()
    let readers: ConnectionThreads
    let writer: ConnectionThreads
    let streams = ReaderConnections<ConnectionThreads>()
    private let logger: Logger
    let batches = BatchWriter()
    let checkpoints: Checkpoints
    private let recovery = Mutex(Recovery())
    /// Incremented on every schema change.
    private let schemaVersion: SchemaVersion
    private let connect: @Sendable () throws -> Connection

    private struct Recovery {
        var isUnderWay = false
        var notBefore = MonotonicTime.now
    }

    /// Opens the file, creating it if needed. After a crash, this first replays the WAL.
    ///
    /// - Parameters:
    ///   - path: the file; DuckDB keeps `<path>.wal` next to it.
    ///   - threads: the number of threads that one statement may use.
    ///   - memoryLimitBytes: the memory limit for all statements together; work that needs more spills to `temporaryFolder` if
    ///     possible.
    ///   - readers: the maximum number of concurrent queries; further queries queue.
    ///   - temporaryFolder: the folder for spilled data. DuckDB creates it when needed and empties it afterwards.
    ///   - walBytes: the WAL size that triggers a checkpoint. If queries run without a break, the WAL can grow to about four times
    ///     that size.
    /// - Throws: `DuckDBError`; code `io` when another process has the file open.
    public init(
        path: String, library: DuckDBLibrary, threads: Int, memoryLimitBytes: Int64, readers: Int, temporaryFolder: String,
        walBytes: Int = 32 << 20, logger: Logger
    ) throws {
        let options = DatabaseOptions(
            path: path, threads: max(1, threads), memoryLimitBytes: memoryLimitBytes, temporaryFolder: temporaryFolder
        )
        self.options = options
        self.logger = logger
        checkpoints = Checkpoints(path: path, walBytes: walBytes, logger: logger)
        let schemaVersion = SchemaVersion()
        self.schemaVersion = schemaVersion
        try slot.open(options)
        let connect: @Sendable () throws -> Connection = { [slot] in
            let connection = try slot.connect()
            connection.schemaVersion = schemaVersion
            return connection
        }
        self.connect = connect
        self.readers = ConnectionThreads(name: "duckdb-read", count: max(1, readers), maximumWaiting: 256, connect: connect)
        writer = ConnectionThreads(name: "duckdb-write", count: 1, maximumWaiting: 64, connect: connect)
    }

    deinit {
        // In case the owner forgot to call `close`. No job can be running here, because running jobs retain the store.
        streams.end { $0.close(graceSeconds: 0) }
        readers.close(graceSeconds: 0)
        writer.close(graceSeconds: 0)
        slot.shut()
    }

    /// Runs one statement that only reads.
    /// - Throws: `DuckDBError` with code `not_allowed` for a statement that does anything else.
    public func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows {
        let (text, values) = statement.rendered(for: .duckdb)
        return try await unavailableWhenBroken {
            try await readers.run(timeoutSeconds: timeoutSeconds) { try $0.read(text, values) }
        }
    }

    public func reader(of project: Int32, secondsPerBatch: Double) throws -> any BatchReader {
        let threads = try streams.open(of: project) {
            ConnectionThreads(name: "duckdb-stream", count: 1, maximumWaiting: 1, connect: connect)
        }
        return DuckDBBatchReader(self, threads, secondsPerBatch: secondsPerBatch)
    }

    /// The number of open readers.
    var openReaders: Int { streams.count }

    public func apply(_ batch: FactBatch) async throws -> AppliedBatch {
        try await unavailableWhenBroken {
            let applied = try await writer.run { [batches] in try batches.apply(batch, on: $0) }
            checkpointWhenDue()
            return applied
        }
    }

    /// Runs statements that change rows or the schema, in one transaction. Rejects statements about settings, files or other databases.
    /// - Throws: `UniqueViolation` or `DuckDBError`. In either case nothing has changed.
    public func change(_ statements: [SQL]) async throws {
        let rendered = statements.map { $0.rendered(for: .duckdb) }
        try await unavailableWhenBroken {
            try await writer.run { [batches] connection in
                try connection.transaction {
                    for (text, values) in rendered { _ = try connection.run(text, values, allowed: .changing) }
                }
                batches.forgetVisitors()
            }
            schemaChanged()
            checkpointWhenDue()
        }
    }

    /// Deletes rows, and then tries a checkpoint to remove them from the WAL too. The checkpoint can't run while readers still see
    /// the old rows. In that case it is retried after each of the next batches and once a second.
    public func erase(_ statements: [SQL]) async throws {
        try await change(statements)
        let isFirst = checkpoints.request()
        try? await writer.run { [checkpoints] in checkpoints.runIfDue(on: $0) }
        if isFirst { retryCheckpoint() }
    }

    private func retryCheckpoint() {
        guard checkpoints.isRequested else { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + 1) { [weak self, checkpoints] in
            self?.writer.enqueue { checkpoints.runIfDue(on: $0) }
            self?.retryCheckpoint()
        }
    }

    public func position(of journal: String) async throws -> JournalPosition? {
        try await unavailableWhenBroken { try await readers.run { try BatchWriter.position(of: journal, on: $0) } }
    }

    public func visitor(_ key: Int64, of project: Int32) async throws -> Int64? {
        if key == 0 { return 0 }
        let rows = try await query(
            "/* duckdb.visitor */ SELECT number FROM ingest_visitors WHERE project = \(Int64(project)) AND key = \(key)", timeoutSeconds: 60
        )
        return rows.first?.int("number")
    }

    /// The writer raises a project's bound before facts of new visitors become visible. If the writer hasn't done so since the store
    /// was opened, this reads the bound from the table.
    public func visitorBound(of project: Int32) async throws -> Int64? {
        if let bound = batches.visitorBounds[project] { return bound }
        let rows = try await query(
            "/* duckdb.visitors */ SELECT max(number) AS last FROM ingest_visitors WHERE project = \(Int64(project))", timeoutSeconds: 60)
        batches.visitorBounds.raise(project, to: rows[0].int("last") + 1)
        return batches.visitorBounds[project]
    }

    /// The statements overwrite the texts before they delete the rows. A block keeps deleted rows until other rows in it change, so
    /// a checkpoint would otherwise write the texts to the file.
    public func erasure(of visitor: Int64, in project: Int32, from table: FactTable) -> [SQL] {
        let own: SQL = "WHERE project = \(Int64(project)) AND visitor = \(visitor)", name = SQL(sql: table.name)
        let texts = table.columns.filter { $0.type == .text }.map { "\(sql: $0.name) = ''" as SQL }
        let emptied: [SQL] = texts.isEmpty ? [] : ["/* duckdb.empty_texts */ UPDATE \(name) SET \(SQL.joined(texts)) \(own)"]
        return emptied + ["/* duckdb.erase */ DELETE FROM \(name) \(own)"]
    }

    public func erasure(of visitor: Int64, in project: Int32) -> [SQL] {
        ["/* duckdb.erase_visitor */ DELETE FROM ingest_visitors WHERE project = \(Int64(project)) AND number = \(visitor)"]
    }

    public func ping() async throws {
        try await unavailableWhenBroken { try await readers.run(timeoutSeconds: 5) { try $0.execute("SELECT 1") } }
    }

    /// Stops running reports and gives the writer up to 5 seconds to finish before rolling it back. Then checkpoints the WAL and
    /// releases the file. Later calls throw `ServiceError` 503.
    public func close() async {
        try? await Self.onThread { [self] in
            streams.end { $0.close(graceSeconds: 0) }
            readers.close(graceSeconds: 0)
            writer.close(graceSeconds: 5)
            slot.shut()
        }
    }

    // MARK: Helpers

    /// Makes every connection drop its prepared statements before its next statement.
    func schemaChanged() { schemaVersion.raise() }

    private func checkpointWhenDue() {
        if checkpoints.isDue { writer.enqueue { [checkpoints] in checkpoints.runIfDue(on: $0) } }
    }

    /// Stops running jobs, closes all connections, and runs `body` before any job resumes. Readers in batches end.
    func pauseAll(_ body: () throws -> Void) rethrows {
        streams.end { $0.close(graceSeconds: 0) }
        defer { streams.resume() }
        try readers.pause { try writer.pause { try body() } }
    }

    /// Runs `body` and converts DuckDB's errors to those that `EventStore` allows: a 503 if the disk fails, memory runs out or DuckDB
    /// has shut the database down, and `UniqueViolation` for a duplicate key. Reopens a database that was shut down.
    func unavailableWhenBroken<Answer: Sendable>(_ body: () async throws -> Answer) async throws -> Answer {
        do {
            return try await body()
        } catch let error as DuckDBError where error.isUnavailable {
            logger.error("the event store failed", metadata: ["duckdb.code": "\(error.code)", "duckdb.message": "\(error.message)"])
            if error.isFatal { reopen() }
            throw ServiceError.eventStoreUnavailable()
        } catch let error as DuckDBError where error.isDuplicateKey {
            throw UniqueViolation()
        } catch let error as DuckDBError where error.isOutOfMemory {
            logger.warning("a statement ran out of memory and temporary space", metadata: ["duckdb.message": "\(error.message)"])
            throw ServiceError.eventStoreExhausted
        } catch {
            if slot.isMissing { reopen() }
            throw error
        }
    }

    /// Closes a database that DuckDB has shut down (for example because its disk was full) and reopens it, at most once a second.
    private func reopen() {
        let mayStart = recovery.withLock { recovery in
            guard !recovery.isUnderWay, recovery.notBefore <= .now else { return false }
            recovery.isUnderWay = true
            return true
        }
        guard mayStart else { return }
        Thread.detachNewThread { [self] in
            pauseAll {
                slot.close()
                do {
                    try slot.open(options)
                    logger.warning("reopened the event store")
                } catch {
                    logger.error("the event store can't be opened", metadata: ["error": "\(error)"])
                }
            }
            recovery.withLock { $0 = Recovery(isUnderWay: false, notBefore: MonotonicTime.now.adding(seconds: 1)) }
        }
    }

    /// Runs the blocking `body` on a new thread.
    static func onThread<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// A number that grows with every schema change. Connections use it to detect stale prepared statements.
final class SchemaVersion: Sendable {
    private let number = Atomic(0)

    var current: Int { number.load(ordering: .acquiring) }
    func raise() { number.wrappingAdd(1, ordering: .acquiringAndReleasing) }
}

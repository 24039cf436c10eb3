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
    private let logger: Logger
    let batches = BatchWriter()
    let checkpoints: Checkpoints
    private let recovery = Mutex(Recovery())
    /// Raised by each change of the schema.
    private let schemaVersion: SchemaVersion

    private struct Recovery {
        var isUnderWay = false
        var notBefore = MonotonicTime.now
    }

    /// Opens the file, or makes it; after a crash what was committed is read from the WAL first.
    ///
    /// - Parameters:
    ///   - path: the file; beside it DuckDB keeps `<path>.wal`.
    ///   - threads: on how many one statement may be computed.
    ///   - memoryLimitBytes: for all of DuckDB; what needs more goes to `temporaryFolder` as far as it can.
    ///   - readers: statements that may be computed at a time; more stand in line.
    ///   - temporaryFolder: made when needed, emptied when done.
    ///   - walBytes: how long the WAL becomes before it is written to the file; four times that while somebody always reads.
    /// - Throws: `DuckDBError`; code `io` when another process has the file.
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
        self.readers = ConnectionThreads(name: "duckdb-read", count: max(1, readers), maximumWaiting: 256, connect: connect)
        writer = ConnectionThreads(name: "duckdb-write", count: 1, maximumWaiting: 64, connect: connect)
    }

    deinit {
        // For whoever forgets `close`. Nothing runs any more, as whatever does keeps the store.
        readers.close(graceSeconds: 0)
        writer.close(graceSeconds: 0)
        slot.shut()
    }

    /// - Throws: `DuckDBError` with code `not_allowed` for a statement that does anything but read.
    public func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows {
        let (text, values) = statement.rendered(for: .duckdb)
        return try await unavailableWhenBroken {
            try await readers.run(timeoutSeconds: timeoutSeconds) { try $0.read(text, values) }
        }
    }

    public func apply(_ batch: FactBatch) async throws -> AppliedBatch {
        try await unavailableWhenBroken {
            let applied = try await writer.run { [batches] in try batches.apply(batch, on: $0) }
            checkpointWhenDue()
            return applied
        }
    }

    /// Rows and schema alone; a statement about settings, files or other databases is refused.
    /// - Throws: `UniqueViolation`, `DuckDBError`; then nothing has changed.
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

    /// Answers after a checkpoint, which takes out of the WAL what was deleted. While others read what was there before there can be none; it
    /// is tried again after the next batches, and once a second.
    public func erase(_ statements: [SQL]) async throws {
        try await change(statements)
        let isFirst = checkpoints.owe()
        try? await writer.run { [checkpoints] in checkpoints.runIfDue(on: $0) }
        if isFirst { retryCheckpoint() }
    }

    private func retryCheckpoint() {
        guard checkpoints.isOwed else { return }
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
            "/* duckdb.visitor */ SELECT number FROM ingest_visitors WHERE project = \(Int64(project)) AND key = \(key)", timeoutSeconds: 60)
        return rows.first?.int("number")
    }

    /// The writer raises it before facts of new visitors can be seen; until it has, the table tells.
    public func visitorBound(of project: Int32) async throws -> Int64? {
        if let bound = batches.visitorBounds[project] { return bound }
        let rows = try await query(
            "/* duckdb.visitors */ SELECT max(number) AS last FROM ingest_visitors WHERE project = \(Int64(project))", timeoutSeconds: 60)
        batches.visitorBounds.raise(project, to: rows[0].int("last") + 1)
        return batches.visitorBounds[project]
    }

    /// A block keeps deleted rows until others of it change, and a checkpoint writes them to the file; so their texts are overwritten first.
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

    /// Stops reports that run, lets the writer end what it is at (for 5 seconds at most; then it is rolled back), writes
    /// the WAL to the file and gives the file free. Later calls throw `ServiceError` 503.
    public func close() async {
        try? await Self.onThread { [self] in
            readers.close(graceSeconds: 0)
            writer.close(graceSeconds: 5)
            slot.shut()
        }
    }

    // MARK: Helpers

    /// Connections forget what they have prepared before their next statement.
    func schemaChanged() { schemaVersion.raise() }

    private func checkpointWhenDue() {
        if checkpoints.isDue { writer.enqueue { [checkpoints] in checkpoints.runIfDue(on: $0) } }
    }

    /// Does `body` while no connection is open.
    func pauseAll(_ body: () throws -> Void) rethrows {
        try readers.pause { try writer.pause { try body() } }
    }

    /// Runs `body`; when the database has stopped itself or its disk fails, that is logged and answered as 503.
    func unavailableWhenBroken<Answer: Sendable>(_ body: () async throws -> Answer) async throws -> Answer {
        do {
            return try await body()
        } catch let error as DuckDBError where error.isUnavailable {
            logger.error("the event store failed", metadata: ["duckdb.code": "\(error.code)", "duckdb.message": "\(error.message)"])
            if error.isFatal { openAnew() }
            throw ServiceError.eventStoreUnavailable()
        } catch let error as DuckDBError where error.isDuplicateKey {
            throw UniqueViolation()
        } catch let error as DuckDBError where error.isOutOfMemory {
            logger.warning("a statement needed more memory and temporary space than there is", metadata: ["duckdb.message": "\(error.message)"])
            throw ServiceError.eventStoreExhausted
        } catch {
            if slot.isMissing { openAnew() }
            throw error
        }
    }

    /// Closes a database that has stopped itself (its disk was full, for instance) and opens it again; tried once a second at most.
    private func openAnew() {
        let isOurs = recovery.withLock { recovery in
            guard !recovery.isUnderWay, recovery.notBefore <= .now else { return false }
            recovery.isUnderWay = true
            return true
        }
        guard isOurs else { return }
        Thread.detachNewThread { [self] in
            pauseAll {
                slot.close()
                do {
                    try slot.open(options)
                    logger.warning("the event store was opened anew")
                } catch {
                    logger.error("the event store can't be opened", metadata: ["error": "\(error)"])
                }
            }
            recovery.withLock { $0 = Recovery(isUnderWay: false, notBefore: MonotonicTime.now.adding(seconds: 1)) }
        }
    }

    /// Runs `body`, which blocks, on a thread of its own.
    static func onThread<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// How often the schema was changed.
final class SchemaVersion: Sendable {
    private let number = Atomic(0)

    var current: Int { number.load(ordering: .acquiring) }
    func raise() { number.wrappingAdd(1, ordering: .acquiringAndReleasing) }
}

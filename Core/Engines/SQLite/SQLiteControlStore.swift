import Common
import Foundation
import GRDB
@_spi(Host) import Storage
import Synchronization

/// The control plane in one SQLite file.
///
/// Readers never wait: the file is in WAL mode, and each read sees the last committed state. Writers pass through `gate`
/// one at a time, in order of arrival. A committed change is on disk (`synchronous = FULL`).
///
/// Several processes may open the same file (`pulse serve` and `pulse key create`). A writer waits up to ten seconds for another
/// process's transaction, and then throws `ServiceError` 503. The waiting happens on GRDB's dispatch queues, never on an event loop
/// or in Swift's thread pool.
@_spi(Host) public final class SQLiteControlStore: ControlEngine {
    public let dialect = Dialect.sqlite

    let pool: DatabasePool
    let gate = FairSemaphore(permits: 1)
    let statements = StatementCache()
    /// Whether the WAL may still hold deleted rows.
    private let owesTruncation = Mutex(false)
    /// The folder of a temporary store, which `close` deletes. Nil for all other stores.
    private let ownFolder: String?

    /// How long a writer waits for another process's transaction.
    private static let busySeconds = 10

    /// The current task's transaction. It is tracked so that a write inside a write throws instead of deadlocking.
    @TaskLocal private static var current: SQLiteTransaction?

    /// Opens the file. If it is missing, creates it and its folder. Only this user can read the new file.
    ///
    /// Blocks the calling thread, so call it at startup.
    /// - Throws: `SQLiteError` when the file can't be opened or is not a database.
    public convenience init(path: String) throws {
        try self.init(path: path, synchronous: "FULL", ownFolder: nil)
    }

    /// Creates a store for tests. It has its own folder, which `close` deletes, and doesn't wait for the disk.
    public static func temporary() throws -> SQLiteControlStore {
        let folder = NSTemporaryDirectory() + "/pulse-control-" + UUID().uuidString
        return try SQLiteControlStore(path: folder + "/control.sqlite", synchronous: "OFF", ownFolder: folder)
    }

    private init(path: String, synchronous: String, ownFolder: String?) throws {
        self.ownFolder = ownFolder
        try PrivateFile.create(at: path)
        var configuration = Configuration()
        configuration.label = "control"
        configuration.busyMode = .timeout(TimeInterval(Self.busySeconds))
        configuration.foreignKeysEnabled = true
        // A transaction spans several accesses to the writer, because its body may await between statements. `gate`
        // admits one transaction at a time, and `write` ends every transaction that it begins.
        configuration.allowsUnsafeTransactions = true
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            // synchronous: in WAL mode, GRDB sets it to NORMAL when it opens a file, and NORMAL loses the last commits in a power
            // failure.
            // secure_delete: overwrites deleted rows, because a deleted daily salt must not be recoverable from the file.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = \(synchronous); PRAGMA secure_delete = ON") }
        } catch {
            throw SQLiteError.named(error, "open \(path)")
        }
    }

    public func read(_ statement: Storage.SQL) async throws -> Rows {
        let (text, values) = statement.rendered(for: .sqlite)
        do {
            // GRDB's "unsafe" means "outside a transaction". A single statement is its own transaction.
            return try await pool.unsafeRead { try self.statements.run(text, values, in: $0) }
        } catch {
            throw SQLiteError.from(error, text)
        }
    }

    public func read(_ statement: Storage.SQL, inBatches body: @escaping @Sendable (Rows) throws -> Void) async throws {
        let (text, values) = statement.rendered(for: .sqlite)
        do {
            try await pool.unsafeRead { try self.statements.run(text, values, in: $0, inBatches: body) }
        } catch {
            throw SQLiteError.from(error, text)
        }
    }

    public func write<Result: Sendable>(
        _ body: @escaping @Sendable (any ControlTransaction) async throws -> Result
    ) async throws -> Result {
        if let current = Self.current, current.isOpen, current.store === self {
            throw SQLiteError.misuse("a write inside another write would deadlock; use the open transaction instead")
        }
        return try await gate.withPermit {
            let transaction = SQLiteTransaction(self)
            try await transaction.begin()
            do {
                let result = try await Self.$current.withValue(transaction) { try await body(transaction) }
                try Task.checkCancellation()
                try await transaction.commit()
                if transaction.hasDeleted { owesTruncation.withLock { $0 = true } }
                await truncateWhenOwed()
                return result
            } catch {
                await transaction.rollback()
                throw error
            }
        }
    }

    /// Removes deleted rows from the WAL. If a reader still needs them, the next change retries this.
    private func truncateWhenOwed() async {
        guard owesTruncation.withLock({ $0 }) else { return }
        try? await onWriter { database in
            // Don't wait for readers, because the change has been committed.
            try database.execute(sql: "PRAGMA busy_timeout = 0")
            defer { try? database.execute(sql: "PRAGMA busy_timeout = \(Self.busySeconds * 1_000)") }
            let row = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            if row?[0] == 0 { self.owesTruncation.withLock { $0 = false } }
        }
    }

    public func ping() async throws { _ = try await read("SELECT 1 AS one") }

    /// Waits for the current transaction, then closes the file. The closed file is complete without its WAL. Later calls throw
    /// `SQLiteError`.
    public func close() async {
        await gate.withPermitAlways {
            // SQLite would do this by itself if the last connection to close could write. Here, that connection is a reader's.
            try? await self.onWriter { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                // `close` blocks until all readers are done.
                DispatchQueue.global().async {
                    try? self.pool.close()
                    done.resume()
                }
            }
        }
        if let ownFolder { try? FileManager.default.removeItem(atPath: ownFolder) }
    }

    /// Runs `body` on the writer's queue. Runs to completion even if the task is cancelled, because the outcome of a COMMIT must be
    /// known.
    func onWriter<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { done in
            pool.asyncWriteWithoutTransaction { database in
                done.resume(with: Swift.Result { try body(database) })
            }
        }
    }
}

import Common
import Logging
@_spi(Host) import Storage

/// The control plane in a schema of a PostgreSQL database.
///
/// Reads use any free connection. A write is one SERIALIZABLE transaction on one connection. If it conflicts with another
/// transaction, it is rolled back and its body runs again. Only the store's own threads wait for the server.
///
/// Connections open on first use, and reopen after an outage of the server. During an outage, every call throws `ServiceError` 503.
/// Work that certainly didn't take effect is retried on a new connection. Work that may have taken effect is not.
@_spi(Host) public final class PostgreSQLControlStore: ControlEngine {
    public let dialect = Dialect.postgresql

    /// The time limit of a read.
    static let readSeconds = 30.0
    /// The time limit of a read in batches, and the number of rows in a batch.
    private static let batchesSeconds = 300.0, batchRows = 1_000
    /// The maximum number of attempts for a transaction that conflicts with others, and of restarts after a broken connection.
    private static let maximumAttempts = 20, maximumReconnects = 2

    let pool: PostgreSQLPool
    private let logger: Logger

    /// The current task's transaction. It is tracked so that a write inside a write throws instead of deadlocking.
    @TaskLocal private static var current: PostgreSQLTransaction?

    /// Checks the URL without connecting; call `ping` to find out whether the database can be reached.
    /// - Parameters:
    ///   - url: `postgresql://user:password@host:5432/database?sslmode=verify-full`, or any URL that libpq accepts.
    ///   - schema: the schema of this store's tables, created if missing.
    /// - Throws: `PostgreSQLError` for an invalid URL, without quoting it.
    public init(url: String, maximumConnections: Int, schema: String = "pulse_control", logger: Logger) throws {
        let settings = try PostgreSQLSettings(url: url, schema: schema, purpose: .writing)
        pool = PostgreSQLPool(settings: settings, size: maximumConnections, logger: logger)
        self.logger = logger
    }

    public func read(_ statement: SQL) async throws -> Rows {
        let (text, values) = statement.rendered(for: .postgresql)
        do { return try await pool.perform(timeoutSeconds: Self.readSeconds) { try $0.execute(text, values) } } catch {
            throw Self.contractError(error)
        }
    }

    public func read(_ statement: SQL, inBatches body: @escaping @Sendable (Rows) throws -> Void) async throws {
        let (text, values) = statement.rendered(for: .postgresql)
        do {
            try await pool.perform(timeoutSeconds: Self.batchesSeconds) { session in
                try session.transaction("BEGIN READ ONLY") {
                    try session.execute("DECLARE batches NO SCROLL CURSOR FOR \(text)", values, prepared: false)
                    while true {
                        let rows = try session.execute("FETCH FORWARD \(Self.batchRows) FROM batches", prepared: false)
                        guard !rows.isEmpty else { return }
                        try body(rows)
                    }
                }
            }
        } catch {
            throw Self.contractError(error)
        }
    }

    public func write<Result: Sendable>(
        _ body: @escaping @Sendable (any ControlTransaction) async throws -> Result
    ) async throws -> Result {
        if let current = Self.current, current.isOpen, current.store === self {
            throw PostgreSQLError.misuse("a write inside another write would deadlock; use the open transaction instead")
        }
        var attempts = 0, reconnects = 0
        while true {
            do { return try await attempt(body) } catch let error as Conflict {
                attempts += 1
                guard attempts < Self.maximumAttempts else {
                    logger.warning("a transaction kept conflicting with others", metadata: ["error": "\(error.cause)"])
                    throw ServiceError.databaseBusy
                }
                try await Task.sleep(for: .milliseconds(Self.pauseMilliseconds(attempts)))
            } catch let error as ConnectionLost {
                reconnects += 1
                guard reconnects <= Self.maximumReconnects else { throw Self.contractError(error) }
            } catch {
                throw Self.contractError(error)
            }
        }
    }

    /// Marks an error as a conflict between transactions, to distinguish it from errors that the body throws.
    private struct Conflict: Error {
        let cause: PostgreSQLError
    }

    private func attempt<Result: Sendable>(
        _ body: @escaping @Sendable (any ControlTransaction) async throws -> Result
    ) async throws -> Result {
        try await pool.withConnection { connection in
            let transaction = PostgreSQLTransaction(self, on: connection)
            do {
                try await transaction.begin()
                let result = try await Self.$current.withValue(transaction) { try await body(transaction) }
                try Task.checkCancellation()
                try await transaction.commit()
                return result
            } catch {
                // Look at the error that failed the transaction, because the body may have replaced it with another error.
                let cause = transaction.failure ?? error
                await transaction.rollback()
                if let cause = cause as? PostgreSQLError, cause.isConflict || cause.isStalePlan { throw Conflict(cause: cause) }
                throw cause is ConnectionLost ? cause : error
            }
        }
    }

    /// A random pause (full jitter), to keep transactions that conflicted from conflicting again.
    private static func pauseMilliseconds(_ attempt: Int) -> Int { Int.random(in: 1...min(250, 4 << min(attempt, 6))) }

    public func ping() async throws {
        do { _ = try await pool.perform(timeoutSeconds: 5) { try $0.execute("SELECT 1") } } catch { throw Self.contractError(error) }
    }

    /// Copies a consistent snapshot of all tables to the `control-postgresql` folder in `path`.
    /// - Parameter emptied: tables to back up without their rows.
    /// - Returns: the number of rows of each table in the copy.
    @discardableResult
    public func backup(to path: String, emptying emptied: Set<String>) async throws -> [String: Int64] {
        do { return try await SchemaBackup(name: "control-postgresql").write(to: path, from: pool, emptying: emptied) } catch {
            throw Self.contractError(error)
        }
    }

    /// Replaces all tables of the schema with those of the backup in `path`, in one transaction. Concurrent calls wait for that
    /// transaction.
    public func restore(from path: String) async throws {
        do { try await SchemaBackup(name: "control-postgresql").restore(from: path, into: pool) } catch { throw Self.contractError(error) }
    }

    /// Waits for running calls to finish, then closes all connections. Later calls throw `PostgreSQLError`.
    public func close() async { await pool.close() }

    /// Converts an error to one that the contract of `ControlStore` allows.
    static func contractError(_ error: any Error) -> any Error {
        switch error {
        case let error as PostgreSQLError where error.sqlState == "23505": UniqueViolation()
        case let error as PostgreSQLError where error.isUnavailable || error.isReadOnly:
            ServiceError.databaseUnavailable(retryAfterSeconds: 5)
        case is ConnectionLost, is CommitUnknown: ServiceError.databaseUnavailable()
        case is QueryTimeout: ServiceError.databaseBusy
        default: error
        }
    }
}

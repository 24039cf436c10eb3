import Common
import Logging
import Storage

/// The control plane in a schema of a PostgreSQL database.
///
/// Reads take any free connection. A write is one SERIALIZABLE transaction on one connection; when it meets another
/// one, it is undone and its body runs again. Everything that waits for the server waits on threads of this store's own.
///
/// Connections are made when they are first needed, and again after the server was away; meanwhile every call answers
/// `ServiceError` 503. What hasn't happened for certain is tried again on a new connection; what may have happened is not.
public final class PostgreSQLControlStore: ControlStore {
    public let dialect = Dialect.postgresql

    /// For one statement that reads.
    static let readSeconds = 30.0
    /// Attempts at a transaction that meets others, and how often one is begun anew because its connection broke.
    private static let maximumAttempts = 20, maximumReconnects = 2

    let pool: PostgreSQLPool
    private let logger: Logger

    /// The transaction that the current task is inside of, so that a write inside a write is an error and no deadlock.
    @TaskLocal private static var current: PostgreSQLTransaction?

    /// Checks the URL and opens nothing yet: `ping` tells whether the database is there.
    /// - Parameters:
    ///   - url: `postgresql://user:password@host:5432/database?sslmode=verify-full`, all that libpq understands.
    ///   - schema: of this store's tables; made when it is missing.
    /// - Throws: `PostgreSQLError` for a URL that is none, without quoting it.
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

    public func write<Result: Sendable>(
        _ body: @escaping @Sendable (any ControlTransaction) async throws -> Result
    ) async throws -> Result {
        if let current = Self.current, current.isOpen, current.store === self {
            throw PostgreSQLError.misuse("a write inside another write would wait for itself; use the transaction at hand")
        }
        var attempts = 0, reconnects = 0
        while true {
            do { return try await attempt(body) } catch let error as ConflictMet {
                attempts += 1
                guard attempts < Self.maximumAttempts else {
                    logger.warning("a transaction met others too often", metadata: ["error": "\(error.cause)"])
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

    /// A conflict, to be told from an error of the body's.
    private struct ConflictMet: Error {
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
                // What spoilt the transaction counts, whatever the body made of it.
                let cause = transaction.failure ?? error
                await transaction.rollback()
                if let cause = cause as? PostgreSQLError, cause.isConflict || cause.isStalePlan { throw ConflictMet(cause: cause) }
                throw cause is ConnectionLost ? cause : error
            }
        }
    }

    /// Full jitter: whoever met shouldn't meet again.
    private static func pauseMilliseconds(_ attempt: Int) -> Int { Int.random(in: 1...min(250, 4 << min(attempt, 6))) }

    public func ping() async throws {
        do { _ = try await pool.perform(timeoutSeconds: 5) { try $0.execute("SELECT 1") } } catch { throw Self.contractError(error) }
    }

    /// Copies all tables of the schema, as they are at one instant, into the folder `control-postgresql` of `path`.
    @discardableResult
    public func backup(to path: String, emptying emptied: Set<String>) async throws -> [String: Int64] {
        do { return try await SchemaBackup(name: "control-postgresql").write(to: path, from: pool, emptying: emptied) } catch { throw Self.contractError(error) }
    }

    /// Replaces all tables of the schema by those of the backup in `path`. All of it happens or nothing; who asks
    /// meanwhile waits.
    public func restore(from path: String) async throws {
        do { try await SchemaBackup(name: "control-postgresql").restore(from: path, into: pool) } catch { throw Self.contractError(error) }
    }

    /// Waits for what is under way. Later calls throw `PostgreSQLError`.
    public func close() async { await pool.close() }

    /// The error as the contract of `ControlStore` has it.
    static func contractError(_ error: any Error) -> any Error {
        switch error {
        case let error as PostgreSQLError where error.sqlState == "23505": UniqueViolation()
        case let error as PostgreSQLError where error.isUnavailable || error.isReadOnly: ServiceError.databaseUnavailable(retryAfterSeconds: 5)
        case is ConnectionLost, is CommitUnknown: ServiceError.databaseUnavailable()
        case is QueryTimeout: ServiceError.databaseBusy
        default: error
        }
    }
}

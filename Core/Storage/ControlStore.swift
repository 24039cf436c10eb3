import Common

/// The control plane, which stores what people configure. It is small and transactional.
public protocol ControlStore: Sendable {
    /// The engine's SQL dialect.
    var dialect: Dialect { get }

    /// Runs one read-only statement.
    func read(_ statement: SQL) async throws -> Rows

    /// Runs one read-only statement, and gives its rows to `body` in batches, in order. For results that shouldn't be in memory as a whole.
    /// All batches are from one state of the store.
    func read(_ statement: SQL, inBatches body: @escaping @Sendable (Rows) throws -> Void) async throws

    /// Runs `body` in one serializable transaction. SQLite has a single writer. PostgreSQL retries after a conflict, so `body` may run more
    /// than once and must have no other side effects.
    func write<Result: Sendable>(_ body: @escaping @Sendable (any ControlTransaction) async throws -> Result) async throws -> Result
}

/// The control store as the host uses it. It can also be pinged, backed up, restored and closed.
@_spi(Host) public protocol ControlEngine: ControlStore {
    /// Returns once the engine has responded.
    func ping() async throws

    /// Writes a consistent copy to the folder `path`, for `pulse restore`. The store can be read and written while the copy is made.
    /// - Parameter emptied: tables to copy without their rows.
    /// - Returns: the number of rows in the copy, by table.
    @discardableResult
    func backup(to path: String, emptying emptied: Set<String>) async throws -> [String: Int64]
    /// Restores the store from the copy in the folder `path`.
    func restore(from path: String) async throws

    /// Waits for running calls, and then closes the store. Later calls throw.
    func close() async
}

/// An open transaction of the control plane.
public protocol ControlTransaction: Sendable {
    /// Runs one statement and returns the rows of its SELECT or RETURNING.
    @discardableResult
    func run(_ statement: SQL) async throws -> Rows
}

@_spi(Host) extension ControlEngine {
    /// Writes a consistent copy of all tables to the folder `path`.
    @discardableResult
    public func backup(to path: String) async throws -> [String: Int64] { try await backup(to: path, emptying: []) }
}

extension ControlStore {
    public func read(_ statement: SQL, inBatches body: @escaping @Sendable (Rows) throws -> Void) async throws {
        try body(try await read(statement))
    }

    /// Runs one statement in its own transaction.
    @discardableResult
    public func write(_ statement: SQL) async throws -> Rows { try await write { try await $0.run(statement) } }
}

/// A statement violated a unique constraint. Engines convert their own errors to this one.
public struct UniqueViolation: Error, Sendable {
    public init() {}
}

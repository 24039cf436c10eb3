import Common

/// The control plane: what people configure. Small and transactional.
public protocol ControlStore: Sendable {
    /// The engine's SQL dialect.
    var dialect: Dialect { get }

    /// Runs one statement that reads.
    func read(_ statement: SQL) async throws -> Rows

    /// Runs `body` in one serializable transaction. SQLite has a single writer; on PostgreSQL a conflict is retried, so `body` may
    /// run more than once and must have no other effects.
    func write<Result: Sendable>(_ body: @escaping @Sendable (any ControlTransaction) async throws -> Result) async throws -> Result
}

/// A control store as the host sees it, which opens, copies and closes it.
@_spi(Host) public protocol ControlEngine: ControlStore {
    /// Returns once the engine has responded.
    func ping() async throws

    /// Writes a consistent copy to the folder `path`, for `pulse restore`, while others read and write.
    /// - Parameter emptied: tables that are copied without their rows, because the rows must not be kept.
    /// - Returns: how many rows of each table are in the copy.
    @discardableResult
    func backup(to path: String, emptying emptied: Set<String>) async throws -> [String: Int64]
    /// Restores the copy in the folder `path`.
    func restore(from path: String) async throws

    /// Closes the store.
    func close() async
}

/// An open transaction of the control plane.
public protocol ControlTransaction: Sendable {
    /// Runs one statement, and returns the rows of a SELECT or RETURNING.
    @discardableResult
    func run(_ statement: SQL) async throws -> Rows
}

@_spi(Host) extension ControlEngine {
    /// Writes a consistent copy of all tables to the folder `path`.
    @discardableResult
    public func backup(to path: String) async throws -> [String: Int64] { try await backup(to: path, emptying: []) }
}

extension ControlStore {
    /// Runs one statement in its own transaction.
    @discardableResult
    public func write(_ statement: SQL) async throws -> Rows { try await write { try await $0.run(statement) } }
}

/// A statement violated a unique constraint. Engines convert their own error to this one.
public struct UniqueViolation: Error, Sendable {
    public init() {}
}

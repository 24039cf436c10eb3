/// The event plane: facts. Large, append-only, and read by column.
@_spi(Host) public protocol EventStore: Sendable {
    /// The engine's SQL dialect.
    var dialect: Dialect { get }

    /// Runs one statement that reads.
    /// - Throws: `ServiceError` 503 when the engine is away; `QueryTimeout` past the deadline, after stopping the statement.
    func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows

    /// Adds a batch of facts, and the journal position that it reaches, in one transaction.
    func apply(_ batch: FactBatch) async throws -> AppliedBatch

    /// Runs statements that change stored data (migrations, erasure, retention), all in one transaction.
    func change(_ statements: [SQL]) async throws

    /// Like `change`, but also removes deleted data from the engine's files, as far as the engine can.
    func erase(_ statements: [SQL]) async throws

    /// Makes this process the only one that applies `journal`, as long as the store is open.
    /// - Throws: `JournalInUse` if another process applies it; `apply` may throw it later, too.
    func claim(journal: String) async throws

    /// How far `journal` has been applied; nil if nothing of it has.
    func position(of journal: String) async throws -> JournalPosition?

    /// The value of the column `visitor` for the visitor with this key; nil if nothing was stored about that visitor.
    /// An engine may store a number instead of the key.
    func visitor(_ key: Int64, of project: Int32) async throws -> Int64?

    /// If the engine numbers visitors, a number above those of all visitors of `project`; nil if `visitor` is the key.
    func visitorBound(of project: Int32) async throws -> Int64?

    /// Statements that erase a visitor's rows of `table`. `visitor` is the value in that column.
    func erasure(of visitor: Int64, in project: Int32, from table: FactTable) -> [SQL]

    /// Statements that erase what the engine keeps about a visitor besides facts. `visitor` is the value in that column of facts.
    func erasure(of visitor: Int64, in project: Int32) -> [SQL]

    /// Returns once the engine has responded.
    func ping() async throws

    /// Writes a consistent copy to the folder `path`, while others read and write.
    /// - Returns: how many rows of each table are in the copy.
    @discardableResult
    func backup(to path: String) async throws -> [String: Int64]
    /// Restores the copy in the folder `path`.
    func restore(from path: String) async throws
    /// Closes the store.
    func close() async
}

extension EventStore {
    /// Does nothing, for stores that only one process can open.
    public func claim(journal: String) async throws {}
    public func visitor(_ key: Int64, of project: Int32) async throws -> Int64? { key }
    public func visitorBound(of project: Int32) async throws -> Int64? { nil }
    public func erase(_ statements: [SQL]) async throws { try await change(statements) }
    public func erasure(of visitor: Int64, in project: Int32, from table: FactTable) -> [SQL] {
        ["/* privacy.erase */ DELETE FROM \(sql: table.name) WHERE project = \(Int64(project)) AND visitor = \(visitor)"]
    }
    public func erasure(of visitor: Int64, in project: Int32) -> [SQL] { [] }
}

/// A statement ran longer than it was allowed to.
@_spi(Host) public struct QueryTimeout: Error, Sendable {
    public let seconds: Double
    public init(seconds: Double) { self.seconds = seconds }
}

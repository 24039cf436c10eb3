/// The event plane, which stores facts. It is large, append-only and read by column.
@_spi(Host) public protocol EventStore: Sendable {
    /// The engine's SQL dialect.
    var dialect: Dialect { get }

    /// Runs one read-only statement.
    /// - Throws: `ServiceError` 503 if the engine is unavailable; `QueryTimeout` if the statement was stopped at its time limit.
    func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows

    /// Runs a report's query, each part where the rows of its visitors are.
    /// - Throws: like the other `query`.
    func query(_ query: PartedQuery, timeoutSeconds: Double) async throws -> Rows

    /// A reader for results of any length. It has a connection of its own, so reports never wait for it.
    /// - Parameter secondsPerBatch: the time limit for each batch. There is none for the whole.
    /// - Throws: `ServiceError` 503 if too many readers are open.
    func reader(of project: Int32, secondsPerBatch: Double) throws -> any BatchReader

    /// Adds a batch of facts and records the journal position after it, in one transaction.
    func apply(_ batch: FactBatch) async throws -> AppliedBatch

    /// The machines on which facts are.
    func layout() async throws -> StoreLayout

    /// Brings stored tables to the machines that the store has by now, once the schema is up to date. Does nothing on one machine.
    func arrange() async throws

    /// Runs statements that change stored data (migrations, erasure, retention) in one transaction.
    func change(_ statements: [SQL]) async throws

    /// Like `change`, but also removes the deleted data from the engine's files, as far as the engine can.
    func erase(_ statements: [SQL]) async throws

    /// Makes this process the only one that applies `journal`, for as long as the store is open.
    /// - Throws: `JournalInUse` if another process applies the journal. `apply` may also throw this error later.
    func claim(journal: String) async throws

    /// The position up to which `journal` has been applied; nil if none of it has.
    func position(of journal: String) async throws -> JournalPosition?

    /// The value in the `visitor` column of facts for the visitor with this key; nil if the engine numbers visitors and hasn't stored this
    /// one. Engines may store a number instead of the key.
    func visitor(_ key: Int64, of project: Int32) async throws -> Int64?

    /// For engines that number visitors, a number above those of all visitors of `project`. Nil if the engine stores keys.
    func visitorBound(of project: Int32) async throws -> Int64?

    /// Statements that erase a visitor's rows from `table`. `visitor` is the value in its `visitor` column.
    func erasure(of visitor: Int64, in project: Int32, from table: FactTable) -> [SQL]

    /// Statements that erase everything else that the engine stores about a visitor. `visitor` is the value in the `visitor` column of
    /// facts.
    func erasure(of visitor: Int64, in project: Int32) -> [SQL]

    /// Returns once the engine has responded.
    func ping() async throws

    /// Writes a consistent copy to the folder `path`. The store can be read and written while the copy is made.
    /// - Returns: the number of rows in the copy, by table.
    @discardableResult
    func backup(to path: String) async throws -> [String: Int64]
    /// Restores the store from the copy in the folder `path`.
    func restore(from path: String) async throws
    /// Closes the store. Later calls throw.
    func close() async
}

extension EventStore {
    /// Runs the query as one statement. For engines that keep all visitors in one place.
    public func query(_ query: PartedQuery, timeoutSeconds: Double) async throws -> Rows {
        try await self.query(query.statement, timeoutSeconds: timeoutSeconds)
    }
    public func layout() async throws -> StoreLayout { .oneMachine }
    /// Does nothing. For stores on one machine.
    public func arrange() async throws {}
    /// Does nothing. For stores that only one process can open.
    public func claim(journal: String) async throws {}
    public func visitor(_ key: Int64, of project: Int32) async throws -> Int64? { key }
    public func visitorBound(of project: Int32) async throws -> Int64? { nil }
    public func erase(_ statements: [SQL]) async throws { try await change(statements) }
    public func erasure(of visitor: Int64, in project: Int32, from table: FactTable) -> [SQL] {
        ["/* privacy.erase */ DELETE FROM \(sql: table.name) WHERE project = \(Int64(project)) AND visitor = \(visitor)"]
    }
    public func erasure(of visitor: Int64, in project: Int32) -> [SQL] { [] }
}

/// A statement exceeded its time limit.
@_spi(Host) public struct QueryTimeout: Error, Sendable {
    /// The time limit.
    public let seconds: Double
    public init(seconds: Double) { self.seconds = seconds }
}

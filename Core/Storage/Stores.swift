import Common

/// The control plane: small, transactional, what people configure.
public protocol ControlStore: Sendable {
    var dialect: Dialect { get }

    /// Runs one statement that reads.
    func read(_ statement: SQL) async throws -> Rows

    /// Runs `body` in one transaction; all of it happens or nothing. Serialisable: SQLite has one writer, PostgreSQL
    /// is asked for it and a conflict is tried again, so `body` may run more than once and must do nothing else.
    func write<Result: Sendable>(_ body: @escaping @Sendable (any ControlTransaction) async throws -> Result) async throws -> Result

    /// Answers when the engine does.
    func ping() async throws

    /// A consistent copy into the folder `path`, while others read and write. What it wrote there is what `pulse restore` reads.
    /// - Parameter emptied: tables that come without their rows, because these must not be kept.
    /// - Returns: how many rows of each table are in the copy.
    @discardableResult
    func backup(to path: String, emptying emptied: Set<String>) async throws -> [String: Int64]
    func restore(from path: String) async throws

    func close() async
}

public protocol ControlTransaction: Sendable {
    /// Runs one statement; the rows of a SELECT or RETURNING.
    @discardableResult
    func run(_ statement: SQL) async throws -> Rows
}

extension ControlStore {
    /// A copy of everything.
    @discardableResult
    public func backup(to path: String) async throws -> [String: Int64] { try await backup(to: path, emptying: []) }

    /// One statement in a transaction of its own.
    @discardableResult
    public func write(_ statement: SQL) async throws -> Rows { try await write { try await $0.run(statement) } }
}

/// The unique constraint that a statement met. Engines turn their own error into this one.
public struct UniqueViolation: Error, Sendable {
    public init() {}
}

/// The event plane: large, append-only, asked by column.
public protocol EventStore: Sendable {
    var dialect: Dialect { get }

    /// Runs one statement that reads.
    /// - Throws: `ServiceError` 503 when the engine is away; `QueryTimeout` past the deadline, the statement having been stopped.
    func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows

    /// Adds a batch of facts in one transaction with the journal position that it reaches.
    func apply(_ batch: FactBatch) async throws -> AppliedBatch

    /// Statements that change what is there (migrations, erasure, retention), all in one transaction.
    func change(_ statements: [SQL]) async throws

    /// The same where what is deleted must not be found in the engine's files afterwards, as far as the engine can take it out of them.
    func erase(_ statements: [SQL]) async throws

    /// Makes this process the only one that applies `journal`, as long as the store is open.
    /// - Throws: `JournalInUse` when another one does, at the start or later, from `apply`.
    func claim(journal: String) async throws

    /// How far `journal` is applied; nil when nothing of it is.
    func position(of journal: String) async throws -> JournalPosition?

    /// What stands in the column `visitor` for the visitor with this key; nil when nothing of that visitor was stored.
    /// An engine may number visitors instead of keeping their keys.
    func visitor(_ key: Int64, of project: Int32) async throws -> Int64?

    /// Where visitors are numbered from 0: a number above all of `project`'s. Nil where `visitor` is the key.
    func visitorBound(of project: Int32) async throws -> Int64?

    /// Statements that erase the visitor's rows of `table`: `visitor` is what stands in them.
    func erasure(of visitor: Int64, in project: Int32, from table: FactTable) -> [SQL]

    /// What the engine keeps about a visitor beside facts, to be erased with these: `visitor` is what stands in them.
    func erasure(of visitor: Int64, in project: Int32) -> [SQL]

    func ping() async throws

    /// A consistent copy into the folder `path`, while others read and write.
    /// - Returns: how many rows of each table are in the copy.
    @discardableResult
    func backup(to path: String) async throws -> [String: Int64]
    func restore(from path: String) async throws
    func close() async
}

extension EventStore {
    /// Nothing to do where the store has one process at a time.
    public func claim(journal: String) async throws {}
    public func visitor(_ key: Int64, of project: Int32) async throws -> Int64? { key }
    public func visitorBound(of project: Int32) async throws -> Int64? { nil }
    public func erase(_ statements: [SQL]) async throws { try await change(statements) }
    public func erasure(of visitor: Int64, in project: Int32, from table: FactTable) -> [SQL] {
        ["/* privacy.erase */ DELETE FROM \(sql: table.name) WHERE project = \(Int64(project)) AND visitor = \(visitor)"]
    }
    public func erasure(of visitor: Int64, in project: Int32) -> [SQL] { [] }
}

/// A statement ran longer than it may.
public struct QueryTimeout: Error, Sendable {
    public let seconds: Double
    public init(seconds: Double) { self.seconds = seconds }
}

/// A place in a journal: the segment and the byte in it.
public struct JournalPosition: Sendable, Hashable, Comparable {
    public let segment: Int64
    public let offset: Int64

    public init(segment: Int64, offset: Int64) {
        self.segment = segment
        self.offset = offset
    }

    public static let start = JournalPosition(segment: 0, offset: 0)

    public static func < (left: JournalPosition, right: JournalPosition) -> Bool {
        (left.segment, left.offset) < (right.segment, right.offset)
    }
}

/// Facts on their way into the event store.
public struct FactBatch: Sendable {
    /// The journal they come from and the position after the last of them.
    public let journal: String
    public let position: JournalPosition
    /// The tables by their number in an encoded row.
    public let tables: [FactTable]
    /// Rows in order of arrival.
    public let rows: [EncodedRow]
    /// Rows of the ledger that don't depend on duplicates: what was received and what was refused.
    public let ledger: [LedgerEntry]
    /// Changes of stored sessions, to be made before the rows are added.
    public let moves: [SessionMove]
    /// What is stored in place of a duplicate; nil for nothing.
    public let trace: @Sendable (EncodedRow) -> EncodedRow?

    public init(
        journal: String, position: JournalPosition, tables: [FactTable], rows: [EncodedRow], ledger: [LedgerEntry],
        moves: [SessionMove] = [], trace: @escaping @Sendable (EncodedRow) -> EncodedRow? = { _ in nil }
    ) {
        self.moves = moves
        self.trace = trace
        self.journal = journal
        self.position = position
        self.tables = tables
        self.rows = rows
        self.ledger = ledger
    }
}

/// What became of a batch.
public struct AppliedBatch: Sendable {
    /// For each row of the batch whether it was a duplicate and so left out.
    public let duplicates: [Bool]
    /// Whether the journal had been applied as far already, and nothing was added.
    public let wasApplied: Bool

    public init(duplicates: [Bool], wasApplied: Bool = false) {
        self.duplicates = duplicates
        self.wasApplied = wasApplied
    }
}

/// Two hosts have journals with the same id: what one of them keeps would be taken for what the other has stored already.
public struct JournalInUse: Error, Sendable, CustomStringConvertible {
    public let journal: String
    public init(journal: String) { self.journal = journal }

    public var description: String {
        "another host has a journal with the same id (\(journal)): the data folder of one is a copy of the other's. Stop one of them, and move the folder "
            + "journal/ out of its data folder; it begins a new one"
    }
}

/// A count of events with one fate, in one hour of one project.
public struct LedgerEntry: Sendable, Hashable {  // exact: reasons are words of ours
    public enum Outcome: Int16, Sendable, CaseIterable {
        case received = 0, stored, duplicate, refused
        /// Beside one of the others: not refused, and not kept quite as it was sent.
        case adjusted
    }

    public let project: Int32
    /// Start of the UTC hour in which the events arrived.
    public let hour: Int64
    public let outcome: Outcome
    /// Why, for refused and adjusted ones; "" otherwise.
    public let reason: String
    public let count: Int64

    public init(project: Int32, hour: Int64, outcome: Outcome, reason: String, count: Int64) {
        self.project = project
        self.hour = hour
        self.outcome = outcome
        self.reason = reason
        self.count = count
    }
}

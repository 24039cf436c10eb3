/// A batch of facts to be written to the event store.
@_spi(Host) public struct FactBatch: Sendable {
    /// The journal that the facts come from, and the position after the last of them.
    public let journal: String
    public let position: JournalPosition
    /// The fact tables. An encoded row refers to its table by the index in this array.
    public let tables: [FactTable]
    /// The rows, in order of arrival.
    public let rows: [EncodedRow]
    /// Ledger entries that don't depend on deduplication, such as those of received and refused events.
    public let ledger: [LedgerEntry]
    /// Corrections of stored sessions. They are made before the rows are added.
    public let moves: [SessionMove]
    /// The number of the last erasure of a visitor that the rows take into account. The largest number if they are none of a journal's.
    public let erasures: Int64
    /// Returns the row to store in place of a duplicate; nil to store none.
    public let trace: @Sendable (EncodedRow) -> EncodedRow?
    /// Statements to run in the batch's transaction, after its rows are stored. Gets, for each row, whether it was left out.
    public let alongside: @Sendable (_ duplicates: [Bool]) -> [Statement]

    /// A statement that changes something besides the facts.
    public struct Statement: Sendable {
        public let sql: SQL
        /// How many rows the statement must change; the batch fails if it changes more or fewer. Nil for any number.
        public let changes: Int?

        public init(_ sql: SQL, changes: Int? = nil) {
            self.sql = sql
            self.changes = changes
        }

        /// - Throws: `OtherRowsChanged` if `count` is not the number of rows that the statement must change.
        public func check(_ count: Int) throws {
            if let changes, changes != count { throw OtherRowsChanged() }
        }
    }

    /// Another host changed rows that a batch's statement is about. Nothing of the batch was stored.
    public struct OtherRowsChanged: Error, Sendable {}

    public init(
        journal: String, position: JournalPosition, tables: [FactTable], rows: [EncodedRow], ledger: [LedgerEntry],
        moves: [SessionMove] = [], erasures: Int64 = .max, trace: @escaping @Sendable (EncodedRow) -> EncodedRow? = { _ in nil },
        alongside: @escaping @Sendable (_ duplicates: [Bool]) -> [Statement] = { _ in [] }
    ) {
        self.alongside = alongside
        self.moves = moves
        self.erasures = erasures
        self.trace = trace
        self.journal = journal
        self.position = position
        self.tables = tables
        self.rows = rows
        self.ledger = ledger
    }
}

extension FactBatch {
    /// The batch with other rows in place of its own.
    public func with(_ rows: [EncodedRow], moves: [SessionMove]? = nil) -> FactBatch {
        FactBatch(
            journal: journal, position: position, tables: tables, rows: rows, ledger: ledger, moves: moves ?? self.moves,
            erasures: erasures,
            trace: trace, alongside: alongside)
    }

    /// The batch with another number of the last erasure.
    public func knowing(_ erasures: Int64) -> FactBatch {
        FactBatch(
            journal: journal, position: position, tables: tables, rows: rows, ledger: ledger, moves: moves, erasures: erasures,
            trace: trace,
            alongside: alongside)
    }
}

/// The result of applying a batch.
@_spi(Host) public struct AppliedBatch: Sendable {
    /// For each row of the batch, whether it was left out as a duplicate.
    public let duplicates: [Bool]
    /// Whether the journal had been applied up to this position before, so nothing was added.
    public let wasApplied: Bool

    public init(duplicates: [Bool], wasApplied: Bool = false) {
        self.duplicates = duplicates
        self.wasApplied = wasApplied
    }
}

/// A fact doesn't fit its table: a bug in a module, or rows of another version of it. Nothing of the batch was stored.
@_spi(Host) public struct RowMismatch: Error, Sendable, CustomStringConvertible {
    public let table: String
    /// The column that the value doesn't fit; nil if the row itself is wrong.
    public let column: String?
    public let problem: String

    public init(table: String, column: String?, problem: String) {
        self.table = table
        self.column = column
        self.problem = problem
    }

    public var description: String { "fact for table '\(table)'" + (column.map { ", column '\($0)'" } ?? "") + ": \(problem)" }
}

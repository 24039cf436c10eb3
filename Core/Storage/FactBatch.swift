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
    /// Returns the row to store in place of a duplicate; nil to store none.
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

/// Facts on their way into the event store.
@_spi(Host) public struct FactBatch: Sendable {
    /// The journal they come from and the position after the last of them.
    public let journal: String
    public let position: JournalPosition
    /// The tables, by their number in an encoded row.
    public let tables: [FactTable]
    /// Rows in order of arrival.
    public let rows: [EncodedRow]
    /// Ledger entries that don't depend on duplicates: received and refused events.
    public let ledger: [LedgerEntry]
    /// Changes to stored sessions, made before the rows are added.
    public let moves: [SessionMove]
    /// Returns the row to store instead of a duplicate; nil for none.
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
    /// Whether the journal had already been applied that far, so nothing was added.
    public let wasApplied: Bool

    public init(duplicates: [Bool], wasApplied: Bool = false) {
        self.duplicates = duplicates
        self.wasApplied = wasApplied
    }
}

import Common
import Storage

/// A fact as it is recorded: its table, and the values in the order of `FactTable.columns`.
public typealias Fact = (table: FactTable, values: [Value])

/// Writes down facts about a visitor that no event told: what an administrator says, or another system. They are on disk when it
/// returns, and part of no report's activity, no session and no line of the ledger.
public protocol FactRecorder: Sendable {
    /// - Parameter visitor: the id, as an event would carry it in `visitor_id`.
    /// - Throws: `ServiceError` 503 while the journal is full.
    func record(_ facts: [Fact], about visitor: String, of project: Project, at instant: Instant) async throws
}

import Common
import Storage

/// A fact to record: its table, and its values in the order of `FactTable.columns`.
public typealias Fact = (table: FactTable, values: [Value])

/// Records facts about a visitor that came without an event, from an administrator or another system. They belong to no report's
/// activity, no session and no ledger entry.
public protocol FactRecorder: Sendable {
    /// Records `facts`, which are on disk when it returns.
    /// - Parameter visitor: the id, as an event would carry it in `visitor_id`.
    /// - Throws: `ServiceError` 503 while the journal is full.
    func record(_ facts: [Fact], about visitor: String, of project: Project, at instant: Instant) async throws
}

import Common
import Storage

/// A fact to record: its table, and its values in the order of `FactTable.columns`.
public typealias Fact = (table: FactTable, values: [Value])

/// Records facts about a visitor that didn't come with an event but from an administrator or another system. Such facts are not part of
/// activity, of a session or of the ledger.
public protocol FactRecorder: Sendable {
    /// Records `facts`. They are on disk when this returns.
    /// - Parameter visitor: the visitor's id, in the form that events use in `visitor_id`.
    /// - Throws: `ServiceError` 503 while the journal is full.
    func record(_ facts: [Fact], about visitor: String, of project: Project, at instant: Instant) async throws
}

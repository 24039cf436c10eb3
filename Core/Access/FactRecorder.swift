import Common
import Storage

/// A fact to record: the table, and the values in the order of `FactTable.columns`.
public typealias Fact = (table: FactTable, values: [Value])

/// Records facts about a visitor that come from an administrator or another system instead of an event. They don't count as activity, don't
/// belong to a session and are not in the ledger.
public protocol FactRecorder: Sendable {
    /// Records `facts`. They are on disk when this returns.
    /// - Parameters:
    ///   - visitor: the visitor's id, as events send it in `visitor_id`.
    ///   - instant: when the facts became true.
    /// - Throws: `ServiceError` 503 while the journal is full.
    func record(_ facts: [Fact], about visitor: String, of project: Project, at instant: Instant) async throws
}

import Common
@_spi(Host) import Storage
import Synchronization

/// Facts of visitors who were erased while the facts were in the journal: `ErasedVisitors`.
extension IngestWriter {
    /// The erasures that this host has learned of.
    struct Erasures {
        /// The number of the last one.
        var last: Int64 = 0
        /// When the visitors were erased of whom the journal may still have facts from before.
        var visitors: [SessionPlacement.Visitor: Instant] = [:]
        /// Where the journal ended when this host learned of them. Events behind it arrived afterwards.
        var end = JournalPosition.start
    }

    /// Learns of the erasures since the last time.
    func learnErasures() async throws {
        let known = state.withLock { $0.erasures.last }
        guard let last = try await events.query(ErasedVisitors.last, timeoutSeconds: Self.lookupSeconds).first?.int("number"), last > known
        else { return }
        let rows = try await events.query(ErasedVisitors.after(known), timeoutSeconds: Self.lookupSeconds)
        let end = journal.committedPosition
        state.withLock { state in
            state.erasures.last = last
            state.erasures.end = end
            for row in rows {
                let visitor = SessionPlacement.Visitor(project: Int32(row.int("project")), key: row.int("key"))
                let at = Instant(milliseconds: row.int("erased_at"))
                state.erasures.visitors[visitor] = max(at, state.erasures.visitors[visitor] ?? at)
            }
        }
    }

    /// The batch without facts of erased visitors that are older than the erasure, and the rows that it lacks.
    func withoutErased(_ batch: FactBatch, from start: JournalPosition) -> (batch: FactBatch, erased: [EncodedRow]) {
        let erasures = state.withLock { state in
            if start >= state.erasures.end { state.erasures.visitors = [:] }
            return state.erasures
        }
        let batch = batch.knowing(erasures.last)
        guard !erasures.visitors.isEmpty else { return (batch, []) }
        let isErased = batch.rows.map { Self.isErased($0, erasures.visitors) }
        guard isErased.contains(true) else { return (batch, []) }
        return (
            batch.without(isErased, refused: DropReason.erased.name), zip(batch.rows, isErased).filter(\.1).map(\.0)
        )
    }

    /// Whether a fact occurred before its visitor was erased. One that arrived in a later hour has been sent again since, or imported.
    private static func isErased(_ row: EncodedRow, _ visitors: [SessionPlacement.Visitor: Instant]) -> Bool {
        row.read { header, cursor in
            cursor.skip(1)
            guard case .int(let occurredAt)? = cursor.next(), case .int(let key)? = cursor.next(),
                let erasedAt = visitors[SessionPlacement.Visitor(project: header.project, key: key)]
            else { return false }
            return occurredAt < erasedAt.milliseconds && header.hour <= erasedAt.milliseconds
        }
    }
}

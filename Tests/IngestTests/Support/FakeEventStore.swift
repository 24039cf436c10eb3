import Common
@_spi(Host) import Storage
import Synchronization

/// An in-memory event store that a test can switch off, and that records its queries.
final class FakeEventStore: EventStore {
    struct Away: Error, CustomStringConvertible { let description = "the fake store is away" }

    struct State {
        var rows: [EncodedRow] = []
        var ids: Set<EncodedRow.EventID> = []
        var positions: [String: JournalPosition] = [:]
        var ledger: [LedgerEntry] = []
        var batches = 0
        var refusals = 0
        var queries: [String] = []
        var isAway = false
        var waiters: [(until: @Sendable (borrowing State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let dialect = Dialect.duckdb
    private let state = Mutex(State())
    private let answer: @Sendable (String) async throws -> Rows

    init(answer: @escaping @Sendable (String) async throws -> Rows = { _ in Rows() }) { self.answer = answer }

    func read<Result>(_ body: (borrowing State) -> Result) -> Result { state.withLock { body($0) } }
    var labels: [String] { read { $0.rows.map(\.label) } }
    var queries: [String] { read { $0.queries } }

    func setAway(_ isAway: Bool) { change { $0.isAway = isAway } }

    /// Returns as soon as `condition` holds.
    func wait(until condition: @escaping @Sendable (borrowing State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let holds = state.withLock { state in
                if condition(state) { return true }
                state.waiters.append((condition, continuation))
                return false
            }
            if holds { continuation.resume() }
        }
    }

    private func change<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        let (result, ready) = try state.withLock { state in
            let result = try body(&state)
            let waiters = state.waiters
            state.waiters = []
            var ready: [CheckedContinuation<Void, Never>] = []
            for waiter in waiters {
                if waiter.until(state) { ready.append(waiter.continuation) } else { state.waiters.append(waiter) }
            }
            return (result, ready)
        }
        for continuation in ready { continuation.resume() }
        return result
    }

    // MARK: EventStore

    func reader(of project: Int32, secondsPerBatch: Double) throws -> any BatchReader { throw ServiceError.notFound("Reader", "") }

    func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows {
        let (text, values) = statement.rendered(for: dialect)
        let question = ([text] + values.map { "\($0)" }).joined(separator: " | ")
        change { $0.queries.append(question) }
        return try await answer(question)
    }

    func apply(_ batch: FactBatch) async throws -> AppliedBatch {
        // As real stores do.
        try Task.checkCancellation()
        let outcome: AppliedBatch? = change { state in
            guard !state.isAway else {
                state.refusals += 1
                return nil
            }
            state.batches += 1
            return Self.apply(batch, to: &state)
        }
        guard let outcome else { throw Away() }
        return outcome
    }

    private static func apply(_ batch: FactBatch, to state: inout State) -> AppliedBatch {
        guard batch.position > state.positions[batch.journal] ?? .start else {
            return AppliedBatch(duplicates: batch.rows.map { _ in false }, wasApplied: true)
        }
        state.positions[batch.journal] = batch.position
        state.ledger += batch.ledger
        var isDuplicate = false
        let duplicates = batch.rows.map { row in
            let header = row.read { header, _ in header }
            if header.role == .event { isDuplicate = row.eventIDs.reduce(false) { !state.ids.insert($1).inserted || $0 } }
            let leftOut = isDuplicate && header.role != .note
            if !leftOut { state.rows.append(row) }
            return leftOut
        }
        return AppliedBatch(duplicates: duplicates)
    }

    func change(_ statements: [SQL]) async throws {}
    func position(of journal: String) async throws -> JournalPosition? { read { $0.positions[journal] } }
    func ping() async throws {}
    func backup(to path: String) async throws -> [String: Int64] { [:] }
    func restore(from path: String) async throws {}
    func close() async {}
}

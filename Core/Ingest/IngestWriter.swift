import Common
import Logging
import ServiceLifecycle
import Storage
import Synchronization

/// Follows the journal into the event store: reads what is on disk, applies it in batches, releases it.
///
/// Nothing waits here before an event is acknowledged. A report does: `settle()` returns once everything that was
/// acknowledged before the call can be queried.
public final class IngestWriter: Service {
    public struct Settings: Sendable {
        /// A batch is written when so much has gathered ...
        public var batchBytes = 8 << 20
        /// ... or this long after its first event, or as soon as a report asks.
        public var intervalMilliseconds = 100
        public init() {}
    }

    private let journal: Journal
    private let events: any EventStore
    private let tables: [FactTable]
    private let counters: IngestCounters
    private let settings: Settings
    private let placement: SessionPlacement
    private let logger: Logger
    private let applied: @Sendable (_ rows: [EncodedRow], _ duplicates: [Bool]) async -> Void
    private let state = Mutex(State())

    private struct State {
        var applied = JournalPosition.start
        /// The batch that was last given to the event store, until it is known to be there.
        var batch: FactBatch?
        /// Whether it was tried before, so that it may be there though that failed.
        var isTried = false
        var waiters: [(until: JournalPosition, continuation: CheckedContinuation<Void, any Error>)] = []
        var failure: String?
        var wakeUp: CheckedContinuation<Void, Never>?
        var isHurried = false
    }

    /// - Parameter applied: told of every batch after it can be queried, in order: what fan-out is driven by.
    public init(
        journal: Journal, events: any EventStore, tables: [FactTable], counters: IngestCounters, settings: Settings = Settings(),
        sessionTimeoutMinutes: Int = 30, logger: Logger, applied: @escaping @Sendable (_ rows: [EncodedRow], _ duplicates: [Bool]) async -> Void
    ) {
        self.journal = journal
        self.events = events
        self.tables = tables
        self.counters = counters
        self.settings = settings
        placement = SessionPlacement(tables: tables, events: events, timeoutMinutes: sessionTimeoutMinutes)
        self.logger = logger
        self.applied = applied
    }

    /// Finds where the event store stands, and applies what the journal has beyond that. Before the first request.
    public func recover() async throws {
        try await events.claim(journal: journal.id)
        let known = try await events.position(of: journal.id), stored = known ?? .start
        if let loss = try journal.begin(behind: known) { logger.error("events may be lost", metadata: ["reason": "\(loss)"]) }
        advance(to: max(stored, journal.startPosition))
        while try await applyNext(isRecovering: true) {}
    }

    // MARK: For reports

    /// Returns once everything that is acknowledged now can be queried.
    /// - Throws: 503 while the event store is away.
    public func settle() async throws {
        let until = journal.committedPosition
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            enum Verdict { case done, failed(String), waits(CheckedContinuation<Void, Never>?) }
            let verdict: Verdict = state.withLock { state in
                if state.applied >= until { return .done }
                if let failure = state.failure { return .failed(failure) }
                state.waiters.append((until, continuation))
                state.isHurried = true
                defer { state.wakeUp = nil }
                return .waits(state.wakeUp)
            }
            switch verdict {
            case .done: continuation.resume()
            case .failed(let failure): continuation.resume(throwing: Self.away(failure))
            case .waits(let wakeUp): wakeUp?.resume()
            }
        }
    }

    /// Takes what is stored out of the journal's files, too. After an erasure, as events lie there until their segment is full.
    public func dropStored() async {
        await journal.beginSegment()
        // While the store is away the old segment stays; it goes with the first batch after that.
        try? await settle()
    }

    /// Returns once everything that was appended to the journal lies on disk, also what nobody waited for.
    func flush() async { await journal.flush() }

    private static func away(_ failure: String) -> ServiceError {
        .unavailable(
            "events_unavailable", "The event store is not available at the moment; events are kept and will appear. Try again in 5 seconds.",
            retryAfterSeconds: 5)
    }

    /// Why the last batch could not be applied; nil when it could.
    public var failure: String? { state.withLock { $0.failure } }

    public var appliedPosition: JournalPosition { state.withLock { $0.applied } }

    // MARK: Running

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in self.journal.commits() {
                await self.gather()
                await self.applyAll()
                if Task.isCancelled { break }
            }
        }
        // What was acknowledged and is not applied yet; if the store is away it stays in the journal for the next start.
        // In a task of its own, as this one may be cancelled: where clients didn't leave within the grace of a shutdown.
        await Task { await applyAll(once: true) }.value
    }

    /// Lets a batch gather, unless a report waits.
    private func gather() async {
        let pause = settings.intervalMilliseconds
        guard pause > 0, !state.withLock({ $0.isHurried }) else { return }
        let timer = Task {
            let isOver = (try? await Task.sleep(for: .milliseconds(pause))) != nil
            self.state.withLock { state in
                // For where it is over before anybody has come to wait for its end.
                if isOver { state.isHurried = true }
                defer { state.wakeUp = nil }
                return state.wakeUp
            }?.resume()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    guard !state.isHurried, !Task.isCancelled else { return true }
                    state.wakeUp = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            timer.cancel()
        }
        timer.cancel()
    }

    private func applyAll(once: Bool = false) async {
        state.withLock { $0.isHurried = false }
        var pause = 100
        while true {
            do {
                // Not until nothing is left: under load there always is a little more, and tiny batches would follow each other.
                let until = journal.committedPosition
                while once || appliedPosition < until, try await applyNext() {}
                return
            } catch is CancellationError where Task.isCancelled && !once {
                return  // the host stops; `run` applies what is left
            } catch {
                let failure = "\(error)"
                if state.withLock({ $0.failure }) == nil {
                    logger.error("events wait in the journal: the event store refused a batch", metadata: ["error": "\(failure)"])
                }
                fail(failure)
                if once || Task.isCancelled { return }
                try? await Task.sleep(for: .milliseconds(pause))
                pause = min(pause * 2, 5_000)
            }
        }
    }

    private func fail(_ failure: String) {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            state.failure = failure
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(throwing: Self.away(failure)) }
    }

    /// Applies one batch; false when there is nothing more.
    private func applyNext(isRecovering: Bool = false) async throws -> Bool {
        // A batch that failed is tried again as it was: it may be stored all the same, as when the database went away
        // during COMMIT. The store knows it by its position; one that reaches further would hold its rows twice.
        let failed = state.withLock { $0.batch }
        guard var batch = try failed ?? nextBatch() else { return false }
        if failed == nil { batch = try await placement.placed(batch) }
        state.withLock { [batch] in $0.batch = batch }
        let outcome: AppliedBatch
        do { outcome = try await events.apply(batch) } catch {
            state.withLock { $0.isTried = true }
            throw error
        }
        // Never let go of: the journal has what nobody else has.
        guard !outcome.wasApplied || state.withLock({ $0.isTried }) else { throw JournalInUse(journal: journal.id) }
        state.withLock { state in
            state.batch = nil
            state.isTried = false
            state.failure = nil
        }
        // Another process wrote them down, and counted them as waiting.
        if isRecovering { counters.kept(batch.rows) }
        counters.applied(rows: batch.rows, duplicates: outcome.duplicates)
        for project in Set(batch.moves.map(\.project)) { counters.changed(project: project) }
        await applied(batch.rows, outcome.duplicates)
        advance(to: batch.position)
        return true
    }

    /// What the journal has after the last batch; nil for nothing.
    private func nextBatch() throws -> FactBatch? {
        let position = appliedPosition
        let (records, next) = try journal.read(from: position, maximumBytes: settings.batchBytes)
        guard !records.isEmpty else {
            // The end of a segment is the beginning of the next one, and somebody may wait for that.
            if next > position { advance(to: next) }
            return nil
        }
        let parsed = try records.map(JournalRecord.init)
        return FactBatch(
            journal: journal.id, position: next, tables: tables, rows: parsed.flatMap(\.rows), ledger: Self.summed(parsed.flatMap(\.ledger)),
            trace: { row in row.read { header, _ in self.tables[header.table].name == Activity.table.name } ? Activity.trace(of: row) : nil })
    }

    private static func summed(_ entries: [LedgerEntry]) -> [LedgerEntry] {
        var counts: [LedgerEntry: Int64] = [:]
        for entry in entries {
            let line = LedgerEntry(project: entry.project, hour: entry.hour, outcome: entry.outcome, reason: entry.reason, count: 0)
            counts[line, default: 0] += entry.count
        }
        return counts.filter { $0.value > 0 }.map {
            LedgerEntry(project: $0.project, hour: $0.hour, outcome: $0.outcome, reason: $0.reason, count: $1)
        }
    }

    private func advance(to position: JournalPosition) {
        journal.release(before: position)
        let ready = state.withLock { state in
            state.applied = position
            let ready = state.waiters.filter { $0.until <= position }
            state.waiters.removeAll { $0.until <= position }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }
}

import Common
import Logging
import ServiceLifecycle
import Storage
import Synchronization

/// Follows the journal into the event store: reads what is on disk, applies it in batches, releases it.
///
/// No event waits here before it is acknowledged; batches wait at the door while the writer has enough to do
/// (`IngestWriter+Waiting.swift`). A report waits for what was acknowledged for its project before it was asked.
public final class IngestWriter: Service {
    public struct Settings: Sendable {
        /// The writer waits for more this long after the first event, unless a report asks or a batch waits at the door.
        public var intervalMilliseconds = 100
        /// A batch for the store takes about so long, as measured, while imports have the host to themselves, and while they share it; and has
        /// at most so many bytes. Reports wait for the one that is under way, at the least.
        var batchSecondsAlone = 0.3
        var batchSecondsShared = 0.1
        var batchBytes = 64 << 10...8 << 20
        /// Imports alone may have larger ones, where the question that comes before each takes long.
        var batchBytesAlone = 32 << 20
        /// So long a report waits for what was acknowledged before it.
        var reportPatience = Duration.seconds(2)
        var door = BatchDoor.Settings()
        /// For how long batches take.
        var now: @Sendable () -> ContinuousClock.Instant = { .now }
        public init() {}
    }

    let journal: Journal
    private let events: any EventStore
    private let tables: [FactTable]
    private let counters: IngestCounters
    let settings: Settings
    private let placement: SessionPlacement
    /// Who may send batches, and up to where events are acknowledged.
    let door: BatchDoor
    let acknowledged = Acknowledged()
    private let logger: Logger
    private let applied: @Sendable (_ rows: [EncodedRow], _ duplicates: [Bool]) async -> Void
    private let state = Mutex(State())

    private struct State {
        var applied = JournalPosition.start
        /// The batch that was last given to the event store, until it is known to be there.
        var batch: Batch?
        /// Whether it was tried before, so that it may be there though that failed.
        var isTried = false
        /// Whether another host was found to apply the same journal: what is there then is its batch, not this one.
        var isContested = false
        var speed = WriterSpeed()
        /// How long the store was asked for sessions, before the last batch.
        var placementSeconds = 0.0
        var waiters: [(until: JournalPosition, wait: TimedWait<Bool>)] = []
        var failure: String?
        var wakeUp: CheckedContinuation<Void, Never>?
        var isHurried = false
    }

    private struct Batch {
        var facts: FactBatch
        /// What it takes in the journal.
        let bytes: Int
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
        door = BatchDoor(journal, acknowledged, settings.door)
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

    // MARK: For those who wait

    /// Waits until the store has come to `position`; false when it has not within `limit`.
    /// - Throws: 503 while the event store is away.
    func wait(until position: JournalPosition, within limit: Duration? = nil) async throws -> Bool {
        let wait = TimedWait<Bool>()
        let isDone = try state.withLock { state in
            if state.applied >= position { return true }
            if let failure = state.failure { throw Self.away(failure) }
            state.waiters.append((position, wait))
            return false
        }
        guard !isDone else { return true }
        hurry()
        let isThere = try await wait.outcome(within: limit, late: false)
        if !isThere { state.withLock { $0.waiters.removeAll { $0.wait === wait } } }
        return isThere
    }

    /// Lets the writer begin with what it has.
    func hurry() {
        state.withLock { state in
            state.isHurried = true
            defer { state.wakeUp = nil }
            return state.wakeUp
        }?.resume()
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

    /// As measured lately; nil before the first batch.
    var bytesPerSecond: Double? { state.withLock { $0.speed.bytesPerSecond } }

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

    /// Lets a batch gather, unless a report waits or it is complete.
    private func gather() async {
        let pause = settings.intervalMilliseconds
        guard pause > 0, !state.withLock({ $0.isHurried }), journal.backlogBytes < maximumBytes(isRecovering: false) else { return }
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
        for waiter in waiters { waiter.wait.end(.failure(Self.away(failure))) }
        door.setOpen(true)
    }

    /// Applies one batch; false when there is nothing more.
    private func applyNext(isRecovering: Bool = false) async throws -> Bool {
        // A batch that failed is tried again as it was: it may be stored all the same, as when the database went away
        // during COMMIT. The store knows it by its position; one that reaches further would hold its rows twice.
        let start = settings.now(), failed = state.withLock { $0.batch }
        guard var batch = try failed ?? nextBatch(isRecovering: isRecovering) else { return false }
        if failed == nil {
            batch.facts = try await placement.placed(batch.facts)
            let asked = start.duration(to: settings.now()) / .seconds(1)
            state.withLock { $0.placementSeconds = asked }
        }
        state.withLock { [batch] in $0.batch = batch }
        let outcome: AppliedBatch
        do {
            outcome = try await events.apply(batch.facts)
            // Never let go of: the journal has what nobody else has.
            if outcome.wasApplied, state.withLock({ !$0.isTried || $0.isContested }) { throw JournalInUse(journal: journal.id) }
        } catch {
            state.withLock { if error is JournalInUse { $0.isContested = true } else { $0.isTried = true } }
            throw error
        }
        let took = start.duration(to: settings.now()) / .seconds(1)
        let wasAway = state.withLock { state in
            state.batch = nil
            state.isTried = false
            state.isContested = false
            state.speed.add(bytes: batch.bytes, seconds: took)
            defer { state.failure = nil }
            return state.failure != nil
        }
        if wasAway { door.setOpen(false) }
        let rows = batch.facts.rows
        // Another process wrote them down, and counted them as waiting.
        if isRecovering { counters.kept(rows) }
        counters.applied(rows: rows, duplicates: outcome.duplicates)
        for project in Set(batch.facts.moves.map(\.project)) { counters.changed(project: project) }
        await applied(rows, outcome.duplicates)
        advance(to: batch.facts.position)
        return true
    }

    /// Nobody waits while it recovers, and large batches take less time in all.
    private func maximumBytes(isRecovering: Bool) -> Int {
        let range = settings.batchBytes
        guard !isRecovering else { return range.upperBound }
        guard let bytesPerSecond else { return range.lowerBound }
        return Int(min(max(bytesPerSecond * batchSeconds, Double(range.lowerBound)), Double(acknowledged.isShared ? range.upperBound : settings.batchBytesAlone)))
    }

    /// The question that comes before a batch takes as long for a small one. It may take half of the time, and a quarter where nobody waits.
    private var batchSeconds: Double {
        let asked = state.withLock { $0.placementSeconds }
        return acknowledged.isShared ? max(settings.batchSecondsShared, 2 * asked) : max(settings.batchSecondsAlone, 4 * asked)
    }

    /// What the journal has after the last batch; nil for nothing.
    private func nextBatch(isRecovering: Bool) throws -> Batch? {
        let position = appliedPosition
        let (records, next) = try journal.read(from: position, maximumBytes: maximumBytes(isRecovering: isRecovering))
        guard !records.isEmpty else {
            // The end of a segment is the beginning of the next one, and somebody may wait for that.
            if next > position { advance(to: next) }
            return nil
        }
        let parsed = try records.map(JournalRecord.init)
        let facts = FactBatch(
            journal: journal.id, position: next, tables: tables, rows: parsed.flatMap(\.rows), ledger: Self.summed(parsed.flatMap(\.ledger)),
            trace: { row in row.read { header, _ in self.tables[header.table].name == Activity.table.name } ? Activity.trace(of: row) : nil })
        return Batch(facts: facts, bytes: records.reduce(0) { $0 + $1.count })
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
        let (ready, bytesPerSecond) = state.withLock { state in
            state.applied = position
            let ready = state.waiters.filter { $0.until <= position }
            state.waiters.removeAll { $0.until <= position }
            return (ready, state.speed.bytesPerSecond)
        }
        acknowledged.applied(upTo: position)
        door.applied(upTo: position, bytesPerSecond: bytesPerSecond, batchSeconds: batchSeconds)
        for waiter in ready { waiter.wait.end(.success(true)) }
    }
}

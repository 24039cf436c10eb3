import Common
import Logging
@_spi(Host) import Questions
import ServiceLifecycle
@_spi(Host) import Storage
import Synchronization

/// Moves events from the journal to the event store. It reads what is on disk, applies it in batches, and releases it in the journal.
///
/// The writer never delays an acknowledgement. Only large request bodies wait for the writer, in `BatchDoor`, while it is busy. A report
/// waits for the events of its project that were acknowledged before the report (`IngestWriter+Waiting.swift`).
@_spi(Host) public final class IngestWriter: Service {
    /// Sizes and times of the writer's batches.
    public struct Settings: Sendable {
        /// How long the writer waits for more events after the first one. It doesn't wait if a report or a batch at the door is waiting.
        public var intervalMilliseconds = 100
        /// How long a batch should take, in seconds. A report waits at least for the batch in progress. `batchSecondsShared` applies while
        /// one project sends live events during another project's import; otherwise `batchSecondsAlone` applies. `batchBytes` bounds the
        /// size of a batch.
        var batchSecondsAlone = 0.3
        var batchSecondsShared = 0.1
        var batchBytes = 64 << 10...8 << 20
        /// The upper bound of `batchBytes` unless one project sends live events during another project's import. It is larger because the
        /// session lookup before each batch may take long.
        var batchBytesAlone = 32 << 20
        /// How long a report waits for the events acknowledged before it.
        var reportPatience = Duration.seconds(2)
        var door = BatchDoor.Settings()
        /// The clock that measures how long batches take.
        var now: @Sendable () -> ContinuousClock.Instant = { .now }
        public init() {}
    }

    let journal: Journal
    let events: any EventStore
    let tables: [FactTable]
    private let translations: Translations
    let counters: IngestCounters
    let settings: Settings
    private let placement: SessionPlacement
    /// Decides when batches may enter the journal.
    let door: BatchDoor
    /// Where the acknowledged events of each project end in the journal.
    let acknowledged = Acknowledged()
    let logger: Logger
    private let followers: Followers?
    private let applied: @Sendable (_ rows: [EncodedRow], _ duplicates: [Bool]) async -> Void
    let state = Mutex(State())

    struct State {
        var applied = JournalPosition.start
        /// The batch last sent to the event store, until it is known to be stored.
        var batch: Batch?
        /// Whether an earlier attempt to store the batch failed. The batch may have been stored nevertheless.
        var isTried = false
        /// Whether another host was found to be using the same journal id. The batch in the store is then that host's batch, not this one.
        var isContested = false
        var speed = WriterSpeed()
        /// How long the session lookup before the last batch took.
        var placementSeconds = 0.0
        var waiters: [(until: JournalPosition, wait: TimedWait<Bool>)] = []
        var failure: String?
        var wakeUp: CheckedContinuation<Void, Never>?
        var isHurried = false
        /// How many rows are set aside in the store, by the table that they belong to.
        var setAside: [String: Int] = [:]
        var erasures = Erasures()
    }

    struct Batch {
        /// The batch as it is in the journal, and as it is to be stored.
        let read: FactBatch
        var facts: FactBatch
        /// The rows of erased visitors, which are not stored.
        var erased: [EncodedRow] = []
        let start: JournalPosition
        /// The size of the batch in the journal.
        let bytes: Int
        /// Whether the table numbers of the batch's rows are certain.
        let hasHeading: Bool
    }

    /// - Parameters:
    ///   - unnamed: the tables that the numbers may mean in segments without a heading, the likeliest first; nil for `tables`.
    ///   - followers: told how far the event store has come.
    ///   - applied: called for every batch, in order, once its rows can be queried; it drives the live stream.
    public init(
        journal: Journal, events: any EventStore, tables: [FactTable], unnamed: [[FactTable]]? = nil, counters: IngestCounters,
        settings: Settings = Settings(),
        sessionTimeoutMinutes: Int = 30, logger: Logger, followers: Followers? = nil,
        applied: @escaping @Sendable (_ rows: [EncodedRow], _ duplicates: [Bool]) async -> Void
    ) {
        self.journal = journal
        self.events = events
        self.tables = tables
        translations = Translations(to: tables, unnamed: unnamed ?? [tables])
        self.counters = counters
        self.settings = settings
        placement = SessionPlacement(tables: tables, events: events, timeoutMinutes: sessionTimeoutMinutes)
        door = BatchDoor(journal, acknowledged, settings.door)
        self.logger = logger
        self.followers = followers
        self.applied = applied
    }

    /// Finds the position of the event store, and applies everything after it in the journal. Call this before the first request.
    /// - Parameter mayWait: whether events may stay in the journal if a part of the event store is unavailable. The writer then goes on later.
    /// - Returns: whether everything was applied.
    @discardableResult
    public func recover(mayWait: Bool = false) async throws -> Bool {
        try await events.claim(journal: journal.id)
        let position = try await events.position(of: journal.id), stored = position ?? .start
        if let loss = try journal.begin(behind: position) { logger.error("events may be lost", metadata: ["reason": "\(loss)"]) }
        advance(to: max(stored, journal.startPosition))
        try await learnErasures()
        do {
            while try await applyNext(isRecovering: true) {}
            try await takeBack()
        } catch let error as ServiceError where mayWait && error.status == 503 {
            fail("\(error)")
            return false
        }
        return true
    }

    // MARK: Waiting

    /// Waits until the store has reached `position`. Returns false if that takes longer than `limit`.
    /// - Throws: 503 while the event store is unavailable.
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

    /// Makes the writer start without waiting for more events.
    func hurry() {
        state.withLock { state in
            state.isHurried = true
            defer { state.wakeUp = nil }
            return state.wakeUp
        }?.resume()
    }

    /// Removes stored events from the journal's files after an erasure. Otherwise they would stay until their segment is full.
    public func dropStored() async {
        await journal.beginSegment()
        // If the store is unavailable, the old segment stays until the store has applied it.
        try? await settle()
    }

    /// Returns once everything appended to the journal is on disk, including records that no caller waited for.
    func flush() async { await journal.flush() }

    private static func away(_ failure: String) -> ServiceError {
        .unavailable(
            "events_unavailable",
            "The event store is unavailable at the moment. Events are kept and will appear later. Try again in 5 seconds.",
            retryAfterSeconds: 5)
    }

    /// Why the last batch could not be applied; nil if it was applied.
    public var failure: String? { state.withLock { $0.failure } }

    /// The position in the journal up to which the event store has applied records.
    public var appliedPosition: JournalPosition { state.withLock { $0.applied } }

    /// The measured speed of recent batches; nil before the first.
    var bytesPerSecond: Double? { state.withLock { $0.speed.bytesPerSecond } }

    // MARK: Running

    /// Applies batches until shutdown, and applies the remaining ones during shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in self.journal.commits() {
                await self.gather()
                await self.applyAll()
                if Task.isCancelled { break }
            }
        }
        // Applies what is acknowledged but not applied yet. If the store is unavailable, the events stay in the journal for the next start.
        // Runs in its own task, because this one is cancelled if clients don't disconnect within the grace period of a shutdown.
        await Task { await applyAll(once: true) }.value
    }

    /// Waits for more events for the batch, unless a report is waiting or the batch is full.
    private func gather() async {
        let pause = settings.intervalMilliseconds
        guard pause > 0, !state.withLock({ $0.isHurried }), journal.backlogBytes < maximumBytes(isRecovering: false) else { return }
        let timer = Task {
            let isOver = (try? await Task.sleep(for: .milliseconds(pause))) != nil
            self.state.withLock { state in
                // The pause may end before anyone waits for it.
                if isOver { state.isHurried = true }
                defer { state.wakeUp = nil }
                return state.wakeUp
            }?.resume()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard !state.isHurried, !Task.isCancelled else { return true }
                    state.wakeUp = continuation
                    return false
                }
                if isReady { continuation.resume() }
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
                // Stops at the current end of the records on disk. Under load there are always a few more, which would be applied in tiny
                // batches.
                let until = journal.committedPosition
                while once || appliedPosition < until, try await applyNext() {}
                return
            } catch is CancellationError where Task.isCancelled && !once {
                return  // the host is stopping; `run` applies the remaining events
            } catch {
                let failure = "\(error)"
                if state.withLock({ $0.failure }) == nil {
                    logger.error("events wait in the journal: the event store could not apply a batch", metadata: ["error": "\(failure)"])
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

    /// Applies one batch. Returns false when the journal has nothing more.
    private func applyNext(isRecovering: Bool = false) async throws -> Bool {
        // A failed batch is retried unchanged, because it may have been stored after all, for example if the database went away during
        // COMMIT. The store recognizes the batch by its position; a longer batch would store the same rows twice.
        let start = settings.now(), failed = state.withLock { $0.batch }
        guard var batch = try failed ?? nextBatch(isRecovering: isRecovering) else { return false }
        if failed == nil {
            batch = try await prepared(batch)
            let seconds = start.duration(to: settings.now()) / .seconds(1)
            state.withLock { $0.placementSeconds = seconds }
        }
        state.withLock { [batch] in $0.batch = batch }
        let outcome: AppliedBatch
        do {
            outcome = try await events.apply(batch.facts)
            // The batch is never dropped, because its events exist only in the journal.
            if outcome.wasApplied, state.withLock({ !$0.isTried || $0.isContested }) { throw JournalInUse(journal: journal.id) }
        } catch is FactBatch.UnknownErasure {
            try await learnErasures()
            batch = try await prepared(batch)
            state.withLock { [batch] in $0.batch = batch }
            return true
        } catch let error as RowMismatch where batch.hasHeading {
            // Nothing of the batch is stored. The rows that don't fit are set aside, so they don't stop the facts behind them.
            guard let rest = setAside(in: batch.facts, after: error) else { throw error }
            state.withLock { $0.batch?.facts = rest }
            return true
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
        // An earlier process wrote these rows to the journal, so this process has not counted them as waiting.
        if isRecovering { counters.kept(batch.read.rows) }
        counters.erased(batch.erased)
        counters.applied(rows: rows, duplicates: outcome.duplicates)
        noteSetAside(rows, outcome.duplicates)
        for project in Set(batch.facts.moves.map(\.project)) { counters.changed(project: project) }
        await applied(rows, outcome.duplicates)
        advance(to: batch.facts.position)
        return true
    }

    /// The batch without facts of erased visitors, and with each row in its session.
    private func prepared(_ batch: Batch) async throws -> Batch {
        var batch = batch
        (batch.facts, batch.erased) = withoutErased(batch.read, from: batch.start)
        batch.facts = try await placement.placed(batch.facts)
        return batch
    }

    /// The size of the next batch. During recovery no report waits, and large batches take less time in total.
    private func maximumBytes(isRecovering: Bool) -> Int {
        let range = settings.batchBytes
        guard !isRecovering else { return range.upperBound }
        guard let bytesPerSecond else { return range.lowerBound }
        return Int(
            min(
                max(bytesPerSecond * batchSeconds, Double(range.lowerBound)),
                Double(acknowledged.isShared ? range.upperBound : settings.batchBytesAlone)))
    }

    /// How long the next batch should take. The session lookup before a batch takes as long for a small batch as for a large one. So the
    /// target is at least four times as long as the last lookup, or twice as long while one project sends live events during another
    /// project's import.
    private var batchSeconds: Double {
        let lookup = state.withLock { $0.placementSeconds }
        return acknowledged.isShared ? max(settings.batchSecondsShared, 2 * lookup) : max(settings.batchSecondsAlone, 4 * lookup)
    }

    /// The next batch from the journal; nil when the journal has nothing more.
    private func nextBatch(isRecovering: Bool) throws -> Batch? {
        let position = appliedPosition
        let reading = try journal.read(from: position, maximumBytes: maximumBytes(isRecovering: isRecovering))
        guard !reading.records.isEmpty else {
            // The end of a segment is the same place as the start of the next one, and a caller may be waiting for that position.
            if reading.next > position { advance(to: reading.next) }
            return nil
        }
        let parsed = try reading.records.map(JournalRecord.init)
        var rows = parsed.flatMap(\.rows)
        if let translation = try translations.translation(of: reading, in: journal) { rows = rows.map { translation($0) } }
        let facts = FactBatch(
            journal: journal.id, position: reading.next, tables: tables, rows: rows, ledger: Self.summed(parsed.flatMap(\.ledger)),
            trace: { row in row.read { header, _ in self.tables[header.table].name == Activity.table.name } ? Activity.trace(of: row) : nil
            },
            alongside: { [journal, keepsDuplicates = followers?.isEmpty == false] duplicates in
                guard keepsDuplicates else { return [] }
                let records = zip(reading.offsets, parsed).map { ($0, $1.rows.count) }
                return FollowedDuplicates.insertion(
                    journal: journal.id, from: reading.start, to: reading.next, records: records, duplicates: duplicates
                ).map { [.init($0)] } ?? []
            })
        return Batch(
            read: facts, facts: facts, start: reading.start, bytes: reading.records.reduce(0) { $0 + $1.count },
            hasHeading: reading.heading != nil)
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
        followers?.advance(to: position)
        acknowledged.applied(upTo: position)
        door.applied(upTo: position, bytesPerSecond: bytesPerSecond, batchSeconds: batchSeconds)
        for waiter in ready { waiter.wait.end(.success(true)) }
    }
}

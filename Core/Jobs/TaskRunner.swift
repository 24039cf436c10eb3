import Common
import Logging
import Metrics
import ServiceLifecycle
import Synchronization

/// Runs the tasks of this host's kinds, a few at a time, until shutdown.
///
/// Wakes when a task is enqueued here, when another host says that there is something to do, and when the next task is due. Nothing is
/// asked of the store in between, but for a look every `lookSeconds` in case a message was lost.
@_spi(Host) public actor TaskRunner: Service {
    public struct Settings: Sendable {
        /// The most tasks that run at the same time.
        public var concurrency = 4
        /// How long a lease lasts. It is renewed three times in that time.
        public var leaseSeconds = 60
        var lookSeconds: Int64 = 30
        /// How long running tasks have at shutdown until their leases are left to end by themselves.
        var patienceSeconds: Int64 = 10
        public init() {}
    }

    private struct Run {
        let task: StoredTask
        let work: Task<Void, Never>
    }

    let store: TaskStore
    private let settings: Settings
    /// Refuses a task whose maker may not have it run any more; see `init`.
    private let admit: @Sendable (StoredTask) async throws -> Void
    /// This process, in leases. Never the name of an earlier process, whose leases must end.
    let owner: String
    private let metrics: TaskMetrics
    private let logger: Logger
    private var running: [String: Run] = [:]
    private var isStopping = false
    private var isLooking = false
    /// Those that wait until the look in progress is over.
    private var lookers: [CheckedContinuation<Void, Never>] = []
    private var hasBegun = false
    private var beginners: [CheckedContinuation<Void, Never>] = []

    /// - Parameters:
    ///   - host: a name of the host that people recognize.
    ///   - admit: called before each attempt. A task for which it throws a `ServiceError` with the status 403 is dead at once.
    public init(
        _ store: TaskStore, host: String, settings: Settings = Settings(), metrics: any MetricsFactory, logger: Logger,
        admit: @escaping @Sendable (StoredTask) async throws -> Void = { _ in }
    ) {
        self.store = store
        self.settings = settings
        self.admit = admit
        owner = "\(host) \(Identifiers.token(prefix: "", length: 8))"
        self.metrics = TaskMetrics(metrics)
        self.logger = logger
    }

    public func run() async throws {
        let follower = Task { for await _ in store.changes() { store.alarm.ring() } }
        let heart = Task {
            while (try? await Task.sleep(for: .seconds(Double(settings.leaseSeconds) / 3))) != nil { await renew() }
        }
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                let next = await look()
                await begin()
                await store.alarm.wait(milliseconds: min(max(next - store.time.now, 0), settings.lookSeconds * 1_000))
            }
        }
        follower.cancel()
        await stop()
        heart.cancel()
    }

    /// The code of an error that says that the maker lost its rights while the task ran.
    private static let lostRights = ServiceError(.makerGone(.nobody)).code

    private func begin() {
        hasBegun = true
        for beginner in beginners { beginner.resume() }
        beginners = []
    }

    /// Returns when the service has looked for the first time. For tests that move the clock.
    public func firstLook() async {
        guard !hasBegun else { return }
        await withCheckedContinuation { beginners.append($0) }
    }

    /// Starts what is due, as far as there is room.
    /// - Returns: when to look again, unless the alarm rings before.
    @discardableResult
    func look() async -> Instant {
        let later = store.time.now.adding(seconds: settings.lookSeconds)
        // The actor may be asked again while it waits for the store.
        guard !isStopping, !isLooking else { return later }
        isLooking = true
        defer {
            isLooking = false
            for looker in lookers { looker.resume() }
            lookers = []
        }
        do {
            try await metrics.update(from: store)
            while let time = try await store.nextTime(), time <= store.time.now, try await store.enqueueScheduled() > 0 {}
            while running.count < settings.concurrency, !isStopping {
                let held = Array(running.keys)
                guard let next = try await store.nextTask(holding: held), next <= store.time.now else {
                    let next = try await store.next(holding: held) ?? later
                    // Where a time has come, another host is at it.
                    return next <= store.time.now ? store.time.now.adding(seconds: 1) : min(next, later)
                }
                let found = try await store.claim(
                    atMost: settings.concurrency - running.count, for: owner, seconds: settings.leaseSeconds, holding: held)
                for task in found.dead { noteDeath(of: task) }
                for task in found.taken { start(task) }
                // Another host is taking what this one saw.
                if found.taken.isEmpty, found.dead.isEmpty { return store.time.now.adding(seconds: 1) }
            }
            // There is no room for more tasks until one ends, which rings the alarm.
            return max(min(later, try await store.nextTime() ?? later), store.time.now.adding(seconds: 1))
        } catch is CancellationError where Task.isCancelled {
            return later  // the host is stopping
        } catch {
            logger.warning("tasks could not be read and will be looked at again", metadata: ["error": "\(error)"])
            return store.time.now.adding(seconds: 5)
        }
    }

    private func start(_ task: StoredTask) {
        running[task.id] = Run(task: task, work: Task { await execute(task) })
    }

    private func execute(_ task: StoredTask) async {
        let start = ContinuousClock.now
        let outcome = await attempt(task)
        metrics.ran(task.kind, seconds: start.duration(to: .now) / .seconds(1))
        // A task of its own, because this one may be cancelled.
        await Task { await record(outcome, of: task) }.value
        running[task.id] = nil
        store.alarm.ring()
    }

    private func attempt(_ task: StoredTask) async -> TaskStore.Outcome {
        guard let kind = store.kinds[task.kind] else { return .released }
        do {
            do { try await admit(task) } catch let error as ServiceError where error.status == 403 { throw GiveUp(error.message) }
            let running = try RunningTask(
                id: task.id, project: task.project, maker: task.maker, payload: JSON.parse(task.payload), attempt: task.attempts,
                dueAt: task.dueAt)
            try await RunningTask.$currentMaker.withValue(task.maker) { try await kind.run(running) }
            return .done
        } catch let error as GiveUp {
            return .hopeless(error.description)
        } catch let error as ServiceError where error.code == Self.lostRights {
            return .hopeless(error.message)
        } catch {
            return isStopping && Task.isCancelled ? .released : .failed((error as? ServiceError)?.message ?? "\(error)")
        }
    }

    /// Stores how an attempt ended. While the store is away the lease is kept, so that nobody does the work again.
    private func record(_ outcome: TaskStore.Outcome, of task: StoredTask) async {
        while true {
            do {
                guard let stored = try await store.finish(task, outcome, for: owner) else {
                    metrics.ended(task.kind, "lost")
                    return logger.warning("a task's lease ended while it ran; another host does it again", metadata: metadata(task))
                }
                return note(outcome, stored)
            } catch {
                logger.warning("a task's outcome could not be stored", metadata: metadata(task, error: "\(error)"))
                if isStopping { return }
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }

    private func note(_ outcome: TaskStore.Outcome, _ task: StoredTask) {
        switch outcome {
        case .done: metrics.ended(task.kind, "done")
        case .released: metrics.ended(task.kind, "released")
        case .failed, .hopeless:
            guard task.state != .dead else { return noteDeath(of: task) }
            metrics.ended(task.kind, "failed")
            logger.warning("a task failed and will be retried", metadata: metadata(task, error: task.lastError))
        }
    }

    private func noteDeath(of task: StoredTask) {
        metrics.ended(task.kind, "dead")
        logger.error("a task failed for good; `pulse tasks retry` runs it again", metadata: metadata(task, error: task.lastError))
    }

    private func metadata(_ task: StoredTask, error: String? = nil) -> Logger.Metadata {
        var all: Logger.Metadata = ["task.id": "\(task.id)", "task.kind": "\(task.kind)", "task.attempt": "\(task.attempts)"]
        if let error { all["error"] = "\(error)" }
        return all
    }

    /// Renews the leases of running tasks, and cancels those that another host has taken.
    func renew() async {
        let held = running.values.map { ($0.task.id, $0.task.claims) }
        // If the store is away, the tasks go on: perhaps it is back before the leases end, and otherwise their outcome won't count.
        guard !held.isEmpty, let kept = try? await store.renew(held, of: owner, seconds: settings.leaseSeconds) else { return }
        for (id, _) in held where !kept.contains(id) { running[id]?.work.cancel() }
    }

    /// Runs everything that is due, and returns when nothing runs any more.
    public func settle() async {
        repeat {
            while isLooking { await withCheckedContinuation { lookers.append($0) } }
            await look()
            for work in running.values.map(\.work) { await work.value }
        } while await hasMore()
    }

    private func hasMore() async -> Bool {
        guard !isStopping, let next = try? await store.next(holding: Array(running.keys)) else { return !running.isEmpty }
        return next <= store.time.now
    }

    /// Cancels running tasks and waits until they have given their leases back.
    func stop() async {
        isStopping = true
        let works = running.values.map(\.work)
        for work in works { work.cancel() }
        let end = Alarm()
        Task {
            for work in works { await work.value }
            end.ring()
        }
        await end.wait(milliseconds: settings.patienceSeconds * 1_000)
    }
}

/// Counts what tasks do.
private final class TaskMetrics: Sendable {
    private let factory: any MetricsFactory
    private let waiting, dead: Gauge
    /// When the gauges were last updated. Counting takes longer than everything else that a look does.
    private let updated = Mutex<ContinuousClock.Instant?>(nil)

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        waiting = Gauge(label: "pulse_tasks_waiting", dimensions: [], factory: factory)
        dead = Gauge(label: "pulse_tasks_dead", dimensions: [], factory: factory)
    }

    func ended(_ kind: String, _ outcome: String) {
        Counter(label: "pulse_tasks_ended_total", dimensions: [("kind", kind), ("outcome", outcome)], factory: factory).increment()
    }

    func ran(_ kind: String, seconds: Double) {
        Metrics.Timer(label: "pulse_tasks_run_seconds", dimensions: [("kind", kind)], factory: factory).recordNanoseconds(
            Int64(seconds * 1e9))
    }

    func update(from store: TaskStore) async throws {
        let isDue = updated.withLock { last in
            guard last.map({ $0.duration(to: .now) >= .seconds(15) }) ?? true else { return false }
            last = .now
            return true
        }
        guard isDue else { return }
        let counts = try await store.counts()
        waiting.record(counts[.waiting] ?? 0)
        dead.record(counts[.dead] ?? 0)
    }
}

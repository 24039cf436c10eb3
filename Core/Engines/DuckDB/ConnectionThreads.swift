@_spi(Host) import Common
import Foundation
@_spi(Host) import Storage

/// Why a statement must stop.
enum StopReason: Sendable {
    case cancelled
    case timeout(seconds: Double)
    /// The store is closing, or has to reopen its file.
    case unavailable

    var error: any Error {
        switch self {
        case .cancelled: CancellationError()
        case .timeout(let seconds): QueryTimeout(seconds: seconds)
        case .unavailable: ServiceError.eventStoreUnavailable()
        }
    }
}

/// Dedicated threads for blocking DuckDB calls, each with its own connection. Event loops and Swift's thread pool never wait for
/// DuckDB. Jobs start in order of arrival.
///
/// A job may have a deadline, which includes its time in the queue. A watch thread interrupts jobs that are past their deadline,
/// and jobs whose task was cancelled.
///
/// `@unchecked Sendable`: its variables are touched only under `monitor`'s lock.
final class ConnectionThreads: @unchecked Sendable {
    /// A piece of work for a connection.
    ///
    /// `@unchecked Sendable`: `work` and `refuse` are set before the job is submitted and only read afterwards; `stop` and
    /// `connection` are touched only under the monitor's lock.
    private final class Job: @unchecked Sendable {
        let seconds: Double?
        let deadline: MonotonicTime?
        /// Does the work and returns a closure that delivers the outcome. That closure is called without holding any lock.
        var work: ((Connection) -> (StopReason?) -> Void)?
        /// Delivers an error to the caller instead of doing the work.
        var refuse: ((any Error) -> Void)?
        var stop: StopReason?
        /// The job's connection. Set while the work is running.
        var connection: Connection?

        init(timeoutSeconds: Double?) {
            seconds = timeoutSeconds
            deadline = timeoutSeconds.map { MonotonicTime.now.adding(seconds: $0) }
        }
    }

    private let monitor = Monitor()
    private let workToDo: Monitor.Condition
    private let somethingEnded: Monitor.Condition
    private let deadlines: Monitor.Condition

    private let connect: @Sendable () throws -> Connection
    private let maximumWaiting: Int
    private var waiting: [Job] = []
    private var running: [Job?]
    private var connections: [Connection?]
    private var isPaused = false
    private var isStopped = false
    private var threads: Int
    /// The number of calls of `close` that are closing connections.
    private var closers = 0
    /// When the watch thread will wake up next; nil while it is awake, and if no job needs watching.
    private var nextLook: MonotonicTime?

    /// The pause between two interrupts of a job that keeps running. One interrupt isn't enough: it has no effect if it arrives
    /// just before a statement begins.
    private static let interruptSeconds = 0.02

    /// Starts the threads.
    /// - Parameter maximumWaiting: the maximum number of queued jobs. Further jobs are rejected with a 503.
    init(name: String, count: Int, maximumWaiting: Int, connect: @escaping @Sendable () throws -> Connection) {
        workToDo = Monitor.Condition(of: monitor)
        somethingEnded = Monitor.Condition(of: monitor)
        deadlines = Monitor.Condition(of: monitor)
        self.connect = connect
        self.maximumWaiting = maximumWaiting
        running = Array(repeating: nil, count: count)
        connections = Array(repeating: nil, count: count)
        threads = count + 1
        for index in 0..<count { start("\(name)-\(index)") { $0.work(index) } }
        start("\(name)-watch") { $0.watch() }
    }

    private func start(_ name: String, _ body: @escaping @Sendable (ConnectionThreads) -> Void) {
        let thread = Thread {
            body(self)
            self.monitor.withLock {
                self.threads -= 1
                self.somethingEnded.wakeAll()
            }
        }
        thread.name = name
        // DuckDB's planner recurses once per nesting level of the statement.
        thread.stackSize = 8 << 20
        thread.start()
    }

    // MARK: Called by tasks

    /// Runs `body` on one of the threads, with its connection.
    /// - Throws: whatever `body` throws; `QueryTimeout`; `CancellationError`; `ServiceError` 503 when the queue is full or
    ///   the store is closed.
    func run<Answer: Sendable>(
        timeoutSeconds: Double? = nil, _ body: @escaping @Sendable (Connection) throws -> Answer
    ) async throws -> Answer {
        let job = Job(timeoutSeconds: timeoutSeconds)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Answer, any Error>) in
                job.refuse = { continuation.resume(throwing: $0) }
                job.work = { connection in
                    let result = Result { try body(connection) }
                    return { stop in continuation.resume(with: result.mapError { stop?.error ?? $0 }) }
                }
                submit(job)
            }
        } onCancel: {
            stop(job, .cancelled)
        }
    }

    /// Queues `body` without waiting for it. Drops it when the queue is full or the store is closed.
    func enqueue(_ body: @escaping @Sendable (Connection) -> Void) {
        let job = Job(timeoutSeconds: nil)
        job.refuse = { _ in }
        job.work = { connection in
            body(connection)
            return { _ in }
        }
        submit(job)
    }

    private func submit(_ job: Job) {
        let refusal: (any Error)? = monitor.withLock {
            if let stop = job.stop { return stop.error }
            if isStopped { return ServiceError.eventStoreUnavailable() }
            if waiting.count >= maximumWaiting { return ServiceError.eventStoreBusy }
            waiting.append(job)
            workToDo.wakeOne()
            if let deadline = job.deadline, nextLook.map({ deadline < $0 }) ?? true { deadlines.wakeOne() }
            return nil
        }
        if let refusal { job.refuse?(refusal) }
    }

    private func stop(_ job: Job, _ reason: StopReason) {
        let wasWaiting = monitor.withLock {
            if job.stop == nil { job.stop = reason }
            job.connection?.interrupt()
            deadlines.wakeOne()
            guard let place = waiting.firstIndex(where: { $0 === job }) else { return false }
            waiting.remove(at: place)
            return true
        }
        if wasWaiting { job.refuse?(reason.error) }
    }

    /// Stops running jobs, closes the connections, runs `body`, and then resumes with the queued jobs. Must not be called from one
    /// of these threads.
    func pause<Answer>(_ body: () throws -> Answer) rethrows -> Answer {
        let open = monitor.withLock {
            isPaused = true
            stopRunning()
            while running.contains(where: { $0 != nil }) { somethingEnded.wait() }
            return takeConnections()
        }
        for connection in open { connection.close() }
        defer {
            monitor.withLock {
                isPaused = false
                workToDo.wakeAll()
            }
        }
        return try body()
    }

    /// Shuts down: rejects queued jobs, gives running ones up to `graceSeconds` to finish, closes the connections and ends the threads.
    /// May be called several times; each call returns when all of this is done.
    func close(graceSeconds: Double) {
        let (refused, open) = monitor.withLock {
            isStopped = true
            closers += 1
            let refused = waiting
            waiting = []
            workToDo.wakeAll()
            let limit = MonotonicTime.now.adding(seconds: graceSeconds)
            while running.contains(where: { $0 != nil }), .now < limit { somethingEnded.wait(until: limit) }
            stopRunning()
            while running.contains(where: { $0 != nil }) { somethingEnded.wait() }
            return (refused, takeConnections())
        }
        for job in refused { job.refuse?(ServiceError.eventStoreUnavailable()) }
        for connection in open { connection.close() }
        monitor.withLock {
            closers -= 1
            somethingEnded.wakeAll()
            deadlines.wakeAll()
            while threads > 0 || closers > 0 { somethingEnded.wait() }
        }
    }

    private func stopRunning() {
        for job in running.compactMap({ $0 }) {
            if job.stop == nil { job.stop = .unavailable }
            job.connection?.interrupt()
        }
        deadlines.wakeAll()
    }

    private func takeConnections() -> [Connection] {
        defer { connections = Array(repeating: nil, count: connections.count) }
        return connections.compactMap { $0 }
    }

    // MARK: Threads

    private func work(_ index: Int) {
        while let job = nextJob(index) {
            let finish = perform(job, index)
            let stop = monitor.withLock {
                running[index] = nil
                job.connection = nil
                somethingEnded.wakeAll()
                return job.stop
            }
            finish(stop)
        }
    }

    /// Waits for the next job; nil when the threads should end.
    private func nextJob(_ index: Int) -> Job? {
        monitor.withLock {
            while !isStopped, isPaused || waiting.isEmpty { workToDo.wait() }
            if isStopped { return nil }
            let job = waiting.removeFirst()
            running[index] = job
            return job
        }
    }

    private func perform(_ job: Job, _ index: Int) -> (StopReason?) -> Void {
        do {
            // This entry is touched only by this thread, and by `pause` and `close` while no job is running.
            let kept = monitor.withLock { connections[index] }
            let connection = try kept ?? connect()
            let stop = monitor.withLock {
                connections[index] = connection
                job.connection = connection
                return job.stop
            }
            if let stop { throw stop.error }
            return job.work!(connection)
        } catch {
            return { stop in job.refuse?(stop?.error ?? error) }
        }
    }

    private func watch() {
        while true {
            let late: [Job]? = monitor.withLock {
                if isStopped, running.allSatisfy({ $0 == nil }) { return nil }
                let now = MonotonicTime.now
                for job in running.compactMap({ $0 }) {
                    if let deadline = job.deadline, deadline <= now, job.stop == nil {
                        job.stop = .timeout(seconds: job.seconds ?? 0)
                    }
                    if job.stop != nil { job.connection?.interrupt() }
                }
                let late = waiting.filter { $0.deadline.map { $0 <= now } ?? false }
                if !late.isEmpty {
                    waiting.removeAll { job in late.contains { $0 === job } }
                    return late
                }
                waitForNextLook(now)
                return []
            }
            guard let late else { return }
            for job in late { job.refuse?(QueryTimeout(seconds: job.seconds ?? 0)) }
        }
    }

    private func waitForNextLook(_ now: MonotonicTime) {
        let active = running.compactMap { $0 }
        nextLook =
            active.contains { $0.stop != nil }
            ? now.adding(seconds: Self.interruptSeconds)
            : (active + waiting).compactMap(\.deadline).min()
        if let nextLook { deadlines.wait(until: nextLook) } else { deadlines.wait() }
        nextLook = nil
    }
}

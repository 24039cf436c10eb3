import Foundation
import Synchronization

/// A dedicated thread that runs jobs one after another. The jobs share a state that never leaves the thread.
///
/// Use it for blocking libraries, so neither an event loop nor Swift's thread pool waits for them.
final class WorkerThread<State>: Sendable {
    private let jobs = JobQueue<State>()

    /// - Parameters:
    ///   - make: creates the state, on the thread.
    ///   - end: disposes of the state, on the thread, after the last job.
    init(name: String, make: @escaping @Sendable () -> State, end: @escaping @Sendable (State) -> Void) {
        let thread = Thread { [jobs] in
            let state = make()
            while let job = jobs.next() { job(state) }
            end(state)
        }
        thread.name = name
        thread.start()
    }

    deinit { jobs.stop() }

    /// Queues a job. If the thread has been stopped, returns false and doesn't run the job.
    func enqueue(_ job: @escaping @Sendable (State) -> Void) -> Bool { jobs.append(job) }

    /// Ends the thread after all queued jobs have run.
    func stop() { jobs.stop() }
}

/// The queue of a thread. It is separate from `WorkerThread`, so a running thread doesn't keep its owner alive.
private final class JobQueue<State>: Sendable {
    typealias Job = @Sendable (State) -> Void

    private let state = Mutex<(jobs: [Job], isStopped: Bool)>(([], false))
    private let signal = DispatchSemaphore(value: 0)

    func append(_ job: @escaping Job) -> Bool {
        let isAccepted = state.withLock { state in
            if !state.isStopped { state.jobs.append(job) }
            return !state.isStopped
        }
        if isAccepted { signal.signal() }
        return isAccepted
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        signal.signal()
    }

    /// Waits for the next job; nil after the last one.
    func next() -> Job? {
        while true {
            signal.wait()
            let (job, isStopped) = state.withLock { state in
                (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isStopped)
            }
            if let job { return job }
            if isStopped { return nil }
        }
    }
}

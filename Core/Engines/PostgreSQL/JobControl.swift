import Synchronization

/// How long a job may take, from now on.
struct JobLimit: Sendable {
    let seconds: Double
    let end: MonotonicTime

    init(seconds: Double) {
        self.seconds = seconds
        end = .now.adding(seconds: seconds)
    }
}

/// How long a job on a connection's thread may take, and whether its task was cancelled.
final class JobControl: Sendable {
    private let isCancelled = Atomic(false)
    private let limit: JobLimit?
    private let wakeUp: WakeUp?

    init(_ limit: JobLimit?, wakeUp: WakeUp? = nil) {
        self.limit = limit
        self.wakeUp = wakeUp
    }

    convenience init(timeoutSeconds: Double? = nil, wakeUp: WakeUp? = nil) {
        self.init(timeoutSeconds.map { JobLimit(seconds: $0) }, wakeUp: wakeUp)
    }

    func cancel() {
        isCancelled.store(true, ordering: .releasing)
        wakeUp?.signal()
    }

    /// Nil while the job may go on.
    var stop: StopReason? {
        if isCancelled.load(ordering: .acquiring) { return .cancelled }
        if let limit, MonotonicTime.now >= limit.end { return .timeout(seconds: limit.seconds) }
        return nil
    }

    /// For `poll`: milliseconds until `stop` may change by itself; -1 for never.
    var pollMilliseconds: Int32 { limit?.end.pollMilliseconds ?? -1 }
}

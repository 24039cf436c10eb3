@_spi(Host) import Common
import Synchronization

/// A time limit that starts when it is created.
struct JobLimit: Sendable {
    let seconds: Double
    let end: MonotonicTime

    init(seconds: Double) {
        self.seconds = seconds
        end = .now.adding(seconds: seconds)
    }
}

/// Tells a job on a connection's thread when to stop: at its time limit, or when its task is cancelled.
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

    /// Why the job must stop; nil while it may continue.
    var stop: StopReason? {
        if isCancelled.load(ordering: .acquiring) { return .cancelled }
        if let limit, MonotonicTime.now >= limit.end { return .timeout(seconds: limit.seconds) }
        return nil
    }

    /// For `poll`: milliseconds until the time limit; -1 for none.
    var pollMilliseconds: Int32 { limit?.end.pollMilliseconds ?? -1 }
}

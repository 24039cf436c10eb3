@_spi(Host) import Common
import Synchronization

/// A time limit that starts running when it is created.
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

    /// Why the job must stop; nil while the job may continue.
    var stop: StopReason? {
        if isCancelled.load(ordering: .acquiring) { return .cancelled }
        if let limit, MonotonicTime.now >= limit.end { return .timeout(seconds: limit.seconds) }
        return nil
    }

    /// The milliseconds until the time limit, as a timeout for `poll`; -1 if there is no limit.
    var pollMilliseconds: Int32 { limit?.end.pollMilliseconds ?? -1 }
}

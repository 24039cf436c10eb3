import CLibPQ
import Synchronization

/// How long a job on a connection's thread may take, and whether its task was cancelled.
final class JobControl: Sendable {
    private let isCancelled = Atomic(false)
    private let seconds: Double?
    private let deadline: MonotonicTime?
    private let wakeUp: WakeUp?

    init(timeoutSeconds: Double? = nil, wakeUp: WakeUp? = nil) {
        seconds = timeoutSeconds
        deadline = timeoutSeconds.map { MonotonicTime.now.adding(seconds: $0) }
        self.wakeUp = wakeUp
    }

    func cancel() {
        isCancelled.store(true, ordering: .releasing)
        wakeUp?.signal()
    }

    /// Nil while the job may go on.
    var stop: StopReason? {
        if isCancelled.load(ordering: .acquiring) { return .cancelled }
        if let deadline, let seconds, MonotonicTime.now >= deadline { return .timeout(seconds: seconds) }
        return nil
    }

    /// For `poll`: milliseconds until `stop` may change by itself; -1 for never.
    var pollMilliseconds: Int32 { deadline?.pollMilliseconds ?? -1 }

    /// Asks the server to stop what the connection is at. Returns after it has passed that on, so that a later statement can't be met; false
    /// where it could not be asked.
    static func cancelStatement(on connection: OpaquePointer) -> Bool {
        guard let handle = PQgetCancel(connection) else { return false }
        defer { PQfreeCancel(handle) }
        var message = [CChar](repeating: 0, count: 256)
        return PQcancel(handle, &message, 256) != 0
    }
}

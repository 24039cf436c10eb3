@_spi(Host) import Common
import Logging
import Synchronization

/// Keeps a store's connections from flooding an unavailable server with connection attempts. After a failure, no connection tries
/// again for a while: a tenth of a second at first, five seconds at most. Attempts during that time fail immediately.
final class ReconnectGate: Sendable {
    private struct State {
        var failures = 0
        var closedUntil = MonotonicTime(nanoseconds: 0)
    }

    private let state = Mutex(State())
    private let place: String
    private let logger: Logger

    init(place: String, logger: Logger) {
        self.place = place
        self.logger = logger
    }

    /// - Throws: `ServiceError` 503 while it is too early to try again.
    func check() throws {
        let seconds = state.withLock { state -> Int? in
            let rest = state.closedUntil.nanoseconds - MonotonicTime.now.nanoseconds
            return rest > 0 ? Int(rest / 1_000_000_000) + 1 : nil
        }
        if let seconds { throw ServiceError.databaseUnavailable(retryAfterSeconds: seconds) }
    }

    /// Records a failed attempt, and returns the error to throw.
    /// - Parameter reason: libpq's message, which names host, user and database but never the password.
    func failed(_ reason: String) -> ServiceError {
        let (failures, seconds) = state.withLock { state in
            let seconds = min(5, 0.1 * Double(1 << min(state.failures, 6))) * Double.random(in: 0.75...1)
            state.failures += 1
            state.closedUntil = MonotonicTime.now.adding(seconds: seconds)
            return (state.failures, seconds)
        }
        let metadata: Logger.Metadata = ["database.place": "\(place)", "reason": "\(reason)", "attempt": "\(failures)"]
        logger.log(level: failures == 1 ? .warning : .debug, "can't connect to the database; trying again", metadata: metadata)
        return .databaseUnavailable(retryAfterSeconds: Int(seconds) + 1)
    }

    /// Records a successful attempt, and reopens the gate.
    func succeeded() {
        let failures = state.withLock { state in
            defer { state = State() }
            return state.failures
        }
        if failures > 0 { logger.info("the database is back", metadata: ["database.place": "\(place)"]) }
    }
}

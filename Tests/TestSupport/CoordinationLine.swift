@_spi(Host) import Common
import Coordination
import Synchronization

/// A coordination whose line can be cut.
package final class CoordinationLine: Coordination {
    private let local = LocalCoordination(time: SystemTime())
    private let cut = Mutex(false)
    private let subscribers = Mutex<[AsyncStream<CoordinationEvent>.Continuation]>([])

    package init() {}

    package var isCut: Bool {
        get { cut.withLock { $0 } }
        set { cut.withLock { $0 = newValue } }
    }

    package func take(_ key: String, _ limit: RateLimit) async throws -> RateDecision { try await local.take(key, limit) }

    package func publish(_ channel: String, _ message: String) async throws {
        if isCut { throw ServiceError.unavailable("redis", "Cut.") }
        for subscriber in subscribers.withLock({ $0 }) { subscriber.yield(.message(message)) }
    }

    package func subscribe(_ channel: String) -> AsyncStream<CoordinationEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: CoordinationEvent.self)
        subscribers.withLock { $0.append(continuation) }
        return stream
    }

    /// As after a lost connection was restored.
    package func resume() async { for subscriber in subscribers.withLock({ $0 }) { subscriber.yield(.resumed) } }

    package func ping() async throws {}
    package func close() async {}
}

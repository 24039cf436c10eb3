import Common
import Synchronization

/// Coordination in memory, for installations with a single host.
public final class LocalCoordination: Coordination {
    private struct Bucket {
        var tokens: Double
        var at: Instant
    }

    private struct Window {
        var used: Int
        let end: Instant
    }

    private struct State {
        /// `buckets` were used since `agedAt`, `older` in the previous period but not since. A bucket that was not used for a minute is
        /// full again, so it can be dropped.
        var buckets: [String: Bucket] = [:], older: [String: Bucket] = [:]
        var agedAt = Instant(milliseconds: 0)

        /// Returns the bucket, or a full one if there is none, and removes it from `older`. After a minute, or when there are too many
        /// buckets, all of `older` is dropped and a new period begins, so no request has to search for unused buckets.
        mutating func bucket(_ key: String, burst: Int, _ now: Instant) -> Bucket {
            if buckets.count >= LocalCoordination.maximumBuckets || now - agedAt >= 60_000 {
                (older, buckets, agedAt) = (buckets, [:], now)
            }
            return buckets[key] ?? older.removeValue(forKey: key) ?? Bucket(tokens: Double(burst), at: now)
        }

        /// Takes a token.
        mutating func take(_ key: String, perSecond: Int, burst: Int, _ now: Instant) -> RateDecision {
            var bucket = bucket(key, burst: burst, now)
            let elapsed = Double(max(0, now - bucket.at)) / 1_000
            bucket.tokens = min(Double(burst), bucket.tokens + elapsed * Double(perSecond))
            bucket.at = now
            let allowed = bucket.tokens >= 1
            if allowed { bucket.tokens -= 1 }
            buckets[key] = bucket
            let missing = allowed ? Double(burst) - bucket.tokens : 1 - bucket.tokens
            return RateDecision(
                isAllowed: allowed, remaining: Int(bucket.tokens), seconds: max(1, Int((missing / Double(perSecond)).rounded(.up))))
        }

        var windows: [String: Window] = [:]

        /// Counts a request in its window.
        mutating func count(_ key: String, atMost count: Int, in seconds: Int, _ now: Instant) -> RateDecision {
            var window = windows[key].flatMap { $0.end > now ? $0 : nil } ?? Window(used: 0, end: now.adding(seconds: Int64(seconds)))
            let left = max(1, Int((window.end - now + 999) / 1_000))
            guard window.used < count else { return RateDecision(isAllowed: false, remaining: 0, seconds: left) }
            window.used += 1
            if window.used == 1 { makeRoomForWindow(now) }
            windows[key] = window
            return RateDecision(isAllowed: true, remaining: count - window.used, seconds: left)
        }

        private mutating func makeRoomForWindow(_ now: Instant) {
            guard windows.count >= LocalCoordination.maximumBuckets else { return }
            windows = windows.filter { $0.value.end > now }
            // If most of them are still open, so many clients are active that limits by client can't stop them, and looking for ended windows
            // again and again would only add work.
            if windows.count > LocalCoordination.maximumBuckets / 2 { windows = [:] }
        }

        var subscribers: [String: [Int: AsyncStream<CoordinationEvent>.Continuation]] = [:]
        var nextSubscriber = 0
    }

    /// When this many buckets were used in a period, a new period begins. Also the most windows that are kept.
    private static let maximumBuckets = 50_000

    private let time: any TimeSource
    private let state = Mutex(State())

    public init(time: any TimeSource) { self.time = time }

    public func take(_ key: String, _ limit: RateLimit) async throws -> RateDecision { takeNow(key, limit) }

    /// Like `take`, but doesn't suspend.
    public func takeNow(_ key: String, _ limit: RateLimit) -> RateDecision {
        let now = time.now
        return state.withLock { state in
            switch limit {
            case .bucket(let perSecond, let burst): state.take(key, perSecond: perSecond, burst: burst, now)
            case .window(let count, let seconds): state.count(key, atMost: count, in: seconds, now)
            }
        }
    }

    public func publish(_ channel: String, _ message: String) async throws {
        let listeners = state.withLock { Array(($0.subscribers[channel] ?? [:]).values) }
        for listener in listeners { listener.yield(.message(message)) }
    }

    public func subscribe(_ channel: String) -> AsyncStream<CoordinationEvent> {
        let (stream, continuation) = AsyncStream<CoordinationEvent>.makeStream(bufferingPolicy: .bufferingNewest(1_000))
        let number = state.withLock { state in
            state.nextSubscriber += 1
            state.subscribers[channel, default: [:]][state.nextSubscriber] = continuation
            return state.nextSubscriber
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.subscribers[channel]?.removeValue(forKey: number) }
        }
        return stream
    }

    public func ping() async throws {}

    public func close() async {
        let listeners = state.withLock { state in
            defer { state.subscribers = [:] }
            return state.subscribers.values.flatMap(\.values)
        }
        for listener in listeners { listener.finish() }
    }
}

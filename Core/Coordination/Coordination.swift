import Common

/// What the hosts of an installation share: rate limits and messages. In memory for a single host, in Redis for several hosts.
public protocol Coordination: Sendable {
    /// Counts one request against the counter named `key`, which is created if it doesn't exist. All requests with the same key must have
    /// the same kind of limit.
    func take(_ key: String, _ limit: RateLimit) async throws -> RateDecision

    /// Sends `message` on `channel` to all connected hosts, including this one. Hosts that are offline don't get it later.
    func publish(_ channel: String, _ message: String) async throws

    /// The messages that are published on `channel` from now on. After `.resumed`, subscribers must refresh what they cache, because they
    /// may have missed messages.
    func subscribe(_ channel: String) -> AsyncStream<CoordinationEvent>

    /// Checks that the backend can be reached. Throws if it can't.
    func ping() async throws
    /// Ends all subscriptions and closes the connections.
    func close() async
}

/// An event that a subscriber receives.
public enum CoordinationEvent: Sendable, Equatable {
    case message(String)
    /// Messages may have been missed, for example because the connection was lost and restored.
    case resumed
}

/// A limit on requests.
public enum RateLimit: Sendable, Hashable {
    /// A token bucket: refills evenly with `perSecond` tokens a second, and holds at most `burst`.
    case bucket(perSecond: Int, burst: Int)
    /// At most `count` requests in a window of `seconds`, which begins with the first request and ends all at once.
    case window(count: Int, seconds: Int)

    /// - Parameter burst: the maximum number of tokens in the bucket; nil for `perSecond`.
    public init(perSecond: Int, burst: Int? = nil) { self = .bucket(perSecond: perSecond, burst: burst ?? perSecond) }

    /// How many requests are allowed: in a second, or in the window.
    public var count: Int {
        switch self {
        case .bucket(let perSecond, _): perSecond
        case .window(let count, _): count
        }
    }
}

/// The result of counting a request: whether it is allowed, and the state of its limit.
public struct RateDecision: Sendable, Equatable {
    /// Whether the request is allowed.
    public let isAllowed: Bool
    /// How many more requests are allowed at once.
    public let remaining: Int
    /// Seconds, rounded up. For a bucket: until it is full if the request is allowed, otherwise until the next request is. For a window:
    /// until it ends.
    public let seconds: Int

    public init(isAllowed: Bool, remaining: Int, seconds: Int) {
        self.isAllowed = isAllowed
        self.remaining = remaining
        self.seconds = seconds
    }
}

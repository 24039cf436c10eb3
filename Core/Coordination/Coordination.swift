import Common

/// State that the hosts of an installation share: rate limits, messages and leases. Kept in memory for a single host, in Redis for several.
public protocol Coordination: Sendable {
    /// Takes one token from the bucket named `key`.
    func take(_ key: String, _ limit: RateLimit) async throws -> RateDecision

    /// Sends `message` on `channel` to every connected host, including this one. Hosts that are offline don't get it.
    func publish(_ channel: String, _ message: String) async throws

    /// The messages on `channel` from now on. `.resumed` means that messages may have been missed while the connection was lost.
    /// Subscribers must then refresh their caches.
    func subscribe(_ channel: String) -> AsyncStream<CoordinationEvent>

    /// Acquires or renews the lease `name` for `owner`. The lease lasts `seconds`. Returns false if another owner holds it.
    func acquire(lease name: String, owner: String, seconds: Int) async throws -> Bool
    /// Releases the lease `name` if `owner` holds it.
    func release(lease name: String, owner: String) async throws

    /// Checks that the backend can be reached.
    func ping() async throws
    /// Ends all subscriptions and closes the connections.
    func close() async
}

/// An event that a subscriber receives.
public enum CoordinationEvent: Sendable, Equatable {
    case message(String)
    /// The connection was restored. Messages may have been missed.
    case resumed
}

/// The parameters of a token bucket.
public struct RateLimit: Sendable, Hashable {
    /// Tokens added per second.
    public let perSecond: Int
    /// The maximum number of tokens in the bucket.
    public let burst: Int

    /// - Parameter burst: the maximum number of tokens in the bucket; nil for `perSecond`.
    public init(perSecond: Int, burst: Int? = nil) {
        self.perSecond = perSecond
        self.burst = burst ?? perSecond
    }
}

/// The result of taking a token: whether the request may proceed, and the state of the bucket.
public struct RateDecision: Sendable, Equatable {
    /// Whether a token was taken.
    public let isAllowed: Bool
    /// Whole tokens left in the bucket.
    public let remaining: Int
    /// Seconds, rounded up: until the bucket is full if the request is allowed, otherwise until the next token is available.
    public let seconds: Int

    public init(isAllowed: Bool, remaining: Int, seconds: Int) {
        self.isAllowed = isAllowed
        self.remaining = remaining
        self.seconds = seconds
    }
}

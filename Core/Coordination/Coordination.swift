import Common

/// What the hosts of an installation share: rate limits, messages and leases. In memory for a single host, in Redis for several hosts.
public protocol Coordination: Sendable {
    /// Takes one token from the bucket named `key`, which is created full if it doesn't exist.
    func take(_ key: String, _ limit: RateLimit) async throws -> RateDecision

    /// Sends `message` on `channel` to all connected hosts, including this one. Hosts that are offline don't get it later.
    func publish(_ channel: String, _ message: String) async throws

    /// The messages that are published on `channel` from now on. After `.resumed`, subscribers must refresh what they cache, because they
    /// may have missed messages.
    func subscribe(_ channel: String) -> AsyncStream<CoordinationEvent>

    /// Acquires or renews the lease `name` for `owner`, for `seconds` from now. Returns false if another owner holds it.
    func acquire(lease name: String, owner: String, seconds: Int) async throws -> Bool
    /// Releases the lease `name` if `owner` holds it.
    func release(lease name: String, owner: String) async throws

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

/// The result of taking a token: whether there was one, and the state of the bucket.
public struct RateDecision: Sendable, Equatable {
    /// Whether a token was taken.
    public let isAllowed: Bool
    /// The number of whole tokens left in the bucket.
    public let remaining: Int
    /// The seconds, rounded up, until the bucket is full if a token was taken, otherwise until the next token is available.
    public let seconds: Int

    public init(isAllowed: Bool, remaining: Int, seconds: Int) {
        self.isAllowed = isAllowed
        self.remaining = remaining
        self.seconds = seconds
    }
}

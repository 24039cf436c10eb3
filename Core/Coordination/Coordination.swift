import Common

/// State shared by the hosts of one installation: rate limits, messages and leases. In process for one host, in Redis for several.
public protocol Coordination: Sendable {
    /// Takes one token from the bucket `key`.
    func take(_ key: String, _ limit: RateLimit) async throws -> RateDecision

    /// Sends `message` on `channel` to every connected host, this one included. Hosts that are offline miss it.
    func publish(_ channel: String, _ message: String) async throws

    /// The messages on `channel` from now on. `.resumed` means that some may have been missed because the connection was
    /// lost and restored, so subscribers must refresh their caches.
    func subscribe(_ channel: String) -> AsyncStream<CoordinationEvent>

    /// Acquires or renews the lease `name` for `owner`, for `seconds`. Returns false while another owner holds it.
    func acquire(lease name: String, owner: String, seconds: Int) async throws -> Bool
    /// Ends the lease `name` if `owner` holds it.
    func release(lease name: String, owner: String) async throws

    /// Checks that the backend can be reached.
    func ping() async throws
    /// Ends all subscriptions and closes the connections.
    func close() async
}

/// What a subscriber receives.
public enum CoordinationEvent: Sendable, Equatable {
    case message(String)
    /// Messages may have been missed.
    case resumed
}

/// The limits of a token bucket.
public struct RateLimit: Sendable, Hashable {
    /// Tokens added per second.
    public let perSecond: Int
    /// The most tokens the bucket holds.
    public let burst: Int

    /// - Parameter burst: nil for as many as `perSecond`.
    public init(perSecond: Int, burst: Int? = nil) {
        self.perSecond = perSecond
        self.burst = burst ?? perSecond
    }
}

/// Whether a request may proceed, and the state of its bucket.
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

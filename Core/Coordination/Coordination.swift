import Common

/// What hosts of one installation need to agree on. In process for one host; Redis for several.
public protocol Coordination: Sendable {
    /// Takes one token of the bucket `key`.
    func take(_ key: String, _ limit: RateLimit) async throws -> RateDecision

    /// Tells every host, this one included, that `message` happened on `channel`. Not kept for hosts that are away.
    func publish(_ channel: String, _ message: String) async throws

    /// Messages of `channel` from now on. `.resumed` tells that messages may have been missed (the connection was
    /// lost and is back): whoever caches must read anew.
    func subscribe(_ channel: String) -> AsyncStream<CoordinationEvent>

    /// Makes `owner` the holder of `name` for `seconds`, or prolongs it; false while somebody else holds it.
    func acquire(lease name: String, owner: String, seconds: Int) async throws -> Bool
    func release(lease name: String, owner: String) async throws

    func ping() async throws
    func close() async
}

public enum CoordinationEvent: Sendable, Equatable {
    case message(String)
    case resumed
}

/// A token bucket: `perSecond` tokens flow in each second, `burst` at most are kept.
public struct RateLimit: Sendable, Hashable {
    public let perSecond: Int
    public let burst: Int

    public init(perSecond: Int, burst: Int? = nil) {
        self.perSecond = perSecond
        self.burst = burst ?? perSecond
    }
}

public struct RateDecision: Sendable, Equatable {
    public let isAllowed: Bool
    /// Whole tokens left.
    public let remaining: Int
    /// Seconds, rounded up, until a token is there (refused) or the bucket is full (allowed).
    public let seconds: Int

    public init(isAllowed: Bool, remaining: Int, seconds: Int) {
        self.isAllowed = isAllowed
        self.remaining = remaining
        self.seconds = seconds
    }
}

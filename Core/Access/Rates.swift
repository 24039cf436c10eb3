import Common
import Coordination
import HTTPTypes

/// One limit on requests. A surface says which rules a request is counted against.
public struct RateRule: Sendable {
    /// Tells the rule's counters from those of the surface's other rules. A rule whose limit changes with the plan needs a name for each
    /// plan.
    public let name: String
    /// Whom or what the rule counts, such as `address 192.0.2.1` or the id of a project.
    public let subject: String
    /// How many requests are allowed.
    let limit: RateLimit

    /// At most `count` requests in a window of `seconds`, which begins with the first request.
    public init(_ name: String, for subject: String, count: Int, seconds: Int) {
        self.init(name, for: subject, .window(count: count, seconds: seconds))
    }

    /// A bucket that refills with `perSecond` requests a second, and holds no more than that.
    public init(_ name: String, for subject: String, perSecond: Int) {
        self.init(name, for: subject, RateLimit(perSecond: perSecond))
    }

    private init(_ name: String, for subject: String, _ limit: RateLimit) {
        self.name = name
        self.subject = subject
        self.limit = limit
    }

    /// How many requests are allowed: in a second, or in the window.
    public var count: Int { limit.count }
}

/// The state of a rule after a request was counted.
public struct RateState: Sendable {
    /// The rule.
    public let rule: RateRule
    let decision: RateDecision
    let time: any TimeSource

    /// How many more requests are allowed at once.
    public var remaining: Int { decision.remaining }
    /// Seconds, rounded up. For a bucket: until it is full if the request is allowed, otherwise until the next request is. For a window:
    /// until it ends.
    public var seconds: Int { decision.seconds }

    /// When the limit is available again.
    public var resetsAt: Instant { time.now.adding(seconds: Int64(decision.seconds)) }

    /// Adds the state as `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`.
    /// - Parameter reset: the value of the last one.
    public func label(_ headers: inout HTTPFields, reset: String) {
        headers[Self.limitName] = String(rule.limit.count)
        headers[Self.remainingName] = String(decision.remaining)
        headers[Self.resetName] = reset
    }

    private static let limitName = HTTPField.Name("X-RateLimit-Limit")!
    private static let remainingName = HTTPField.Name("X-RateLimit-Remaining")!
    private static let resetName = HTTPField.Name("X-RateLimit-Reset")!
}

/// Counts requests against rules, over all hosts.
@_spi(Host) public final class RateLimiter: Sendable {
    private let coordination: any Coordination
    /// Used while shared coordination is unavailable. A limit per host is better than no limit and better than rejecting every request.
    private let local: LocalCoordination
    private let time: any TimeSource

    public init(coordination: any Coordination, time: any TimeSource) {
        self.coordination = coordination
        self.time = time
        local = coordination as? LocalCoordination ?? LocalCoordination(time: time)
    }

    /// Whether this host counts requests itself, without asking another server.
    var countsInPlace: Bool { coordination is LocalCoordination }

    /// Counts a request against `rules`, in order, up to the first rule that refuses it.
    /// - Parameter state: becomes the state of the last rule that was counted.
    /// - Throws: 429 if a rule refuses the request.
    /// - Parameter prefix: see `prefix(of:)`.
    func count(_ rules: [RateRule], _ prefix: String, _ state: inout RateState?) async throws {
        for rule in rules {
            let key = Self.key(rule, prefix), decision: RateDecision
            if countsInPlace {
                decision = local.takeNow(key, rule.limit)
            } else {
                do { decision = try await coordination.take(key, rule.limit) } catch { decision = local.takeNow(key, rule.limit) }
            }
            try note(RateState(rule: rule, decision: decision, time: time), &state)
        }
    }

    /// Like `count`, counted by this host alone.
    func countInPlace(_ rules: [RateRule], _ prefix: String, _ state: inout RateState?) throws {
        for rule in rules {
            try note(RateState(rule: rule, decision: local.takeNow(Self.key(rule, prefix), rule.limit), time: time), &state)
        }
    }

    private func note(_ new: RateState, _ state: inout RateState?) throws {
        state = new
        guard new.decision.isAllowed else { throw ServiceError(.rateLimited(seconds: new.decision.seconds)) }
    }

    /// What the names of the counters of `surface` begin with.
    static func prefix(of surface: any Surface) -> String { surface is PulseSurface ? "rate:" : "rate:\(surface.name)/" }

    private static func key(_ rule: RateRule, _ prefix: String) -> String { "\(prefix)\(rule.name):\(rule.subject)" }
}

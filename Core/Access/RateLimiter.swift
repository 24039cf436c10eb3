import Common
import Coordination
import HTTPTypes
import Synchronization

/// Limits requests per second for each kind of caller. The limits can be changed while the host runs.
@_spi(Host) public final class RateLimiter: Sendable {
    /// The kinds of callers, each with its own limit.
    public enum Kind: String, Sendable { case ingest, query, admin }

    /// The limits in requests per second; 0 for no limit.
    public struct Limits: Sendable, Equatable {
        /// The limit for collection, per project.
        public var ingestPerSecond: Int
        /// The limit for reports, per project.
        public var queryPerSecond: Int
        /// The limit for administration, per admin token or key.
        public var adminPerSecond: Int

        public init(ingestPerSecond: Int = 100, queryPerSecond: Int = 100, adminPerSecond: Int = 20) {
            self.ingestPerSecond = ingestPerSecond
            self.queryPerSecond = queryPerSecond
            self.adminPerSecond = adminPerSecond
        }
    }

    private let coordination: any Coordination
    /// Used while shared coordination is unavailable. A limit per host is better than no limit and better than rejecting every request.
    private let local: LocalCoordination
    private let limits: Mutex<Limits>

    public init(coordination: any Coordination, time: any TimeSource, limits: Limits) {
        self.coordination = coordination
        local = coordination as? LocalCoordination ?? LocalCoordination(time: time)
        self.limits = Mutex(limits)
    }

    /// Replaces the limits. Takes effect with the next request.
    public func set(_ new: Limits) { limits.withLock { $0 = new } }

    private func perSecond(_ kind: Kind) -> Int {
        limits.withLock { limits in
            switch kind {
            case .ingest: limits.ingestPerSecond
            case .query: limits.queryPerSecond
            case .admin: limits.adminPerSecond
            }
        }
    }

    func isLimited(_ kind: Kind) -> Bool { perSecond(kind) > 0 }

    /// Counts one request from `subject`, and returns the state of the subject's limit.
    func take(_ kind: Kind, subject: String) async -> RateLabel {
        let perSecond = perSecond(kind)
        guard perSecond > 0, !countsInPlace else { return takeInPlace(kind, subject: subject) }
        let limit = RateLimit(perSecond: perSecond), key = Self.key(kind, subject)
        let decision: RateDecision
        do { decision = try await coordination.take(key, limit) } catch { decision = local.takeNow(key, limit) }
        return RateLabel(limit: perSecond, decision: decision)
    }

    /// Whether this host counts requests itself, without asking another server.
    var countsInPlace: Bool { coordination is LocalCoordination }

    /// Like `take`, counted by this host alone.
    func takeInPlace(_ kind: Kind, subject: String) -> RateLabel {
        let perSecond = perSecond(kind)
        guard perSecond > 0 else { return RateLabel(limit: 0, decision: nil) }
        return RateLabel(limit: perSecond, decision: local.takeNow(Self.key(kind, subject), RateLimit(perSecond: perSecond)))
    }

    private static func key(_ kind: Kind, _ subject: String) -> String { "rate:\(kind.rawValue):\(subject)" }
}

/// The state of a caller's rate limit, for the response headers `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (in
/// seconds).
struct RateLabel: Sendable {
    let limit: Int
    let decision: RateDecision?

    /// - Throws: 429 with the number of seconds to wait, if the limit is exceeded.
    func check() throws {
        guard let decision, !decision.isAllowed else { return }
        throw ServiceError(
            status: 429, code: "rate_limited", message: "Rate limit exceeded. Retry after \(decision.seconds.counting("second")).",
            retryAfterSeconds: decision.seconds)
    }

    /// Returns `answer` with the rate headers added.
    func labelled(_ answer: Answer) -> Answer {
        guard let decision else { return answer }
        var answer = answer
        answer.headers[Self.limitName] = String(limit)
        answer.headers[Self.remainingName] = String(decision.remaining)
        answer.headers[Self.resetName] = String(decision.seconds)
        return answer
    }

    static let limitName = HTTPField.Name("X-RateLimit-Limit")!
    static let remainingName = HTTPField.Name("X-RateLimit-Remaining")!
    static let resetName = HTTPField.Name("X-RateLimit-Reset")!
}

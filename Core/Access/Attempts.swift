import Common
import Foundation
import Synchronization

/// Limits attempts per subject, such as wrong secrets per client address. After too many attempts, further attempts are rejected until 15
/// minutes have passed since the first.
///
/// A correct secret doesn't reset the count, because someone else may have sent the wrong ones.
@_spi(Host) public final class Attempts: Sendable {
    static let minutes: Int64 = 15
    /// Secrets of at least this many bytes can't be guessed. A shorter secret is rejected even if it is correct once its address has failed
    /// too often. A longer secret is never rejected for that reason, so nobody can lock out other users of the same address.
    static let lengthBeyondGuessing = 32
    /// When there are this many subjects, those whose 15 minutes have passed are removed.
    private static let maximumSubjects = 10_000

    private struct Tally {
        var count: Int
        let since: Instant
    }

    private let label: String
    private let maximum: Int
    private let time: any TimeSource
    // exact: IP addresses as Pulse formats them, and Pulse's own ids
    private let tallies = Mutex<[String: Tally]>([:])

    /// - Parameters:
    ///   - label: the attempts, to follow "Too many" in the error message, such as `failed log-ins from your address`.
    ///   - maximum: the number of attempts allowed in 15 minutes.
    public init(_ label: String, maximum: Int, time: any TimeSource) {
        self.label = label
        self.maximum = maximum
        self.time = time
    }

    /// The subject to count for an address or id. IPv6 addresses are counted by their /64 network, because a client can usually use all of
    /// its addresses. Any other text is used unchanged.
    static func subject(_ text: String) -> String {
        var bytes = in6_addr()
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return text }
        return withUnsafeBytes(of: bytes) { $0.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") }
    }

    /// Checks whether the sender of a correct secret may use it.
    /// - Throws: 429 if the secret is short enough to be guessed and the address has failed too often.
    public func admit(_ secret: String, from address: String) throws {
        if secret.utf8.count < Self.lengthBeyondGuessing { try check(Self.subject(address)) }
    }

    /// Counts an attempt.
    /// - Parameter subject: an IP address or an id.
    /// - Throws: 429 with the number of seconds to wait, if there were too many attempts before.
    public func count(_ subject: String) throws {
        let subject = Self.subject(subject), now = time.now
        try check(subject)
        tallies.withLock { tallies in
            if tallies.count >= Self.maximumSubjects { tallies = tallies.filter { now - $0.value.since < Self.minutes * 60_000 } }
            // If there are still too many, all subjects are recent. That is a distributed attack, which counting by address can't stop.
            if tallies.count >= Self.maximumSubjects { tallies = [:] }
            tallies[subject, default: Tally(count: 0, since: now)].count += 1
        }
    }

    private func check(_ subject: String) throws {
        let now = time.now
        let wait: Int64? = tallies.withLock { tallies in
            guard let tally = tallies[subject] else { return nil }
            let left = Self.minutes * 60_000 - (now - tally.since)
            guard left > 0 else {
                tallies[subject] = nil
                return nil
            }
            return tally.count >= maximum ? (left + 999) / 1_000 : nil
        }
        guard let wait else { return }
        throw ServiceError(
            status: 429, code: "too_many_attempts", message: "Too many \(label). Try again in \((wait + 59) / 60) minutes.",
            retryAfterSeconds: Int(wait))
    }
}

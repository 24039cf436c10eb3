import Common
import Foundation
import Synchronization

/// Limits attempts per subject, such as wrong secrets per address: after a number of attempts in 15 minutes, further ones are refused
/// until the 15 minutes are over.
///
/// A correct secret doesn't reset the count, because it says nothing about who sent the wrong ones.
@_spi(Host) public final class Attempts: Sendable {
    static let minutes: Int64 = 15
    /// Nobody can guess a random secret of this length. A shorter one, which a person chose, is refused like a wrong one once the
    /// address has failed too often; a longer one never is, so nobody can lock others out.
    static let lengthBeyondGuessing = 32
    /// From this many subjects on, those whose 15 minutes are over are forgotten.
    private static let maximumSubjects = 10_000

    private struct Tally {
        var count: Int
        let since: Instant
    }

    private let label: String
    private let maximum: Int
    private let time: any TimeSource
    // exact: addresses as we format them, and our own ids
    private let tallies = Mutex<[String: Tally]>([:])

    /// - Parameters:
    ///   - label: names the attempts in the error sentence: `failed log-ins from your address`.
    ///   - maximum: how many are allowed in 15 minutes.
    public init(_ label: String, maximum: Int, time: any TimeSource) {
        self.label = label
        self.maximum = maximum
        self.time = time
    }

    /// An IPv6 address counts by its /64, because a client usually has that whole network; everything else counts as it is.
    static func subject(_ text: String) -> String {
        var bytes = in6_addr()
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return text }
        return withUnsafeBytes(of: bytes) { $0.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") }
    }

    /// Checks the sender of a correct secret.
    /// - Throws: 429 when the secret is short enough to guess and the address has failed too often.
    public func admit(_ secret: String, from address: String) throws {
        if secret.utf8.count < Self.lengthBeyondGuessing { try check(Self.subject(address)) }
    }

    /// Counts one more attempt.
    /// - Parameter subject: an address, or an id.
    /// - Throws: 429 with the seconds to wait, after too many.
    public func count(_ subject: String) throws {
        let subject = Self.subject(subject), now = time.now
        try check(subject)
        tallies.withLock { tallies in
            if tallies.count >= Self.maximumSubjects { tallies = tallies.filter { now - $0.value.since < Self.minutes * 60_000 } }
            // All of them are recent: an attack from everywhere, which counting by address can't stop.
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

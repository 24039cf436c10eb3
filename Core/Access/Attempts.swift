import Common
import Foundation
import Synchronization

/// Counts attempts by who makes them, such as those with a wrong secret by address: so many in 15 minutes, then no more until these are over.
///
/// A right secret takes none of the wrong ones back: it says nothing about who sent them.
public final class Attempts: Sendable {
    static let minutes: Int64 = 15
    /// Nobody finds a random secret of this length by trying. A shorter one, which a person chose, is refused like a wrong one where the
    /// address has failed too often; a longer one never is, so that nobody can lock others out.
    static let lengthBeyondGuessing = 32
    /// Past this many who made some, those that may try again are forgotten.
    private static let maximumSubjects = 10_000

    private struct Made {
        var count: Int
        let since: Instant
    }

    private let what: String
    private let maximum: Int
    private let time: any TimeSource
    // exact: addresses as we write them, and ids of ours
    private let made = Mutex<[String: Made]>([:])

    /// - Parameters:
    ///   - what: is counted, for a sentence: `failed log-ins from your address`.
    ///   - maximum: in 15 minutes.
    public init(_ what: String, maximum: Int, time: any TimeSource) {
        self.what = what
        self.maximum = maximum
        self.time = time
    }

    /// An IPv6 address counts by its /64, as a client usually has that whole network; everything else as it is.
    static func subject(_ text: String) -> String {
        var bytes = in6_addr()
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return text }
        return withUnsafeBytes(of: bytes) { $0.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") }
    }

    /// For a right secret.
    /// - Throws: 429 where it is one that can be guessed and the address has failed too often.
    public func admit(_ secret: String, from address: String) throws {
        if secret.utf8.count < Self.lengthBeyondGuessing { try check(Self.subject(address)) }
    }

    /// Counts one attempt more.
    /// - Parameter subject: an address, or an id.
    /// - Throws: 429 with the seconds to wait, after too many.
    public func count(_ subject: String) throws {
        let subject = Self.subject(subject), now = time.now
        try check(subject)
        made.withLock { made in
            if made.count >= Self.maximumSubjects { made = made.filter { now - $0.value.since < Self.minutes * 60_000 } }
            // All of them are recent: an attack from everywhere, against which counting by address is no help.
            if made.count >= Self.maximumSubjects { made = [:] }
            made[subject, default: Made(count: 0, since: now)].count += 1
        }
    }

    private func check(_ subject: String) throws {
        let now = time.now
        let wait: Int64? = made.withLock { made in
            guard let found = made[subject] else { return nil }
            let left = Self.minutes * 60_000 - (now - found.since)
            guard left > 0 else {
                made[subject] = nil
                return nil
            }
            return found.count >= maximum ? (left + 999) / 1_000 : nil
        }
        guard let wait else { return }
        throw ServiceError(
            status: 429, code: "too_many_attempts", message: "Too many \(what). Try again in \((wait + 59) / 60) minutes.",
            retryAfterSeconds: Int(wait))
    }
}

import Common
import Foundation
import Synchronization

/// Counts attempts with a wrong secret, by address, so that secrets can't be guessed.
public final class FailedAttempts: Sendable {
    static let minutes: Int64 = 15
    /// Past this many addresses, those that may try again are forgotten.
    private static let maximumAddresses = 10_000

    private struct Failures {
        var count: Int
        let since: Instant
    }

    private let what: String
    private let maximum: Int
    private let time: any TimeSource
    private let failures = Mutex<[String: Failures]>([:])

    /// - Parameters:
    ///   - what: failed, for a sentence: `failed log-ins`.
    ///   - maximum: in 15 minutes from one address.
    public init(_ what: String, maximum: Int, time: any TimeSource) {
        self.what = what
        self.maximum = maximum
        self.time = time
    }

    /// An IPv6 address counts by its /64, as a client usually has that whole network.
    private static func subject(_ address: String) -> String {
        var bytes = in6_addr()
        guard inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        return withUnsafeBytes(of: bytes) { $0.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") }
    }

    /// - Throws: 429 with the seconds to wait, for an address with too many failures.
    public func check(_ address: String) throws {
        let now = time.now, address = Self.subject(address)
        let wait: Int64? = failures.withLock { failures in
            guard let found = failures[address] else { return nil }
            let left = Self.minutes * 60_000 - (now - found.since)
            guard left > 0 else {
                failures[address] = nil
                return nil
            }
            return found.count >= maximum ? (left + 999) / 1_000 : nil
        }
        guard let wait else { return }
        throw ServiceError(
            status: 429, code: "too_many_attempts", message: "Too many \(what) from your address. Try again in \((wait + 59) / 60) minutes.",
            retryAfterSeconds: Int(wait))
    }

    public func noteFailure(_ address: String) {
        let now = time.now, address = Self.subject(address)
        failures.withLock { failures in
            if failures.count >= Self.maximumAddresses { failures = failures.filter { now - $0.value.since < Self.minutes * 60_000 } }
            // All of them are recent: an attack from everywhere, against which counting by address is no help.
            if failures.count >= Self.maximumAddresses { failures = [:] }
            failures[address, default: Failures(count: 0, since: now)].count += 1
        }
    }

    public func noteSuccess(_ address: String) { failures.withLock { $0[Self.subject(address)] = nil } }
}

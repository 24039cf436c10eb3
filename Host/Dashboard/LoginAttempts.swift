import Common
import Synchronization

/// Counts log-ins that failed, by address, so that keys can't be guessed.
final class LoginAttempts: Sendable {
    static let maximum = 10
    static let minutes: Int64 = 15
    /// Past this many addresses, those that may try again are forgotten.
    private static let maximumAddresses = 10_000

    private struct Failures {
        var count: Int
        let since: Instant
    }

    private let time: any TimeSource
    private let failures = Mutex<[String: Failures]>([:])

    init(time: any TimeSource) { self.time = time }

    /// - Throws: 429 with the seconds to wait, for an address with too many failures.
    func check(_ address: String) throws {
        let now = time.now
        let wait: Int64? = failures.withLock { failures in
            guard let found = failures[address] else { return nil }
            let left = Self.minutes * 60_000 - (now - found.since)
            guard left > 0 else {
                failures[address] = nil
                return nil
            }
            return found.count >= Self.maximum ? (left + 999) / 1_000 : nil
        }
        guard let wait else { return }
        throw ServiceError(
            status: 429, code: "too_many_attempts", message: "Too many failed log-ins from your address. Try again in \((wait + 59) / 60) minutes.",
            retryAfterSeconds: Int(wait))
    }

    func noteFailure(_ address: String) {
        let now = time.now
        failures.withLock { failures in
            if failures.count >= Self.maximumAddresses { failures = failures.filter { now - $0.value.since < Self.minutes * 60_000 } }
            // All of them are recent: an attack from everywhere, against which counting by address is no help.
            if failures.count >= Self.maximumAddresses { failures = [:] }
            failures[address, default: Failures(count: 0, since: now)].count += 1
        }
    }

    func noteSuccess(_ address: String) { failures.withLock { $0[address] = nil } }
}

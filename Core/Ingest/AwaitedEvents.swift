@_spi(Host) import Storage
import Synchronization

/// Events with an id whose senders wait to learn whether they are duplicates, which only the store knows.
final class AwaitedEvents: Sendable {
    private struct Awaited {
        /// How many senders wait.
        var senders = 0
        /// For each event with this id that was applied since the first sender began to wait: whether it was a duplicate.
        var findings: [Bool] = []
    }

    private let events = Mutex<[EncodedRow.EventID: Awaited]>([:])

    var isEmpty: Bool { events.withLock { $0.isEmpty } }

    /// Call this before the events are appended to the journal, once for each id.
    func begin(_ ids: Set<EncodedRow.EventID>) {
        events.withLock { events in for id in ids { events[id, default: Awaited()].senders += 1 } }
    }

    /// Notes an event that the store has applied.
    func note(_ id: EncodedRow.EventID, isDuplicate: Bool) {
        events.withLock { $0[id]?.findings.append(isDuplicate) }
    }

    /// Returns what was found about each id, in the order in which its events were applied.
    func end(_ ids: Set<EncodedRow.EventID>) -> [EncodedRow.EventID: [Bool]] {
        events.withLock { events in
            var findings: [EncodedRow.EventID: [Bool]] = [:]
            for id in ids {
                findings[id] = events[id]?.findings
                events[id]?.senders -= 1
                if events[id]?.senders == 0 { events[id] = nil }
            }
            return findings
        }
    }
}

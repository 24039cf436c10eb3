import Synchronization

/// Visitor keys whose id was written down lately, so that it is not written with every event. Bounded: when it is
/// full it starts afresh, and an id may be written again, which costs a row and nothing else.
final class KnownVisitors: Sendable {
    private static let maximum = 500_000
    private let keys = Mutex<Set<Int64>>([])

    /// For those whose id was not written down after all.
    func forget(_ visitors: [Int64]) { keys.withLock { $0.subtract(visitors) } }

    func isNew(_ key: Int64) -> Bool {
        keys.withLock { keys in
            if keys.count >= Self.maximum { keys = [] }
            return keys.insert(key).inserted
        }
    }
}

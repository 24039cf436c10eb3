import Common
import Storage
import Synchronization

/// Visitor keys whose id was written recently, so the id isn't written with every event. Bounded: when it is full it starts
/// over, and an id may be written again, which costs a row and nothing else.
///
/// An id is also written again for activity that is `Activity.idDays` days or more after its last row, so deleting old facts
/// leaves an id row near the remaining ones.
final class KnownVisitors: Sendable {
    private static let maximum = 500_000
    private let days = Mutex<[Int64: Int32]>([:])

    /// Forgets visitors whose id was not written after all, or is no longer stored.
    func forget(_ visitors: [Int64]) { days.withLock { days in for visitor in visitors { days[visitor] = nil } } }

    /// Whether the id must be written with activity on `day`; from then on it counts as written.
    func isNew(_ key: Int64, on day: Day) -> Bool {
        let day = Int32(clamping: day.number)
        return days.withLock { days in
            if let written = days[key], day < written + Int32(Activity.idDays) { return false }
            if days.count >= Self.maximum { days = [:] }
            days[key] = day
            return true
        }
    }
}

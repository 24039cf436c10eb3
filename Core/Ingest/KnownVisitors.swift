import Common
import Storage
import Synchronization

/// Visitor keys whose id was written recently, so the id isn't written with every event. The number of keys is bounded: a full set is
/// emptied. Ids are then written again, which only costs one row for each visitor.
///
/// An id is also written again with activity that is at least `Activity.idDays` days after the visitor's last id row. So when old facts are
/// deleted, an id row remains near the remaining facts.
final class KnownVisitors: Sendable {
    private static let maximum = 500_000
    private let days = Mutex<[Int64: Int32]>([:])

    /// Forgets visitors whose id could not be written after all, or is no longer stored.
    func forget(_ visitors: [Int64]) { days.withLock { days in for visitor in visitors { days[visitor] = nil } } }

    /// Whether the id must be written with activity on `day`. After this call, the id counts as written.
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

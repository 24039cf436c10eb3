import Common
import Storage
import Synchronization

/// Visitor keys whose id was written down lately, so that it is not written with every event. Bounded: when it is
/// full it starts afresh, and an id may be written again, which costs a row and nothing else.
///
/// An id is written again for activity that is so many days after the last row: so whoever deletes old facts finds a row near
/// those that are left.
final class KnownVisitors: Sendable {
    private static let maximum = 500_000
    private let days = Mutex<[Int64: Int32]>([:])

    /// For those whose id was not written down after all, or is not there any more.
    func forget(_ visitors: [Int64]) { days.withLock { days in for visitor in visitors { days[visitor] = nil } } }

    /// - Parameter day: of the activity.
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

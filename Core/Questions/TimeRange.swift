import Common
import Foundation
import Storage

/// A time range that includes `start` but not `end`.
public struct TimeRange: Sendable, Hashable {
    public let start: Instant
    public let end: Instant

    public init(start: Instant, end: Instant) {
        self.start = start
        self.end = end
    }

    /// From 1970 to the year 10000.
    public static let always = TimeRange(start: Instant(milliseconds: 0), end: Instant(milliseconds: 253_402_300_800_000))

    /// The length of the range in milliseconds.
    public var milliseconds: Int64 { end - start }

    /// The range of the same length that ends where this one starts. If this range is a number of whole days in `zone`, the result is the
    /// same number of whole days, even if one of them has 23 or 25 hours.
    public func previous(in zone: TimeZone) -> TimeRange {
        let first = Day(start, in: zone), last = Day(end, in: zone)
        guard first < last, first.start(in: zone) == start, last.start(in: zone) == end else {
            return TimeRange(start: start.adding(milliseconds: -milliseconds), end: start)
        }
        return TimeRange(start: first.adding(days: first.number - last.number).start(in: zone), end: start)
    }
}

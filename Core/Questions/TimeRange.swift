import Common
import Foundation
import Storage

/// A half-open range of time: `start` is inside, `end` is not.
public struct TimeRange: Sendable, Hashable {
    public let start: Instant
    public let end: Instant

    public init(start: Instant, end: Instant) {
        self.start = start
        self.end = end
    }

    /// From 1970 to the year 10000.
    public static let always = TimeRange(start: Instant(milliseconds: 0), end: Instant(milliseconds: 253_402_300_800_000))

    /// The length.
    public var milliseconds: Int64 { end - start }

    /// The equally long range that ends where this one starts. Whole days in `zone` are preceded by as many whole days, even if one of
    /// them has 23 or 25 hours.
    public func previous(in zone: TimeZone) -> TimeRange {
        let first = Day(start, in: zone), last = Day(end, in: zone)
        guard first < last, first.start(in: zone) == start, last.start(in: zone) == end else {
            return TimeRange(start: start.adding(milliseconds: -milliseconds), end: start)
        }
        return TimeRange(start: first.adding(days: first.number - last.number).start(in: zone), end: start)
    }
}

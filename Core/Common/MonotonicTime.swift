import Foundation

/// A time in nanoseconds on a clock that never goes back.
@_spi(Host) public struct MonotonicTime: Comparable, Sendable {
    /// Nanoseconds since an arbitrary point in the past.
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The current time.
    public static var now: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The time in whole milliseconds, rounded down.
    public var milliseconds: Int { Int(nanoseconds / 1_000_000) }

    /// The time this many seconds later. `seconds` is limited to 0...1e9.
    public func adding(seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: nanoseconds + Int64(max(0, min(seconds, 1e9)) * 1e9))
    }

    /// Milliseconds from now until this time, rounded up, to pass to `poll`.
    public var pollMilliseconds: Int32 {
        let rest = max(0, nanoseconds - MonotonicTime.now.nanoseconds)
        return Int32(min((rest + 999_999) / 1_000_000, Int64(Int32.max)))
    }
}

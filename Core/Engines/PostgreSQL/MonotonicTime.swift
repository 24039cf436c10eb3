import Foundation

/// Time that never goes back, in nanoseconds.
struct MonotonicTime: Comparable, Sendable {
    let nanoseconds: Int64

    static var now: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    func adding(seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: nanoseconds + Int64(max(0, min(seconds, 1e9)) * 1e9))
    }

    /// From now until then, rounded up, as `poll` takes it.
    var pollMilliseconds: Int32 {
        let rest = max(0, nanoseconds - MonotonicTime.now.nanoseconds)
        return Int32(min((rest + 999_999) / 1_000_000, Int64(Int32.max)))
    }
}

import Foundation

/// Where "now" comes from. Injected everywhere, so that tests decide what time it is.
public protocol TimeSource: Sendable {
    var now: Instant { get }
}

/// The machine's clock.
public struct SystemTime: TimeSource {
    public init() {}
    public var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

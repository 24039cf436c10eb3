import Foundation

/// Provides the current time. It is injected everywhere, so tests can set the clock.
public protocol TimeSource: Sendable {
    /// The current time.
    var now: Instant { get }
}

/// The machine's clock.
@_spi(Host) public struct SystemTime: TimeSource {
    public init() {}
    public var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

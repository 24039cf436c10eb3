import Common
import Synchronization

/// A clock that stands still until a test moves it.
public final class ManualTime: TimeSource {
    private let instant: Mutex<Instant>

    public init(_ text: String) {
        instant = Mutex(Instant(iso: text))
    }

    public var now: Instant { instant.withLock { $0 } }
    public func advance(seconds: Int64) { instant.withLock { $0 = $0.adding(seconds: seconds) } }
    public func advance(milliseconds: Int64) { instant.withLock { $0 = $0.adding(milliseconds: milliseconds) } }
    public func set(_ new: Instant) { instant.withLock { $0 = new } }
}

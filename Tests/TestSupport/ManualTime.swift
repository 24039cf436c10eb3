import Common
import Synchronization

/// A clock that stands still until a test advances it.
package final class ManualTime: TimeSource {
    private let instant: Mutex<Instant>

    package init(_ text: String) {
        instant = Mutex(Instant(iso: text))
    }

    package var now: Instant { instant.withLock { $0 } }
    package func advance(seconds: Int64) { instant.withLock { $0 = $0.adding(seconds: seconds) } }
    package func advance(milliseconds: Int64) { instant.withLock { $0 = $0.adding(milliseconds: milliseconds) } }
    package func set(_ new: Instant) { instant.withLock { $0 = new } }
}

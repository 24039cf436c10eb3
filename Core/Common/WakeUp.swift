import CLinux
import Foundation

/// A file descriptor that wakes up a thread waiting in `poll`.
@_spi(Host) public final class WakeUp: Sendable {
    /// Poll this descriptor for POLLIN. It is negative if the process has run out of descriptors. `poll` then ignores it, so the thread
    /// notices a signal later.
    public let descriptor: Int32

    public init() { descriptor = eventfd(0, O_CLOEXEC | O_NONBLOCK) }
    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Wakes up the waiting thread, or the next thread that waits.
    public func signal() { eventfd_write(descriptor, 1) }

    /// Removes pending signals.
    public func clear() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }

    /// Waits until a signal arrives, `other` is readable, or the time has passed, which is limited to 60 seconds. Returns whether `other`
    /// is readable.
    @discardableResult
    public func wait(orReadable other: Int32 = -1, milliseconds: Int) -> Bool {
        var descriptors = [
            pollfd(fd: other, events: Int16(POLLIN), revents: 0), pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let limit = descriptor < 0 ? min(milliseconds, 1_000) : milliseconds
        guard poll(&descriptors, 2, Int32(max(0, min(limit, 60_000)))) > 0 else { return false }
        if descriptors[1].revents != 0 { clear() }
        return descriptors[0].revents != 0
    }
}

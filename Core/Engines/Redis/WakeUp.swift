import CHiredis
import Foundation

/// A descriptor that makes `poll` return.
final class WakeUp: Sendable {
    /// To wait for, with POLLIN. Negative where the process has no descriptors left; `poll` passes over such a one,
    /// and whoever waits looks around at least once a second.
    let descriptor: Int32

    init() { descriptor = eventfd(0, O_CLOEXEC | O_NONBLOCK) }
    deinit { if descriptor >= 0 { close(descriptor) } }

    func signal() { eventfd_write(descriptor, 1) }

    func clear() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }

    /// Waits for a signal, or for `other` to be readable, or for so long; tells whether `other` is.
    @discardableResult
    func wait(orReadable other: Int32 = -1, milliseconds: Int) -> Bool {
        var descriptors = [
            pollfd(fd: other, events: Int16(POLLIN), revents: 0), pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let limit = descriptor < 0 ? min(milliseconds, 1_000) : milliseconds
        guard poll(&descriptors, 2, Int32(max(0, min(limit, 60_000)))) > 0 else { return false }
        if descriptors[1].revents != 0 { clear() }
        return descriptors[0].revents != 0
    }
}

import CLibPQ
import Foundation

/// A descriptor that makes `poll` return.
final class WakeUp: Sendable {
    /// To wait for, with POLLIN. Negative where the process has no descriptors left; `poll` passes over such a one,
    /// and what is cancelled is noticed later then.
    let descriptor: Int32

    init() { descriptor = eventfd(0, O_CLOEXEC | O_NONBLOCK) }
    deinit { if descriptor >= 0 { close(descriptor) } }

    func signal() { eventfd_write(descriptor, 1) }

    func clear() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }
}

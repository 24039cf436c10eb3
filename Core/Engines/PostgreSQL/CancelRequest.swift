import CLibPQ
import Foundation

/// A request to the server to stop what a connection is at, under way on a thread of its own: libpq connects for it and
/// waits for the server to hang up, without a limit, which a server that hangs never does.
final class CancelRequest: Sendable {
    private let end = DispatchSemaphore(value: 0)

    /// Nil where there is no connection to ask for.
    init?(for connection: OpaquePointer) {
        guard let handle = PQgetCancel(connection) else { return nil }
        // Safe to hand over: a copy of the connection's address and key, which nobody else has.
        nonisolated(unsafe) let owned = handle
        Thread.detachNewThread { [end] in
            var message = [CChar](repeating: 0, count: 256)
            PQcancel(owned, &message, 256)
            PQfreeCancel(owned)
            end.signal()
        }
    }

    /// Waits until the server has passed it on or refused it, so that a later statement can't be met; false where that isn't so by `limit`.
    func isOver(by limit: MonotonicTime) -> Bool {
        end.wait(timeout: .now() + .milliseconds(Int(limit.pollMilliseconds))) == .success
    }
}

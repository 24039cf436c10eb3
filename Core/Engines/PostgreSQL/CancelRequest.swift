import CLibPQ
@_spi(Host) import Common
import Foundation

/// A request to the server to cancel a connection's current statement. It runs on its own thread: libpq opens a second connection
/// for the request and waits without a time limit for the server to close that connection, which a hung server never does.
final class CancelRequest: Sendable {
    private let end = DispatchSemaphore(value: 0)

    /// Sends the request. Returns nil if the connection isn't open.
    init?(for connection: OpaquePointer) {
        guard let handle = PQgetCancel(connection) else { return nil }
        // Safe to pass to another thread: it is a copy of the connection's address and key, and only that thread uses it.
        nonisolated(unsafe) let owned = handle
        Thread.detachNewThread { [end] in
            var message = [CChar](repeating: 0, count: 256)
            PQcancel(owned, &message, 256)
            PQfreeCancel(owned)
            end.signal()
        }
    }

    /// Waits until the server has handled or refused the request, so the request can't hit a later statement. Returns false if that
    /// hasn't happened by `limit`.
    func isOver(by limit: MonotonicTime) -> Bool {
        end.wait(timeout: .now() + .milliseconds(Int(limit.pollMilliseconds))) == .success
    }
}

import CLibPQ
@_spi(Host) import Common
import Foundation

/// A request to the server to cancel a connection's current statement. It runs on its own thread: libpq opens a connection
/// for it and waits without a time limit for the server to close that, which a hung server never does.
final class CancelRequest: Sendable {
    private let end = DispatchSemaphore(value: 0)

    /// Sends the request. Nil if the connection isn't open.
    init?(for connection: OpaquePointer) {
        guard let handle = PQgetCancel(connection) else { return nil }
        // Safe to hand over: a copy of the connection's address and key, which only this thread uses.
        nonisolated(unsafe) let owned = handle
        Thread.detachNewThread { [end] in
            var message = [CChar](repeating: 0, count: 256)
            PQcancel(owned, &message, 256)
            PQfreeCancel(owned)
            end.signal()
        }
    }

    /// Waits until the server has handled or refused the request, so it can't hit a later statement. Returns false if that hasn't
    /// happened by `limit`.
    func isOver(by limit: MonotonicTime) -> Bool {
        end.wait(timeout: .now() + .milliseconds(Int(limit.pollMilliseconds))) == .success
    }
}

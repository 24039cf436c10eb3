import Foundation

/// A server that hangs: the kernel accepts connections, but no request gets a response.
package final class HungServer: Sendable {
    package let port: Int
    private let listener: Int32
    private let hasThread: Bool

    /// - Parameter greeting: the reply to the first data on each connection, before the server hangs; nil for no reply.
    package init(greeting: String? = nil) throws {
        hasThread = greeting != nil
        let listening = try Loopback.listen(), listener = listening.handle
        self.listener = listener
        port = Int(listening.port)
        guard let greeting else { return }
        Thread { Self.greet(listener, greeting) }.start()
    }

    private static func greet(_ listener: Int32, _ greeting: String) {
        var clients: [Int32] = []
        while case let client = accept(listener, nil, nil), client >= 0 {
            clients.append(client)
            var buffer = [UInt8](repeating: 0, count: 4_096)
            guard read(client, &buffer, buffer.count) > 0 else { continue }
            _ = greeting.withCString { send(client, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        }
        for client in clients { Glibc.close(client) }
        Glibc.close(listener)
    }

    /// Refuses further connections. Existing ones keep hanging.
    package func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        if !hasThread { Glibc.close(listener) }
    }
}

import Foundation

/// A server that hangs: the kernel accepts connections, but no request gets a response.
package final class HungServer: Sendable {
    package let port: Int
    private let listener: Int32
    private let hasThread: Bool

    /// - Parameter greeting: the reply to the first data on each connection, before the server hangs; nil for no reply.
    package init(greeting: String? = nil) throws {
        hasThread = greeting != nil
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in(), size = socklen_t(MemoryLayout<sockaddr_in>.size)
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, pointer, &size) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRINUSE) }
        port = Int(UInt16(bigEndian: address.sin_port))
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

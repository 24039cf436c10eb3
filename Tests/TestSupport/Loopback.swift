import Foundation

/// TCP sockets on 127.0.0.1 for stand-ins of servers.
package enum Loopback {
    package struct Listener: Sendable {
        /// The listening socket. The caller of `listen` closes it.
        package let handle: Int32
        package let port: UInt16
    }

    /// Listens on a free port.
    package static func listen() throws -> Listener {
        guard let listener = Listener(handle: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)) else { throw POSIXError(.EADDRINUSE) }
        return listener
    }

    /// A port that nobody listens on.
    package static func freePort() throws -> Int {
        let listener = try listen()
        close(listener.handle)
        return Int(listener.port)
    }

    /// Connects to a port; -1 if nobody listens there.
    package static func connect(to port: UInt16) -> Int32 {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(port: port)
        let status = withSocketAddress(&address) { Glibc.connect(client, $0, $1.pointee) }
        guard status != 0 else { return client }
        close(client)
        return -1
    }

    fileprivate static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return address
    }

    fileprivate static func withSocketAddress<Result>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
    ) -> Result {
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &size) }
        }
    }
}

extension Loopback.Listener {
    /// Nil if the socket can't listen; it is closed then.
    fileprivate init?(handle: Int32) {
        var address = Loopback.address(port: 0)
        let isListening = Loopback.withSocketAddress(&address) {
            bind(handle, $0, $1.pointee) == 0 && listen(handle, 64) == 0 && getsockname(handle, $0, $1) == 0
        }
        guard isListening else {
            close(handle)
            return nil
        }
        self.handle = handle
        port = UInt16(bigEndian: address.sin_port)
    }
}

import Foundation

/// Whether this machine lets Pulse listen where it is to.
enum ListeningPort {
    /// Listens for an instant.
    /// - Throws: `CommandError` that says what is in the way.
    static func check(_ host: String, _ port: Int) throws {
        var hints = addrinfo(), found: UnsafeMutablePointer<addrinfo>?
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        let status = getaddrinfo(host, String(port), &hints, &found)
        guard status == 0, let address = found else {
            throw CommandError("\(host) is no address of this machine: \(String(cString: gai_strerror(status))). Set another one (PULSE_HOST).")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(address.pointee.ai_family, address.pointee.ai_socktype, 0)
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard Glibc.bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0, listen(descriptor, 1) == 0 else {
            let way = errno == EADDRINUSE ? "Stop the other program, or set another port (PULSE_PORT)." : "Set another port (PULSE_PORT) or address (PULSE_HOST)."
            throw CommandError("Can't listen on \(host):\(port): \(String(cString: strerror(errno))). \(way)")
        }
    }
}

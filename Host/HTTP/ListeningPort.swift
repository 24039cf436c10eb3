import Foundation

/// Checks whether Pulse can listen on its configured address and port.
enum ListeningPort {
    /// Listens for a moment, then stops.
    /// - Throws: `CommandError` that says why Pulse can't listen there.
    static func check(_ host: String, _ port: Int) throws {
        var hints = addrinfo(), addresses: UnsafeMutablePointer<addrinfo>?
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        let status = getaddrinfo(host, String(port), &hints, &addresses)
        guard status == 0, let address = addresses else {
            throw CommandError(
                "\(host) is not an address of this machine: \(String(cString: gai_strerror(status))). Set another address (PULSE_HOST).")
        }
        defer { freeaddrinfo(addresses) }
        let descriptor = socket(address.pointee.ai_family, address.pointee.ai_socktype, 0)
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard Glibc.bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0, listen(descriptor, 1) == 0 else {
            let way =
                errno == EADDRINUSE
                ? "Stop the other program, or set another port (PULSE_PORT)." : "Set another port (PULSE_PORT) or address (PULSE_HOST)."
            throw CommandError("Can't listen on \(host):\(port): \(String(cString: strerror(errno))). \(way)")
        }
    }
}

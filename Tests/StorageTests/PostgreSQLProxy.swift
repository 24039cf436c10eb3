import Foundation
import Synchronization

/// Sits between a store and its server, and cuts the connection at a chosen moment.
final class PostgreSQLProxy: Sendable {
    enum Cut: Sendable {
        case never
        /// Cut when the store sends this text. The server never receives it.
        case before(String)
        /// Cut when the server responds to this text. The store never receives the response.
        case after(String)
    }

    let url: String
    private let listener: Int32
    private let serverPort: UInt16
    private let state = Mutex<(cut: Cut, isRefusing: Bool)>((.never, false))
    private let isFrozen = Atomic(false)

    /// - Parameter url: the URL of a server on this machine.
    init(to url: String) throws {
        let components = URLComponents(string: url)!
        serverPort = UInt16(components.port ?? 5432)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = Self.address(port: 0), size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, pointer, &size) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRINUSE) }
        var proxied = components
        proxied.port = Int(UInt16(bigEndian: address.sin_port))
        proxied.queryItems = [URLQueryItem(name: "sslmode", value: "disable"), URLQueryItem(name: "gssencmode", value: "disable")]
        self.url = proxied.string!
        Thread { [self] in accept() }.start()
    }

    /// Arms a single cut. With `thenRefuse`, new connections are refused afterwards, until `heal` is called.
    func cut(_ cut: Cut, thenRefuse: Bool = false) { state.withLock { $0 = (cut, thenRefuse) } }

    /// Lets connections through again.
    func heal() { state.withLock { $0 = (.never, false) } }

    /// Forwards nothing but keeps connections open, as if the server hung.
    func freeze() { isFrozen.store(true, ordering: .relaxed) }

    func thaw() { isFrozen.store(false, ordering: .relaxed) }

    private func waitWhileFrozen() { while isFrozen.load(ordering: .relaxed) { usleep(5_000) } }

    func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            waitWhileFrozen()
            let isRefused = state.withLock { state in if case .never = state.cut { state.isRefusing } else { false } }
            let server = isRefused ? -1 : connectToServer()
            guard server >= 0 else {
                Glibc.close(client)
                continue
            }
            let link = Link(client: client, server: server)
            Thread { [self] in pump(link, toServer: true) }.start()
            Thread { [self] in pump(link, toServer: false) }.start()
        }
        Glibc.close(listener)
    }

    private final class Link: Sendable {
        let client: Int32, server: Int32
        let isDoomed = Atomic(false)
        private let ends = Atomic(0)

        init(client: Int32, server: Int32) { (self.client, self.server) = (client, server) }

        func end() {
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
            guard ends.add(1, ordering: .relaxed).newValue == 2 else { return }
            Glibc.close(client)
            Glibc.close(server)
        }
    }

    private func pump(_ link: Link, toServer: Bool) {
        defer { link.end() }
        let (from, to) = toServer ? (link.client, link.server) : (link.server, link.client)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(from, &buffer, buffer.count)
            guard count > 0 else { return }
            waitWhileFrozen()
            if toServer, isCut(buffer[..<count], link) { return }
            if !toServer, link.isDoomed.load(ordering: .relaxed) { return }
            guard send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else { return }
        }
    }

    private func isCut(_ bytes: ArraySlice<UInt8>, _ link: Link) -> Bool {
        state.withLock { state in
            switch state.cut {
            case .before(let text) where Data(bytes).range(of: Data(text.utf8)) != nil:
                state.cut = .never
                return true
            case .after(let text) where Data(bytes).range(of: Data(text.utf8)) != nil:
                state.cut = .never
                link.isDoomed.store(true, ordering: .relaxed)
                return false
            default: return false
            }
        }
    }

    private func connectToServer() -> Int32 {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(port: serverPort)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        return status == 0 ? server : -1
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

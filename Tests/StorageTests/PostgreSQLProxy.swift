import Foundation
import Synchronization
import TestSupport

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
        let listening = try Loopback.listen()
        listener = listening.handle
        var proxied = components
        proxied.port = Int(listening.port)
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
            let server = isRefused ? -1 : Loopback.connect(to: serverPort)
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
}

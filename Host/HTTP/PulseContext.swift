@_spi(Host) import Enrichment
import Hummingbird
import Logging
import NIOCore

/// A request's context: the router's storage, and the connection.
struct PulseContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The peer's IP address as text. Empty if the connection is not an IP connection.
    let peer: String
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        peer = Self.peer(of: source.channel.remoteAddress)
    }

    static func peer(of address: SocketAddress?) -> String {
        let text = address?.ipAddress ?? ""
        // An IPv4 address is in its canonical form, so only IPv6 addresses are converted.
        return text.utf8.contains(UInt8(ascii: ":")) ? ClientAddress.peer(text)?.description ?? "" : text
    }
}

import Enrichment
import Hummingbird
import Logging
import NIOCore

/// What the server knows about a request besides the request: routing's own storage, and who is at the other end.
struct PulseContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The peer's address as text; "" for what is no IP connection.
    let peer: String
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        let address = source.channel.remoteAddress?.ipAddress ?? ""
        // One of IPv4 is written as it is to be already.
        peer = address.utf8.contains(UInt8(ascii: ":")) ? ClientAddress.peer(address)?.description ?? "" : address
    }
}

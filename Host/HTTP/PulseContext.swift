import Enrichment
import Hummingbird
import Logging
import NIOCore

/// What the server knows about a request besides the request: routing's own storage, and who is at the other end.
struct PulseContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The peer's address; nil for what is no IP connection.
    let peer: IPAddress?
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        peer = source.channel.remoteAddress?.ipAddress.flatMap(ClientAddress.peer)
    }
}

import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Hummingbird's HTTP/1.1 with a `ConnectionGuard` between the parser and everything else, and an `InPlaceHandler` before the requests
/// that have a task each.
///
/// The guard replaces Hummingbird's handler of idle connections and shutdown, because each handler costs every request some microseconds.
struct GuardedChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let base: HTTP1Channel
    let connections: OpenConnections

    /// The maximum size of the request line, of each header field, and of all fields together. A larger head is rejected with a 431.
    static let maximumHeadBytes = 80 * 1_024

    /// The maximum number of header fields.
    static let maximumFields = 1_000

    static func builder(_ connections: OpenConnections, _ door: FrontDoor, _ logger: Logger) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: maximumHeadBytes, maxHeaderListSize: maximumHeadBytes, maxHeaderFieldCount: maximumFields)
            return GuardedChannel(
                base: HTTP1Channel(
                    responder: responder,
                    configuration: .init(additionalChannelHandlers: [InPlaceHandler(door, logger)], httpDecoderConfiguration: decoder)),
                connections: connections)
        }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(ConnectionGuard(connections), position: .after(decoder))
            _ = pipeline.removeHandler(try pipeline.handler(type: HTTPConnectionStateHandler.self))
            return value
        }
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

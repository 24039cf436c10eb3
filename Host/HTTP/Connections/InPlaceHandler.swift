import HTTPTypes
import Logging
import NIOCore
import NIOHTTPTypes

/// Answers the small requests of `FrontDoor.endpointInPlace` on the connection's event loop. All others, and all that is unusual about
/// these, go on to Hummingbird, which runs a task for each.
///
/// The bridge to asynchronous code, the task and the changes of thread cost more than half of what it takes to collect an event.
final class InPlaceHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum State {
        /// Requests go on to Hummingbird. `pending` of them have no complete response yet.
        case passing(pending: Int)
        /// The body of a request to be answered here is arriving.
        case reading(HTTPRequest, Endpoint, ByteBuffer)
        /// The request is being answered. Parts of the next requests are held back until then.
        case answering(held: [HTTPRequestPart], isReadHeld: Bool)
    }

    private let door: FrontDoor
    private let logger: Logger
    private var state = State.passing(pending: 0)
    private var peer = ""

    init(_ door: FrontDoor, _ logger: Logger) {
        self.door = door
        self.logger = logger
    }

    func channelActive(context: ChannelHandlerContext) {
        peer = PulseContext.peer(of: context.remoteAddress)
        context.fireChannelActive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { take(unwrapInboundIn(data), context) }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.passing(pending: 0), .head(let request)):
            guard let endpoint = door.endpointInPlace(request) else {
                state = .passing(pending: 1)
                break
            }
            state = .reading(request, endpoint, ByteBuffer())
            return
        case (.passing(let pending), .head): state = .passing(pending: pending + 1)
        case (.passing, _): break
        case (.reading(let request, let endpoint, var body), .body(var bytes)):
            // Nearly all bodies arrive at once.
            if body.readableBytes == 0 { body = bytes } else { body.writeBuffer(&bytes) }
            state = .reading(request, endpoint, body)
            return
        case (.reading(let request, let endpoint, let body), .end):
            state = .answering(held: [], isReadHeld: false)
            return answer(request, body, endpoint, context)
        case (.reading, .head): return  // the guard passes on no such thing
        case (.answering(var held, let isReadHeld), _):
            held.append(part)
            state = .answering(held: held, isReadHeld: isReadHeld)
            return
        }
        context.fireChannelRead(wrapInboundOut(part))
    }

    /// While requests are held back, nothing more is read.
    func read(context: ChannelHandlerContext) {
        guard case .answering(let held, false) = state, !held.isEmpty else { return context.read() }
        state = .answering(held: held, isReadHeld: true)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        passOn(context)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        passOn(context)
        context.fireChannelInactive()
    }

    /// Lets Hummingbird handle a request whose body did not arrive.
    private func passOn(_ context: ChannelHandlerContext) {
        guard case .reading(let request, _, let body) = state else { return }
        state = .passing(pending: 1)
        context.fireChannelRead(wrapInboundOut(.head(request)))
        if body.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(body))) }
    }

    // MARK: Responses

    private func answer(_ request: HTTPRequest, _ body: ByteBuffer, _ endpoint: Endpoint, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        door.respond(to: request, body, at: endpoint, from: peer, logger, on: context.eventLoop) { head, body in
            let (handler, context) = bound.value
            handler.write(head, body, context)
        }
    }

    private func write(_ head: HTTPResponse, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
        guard case .answering(let held, let isReadHeld) = state else { return }
        state = .passing(pending: 0)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        guard !held.isEmpty else { return }
        for part in held { take(part, context) }
        context.fireChannelReadComplete()
        if isReadHeld { read(context: context) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data), case .passing(let pending) = state { state = .passing(pending: pending - 1) }
        context.write(data, promise: promise)
    }
}

import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTPTypes

/// Answers small requests (`FrontDoor.endpointInPlace`) on the connection's event loop. All other requests go on to Hummingbird, which runs
/// a task for each. So do small requests whose body does not arrive.
///
/// The bridge to asynchronous code, the task and the thread switches cost more than collecting the event itself.
final class InPlaceHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum State {
        /// Requests go on to Hummingbird.
        case passing
        /// The body of a request to be answered here is arriving.
        case reading(HTTPRequest, Endpoint, ByteBuffer)
        /// The request is being answered. Everything that arrives meanwhile is held back.
        case answering
    }

    private let door: FrontDoor
    private let logger: Logger
    private var peer = ""
    private var state = State.passing
    /// How many of Hummingbird's requests have no complete response yet.
    private var pending = 0
    /// Parts of the next requests.
    private var held = CircularBuffer<HTTPRequestPart>()
    /// Events after which Hummingbird would close the connection: the client has stopped sending, or the host is stopping.
    private var heldEvents: [Any] = []
    private var isReadHeld = false
    private var isDraining = false

    init(_ door: FrontDoor, _ logger: Logger) {
        self.door = door
        self.logger = logger
    }

    func channelActive(context: ChannelHandlerContext) {
        peer = PulseContext.peer(of: context.remoteAddress)
        context.fireChannelActive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if case .answering = state { held.append(part) } else { take(part, context) }
    }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.reading(let request, let endpoint, var body), .body(var bytes)):
            // Nearly all bodies arrive at once.
            if body.readableBytes == 0 { body = bytes } else { body.writeBuffer(&bytes) }
            state = .reading(request, endpoint, body)
        case (.reading(let request, let endpoint, let body), .end):
            state = .answering
            answer(request, body, endpoint, context)
        case (_, .head(let request)):
            if pending == 0, let endpoint = door.endpointInPlace(request) {
                state = .reading(request, endpoint, ByteBuffer())
            } else {
                pending += 1
                context.fireChannelRead(wrapInboundOut(part))
            }
        default: context.fireChannelRead(wrapInboundOut(part))
        }
    }

    /// While requests are held back, nothing more is read.
    func read(context: ChannelHandlerContext) {
        if case .answering = state, !held.isEmpty { isReadHeld = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The rest of this body won't come.
        if case .reading = state, case ChannelEvent.inputClosed = event { passOn(context) }
        if case .passing = state { context.fireUserInboundEventTriggered(event) } else { heldEvents.append(event) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        passOn(context)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        passOn(context)
        held.removeAll()
        context.fireChannelInactive()
    }

    /// Lets Hummingbird handle a request whose body did not arrive.
    private func passOn(_ context: ChannelHandlerContext) {
        guard case .reading(let request, _, let body) = state else { return }
        state = .passing
        pending += 1
        context.fireChannelRead(wrapInboundOut(.head(request)))
        if body.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(body))) }
        drain(context)
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
        state = .passing
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        drain(context)
    }

    /// Handles what was held back, up to the next request that has to wait for the journal. A request that is answered immediately calls this
    /// again; the nested call does nothing, because a connection may hold thousands of requests, too many to recurse.
    private func drain(_ context: ChannelHandlerContext) {
        guard !isDraining, !(held.isEmpty && heldEvents.isEmpty && !isReadHeld) else { return }
        isDraining = true
        defer { isDraining = false }
        while true {
            if case .answering = state { return }
            guard let part = held.popFirst() else { break }
            take(part, context)
        }
        context.fireChannelReadComplete()
        if isReadHeld {
            isReadHeld = false
            context.read()
        }
        guard case .passing = state else { return }
        let events = heldEvents
        heldEvents = []
        for event in events { context.fireUserInboundEventTriggered(event) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { pending -= 1 }
        context.write(data, promise: promise)
    }
}

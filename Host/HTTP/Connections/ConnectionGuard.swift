import Enrichment
import NIOCore
import NIOHTTP1

/// Keeps one client from holding a connection, or bytes on it, longer than the host can afford: requests that arrive slowly or not at
/// all, heads that are no HTTP, bodies that nobody wants to read, answers that nobody reads.
///
/// There is one timer for each connection. It is set for the earliest deadline and looks again when it fires, so that requests move
/// deadlines without touching it.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Reading {
        /// The next request's head has not arrived.
        case head
        /// The bytes that are missing; nil where the client has not said how many.
        case body(missing: Int?)
        /// Nothing that comes now is a request.
        case done
    }

    private let connections: OpenConnections
    private var limits: ConnectionLimits { connections.limits }
    private var address: IPAddress?

    private var reading = Reading.head
    /// Bytes of a head that is not whole have arrived.
    private var hasHeadBytes = false
    /// When the request began whose head came last.
    private var began = NIODeadline.uptimeNanoseconds(0)
    /// By when the body has to be there.
    private var arrival = NIODeadline.distantFuture
    /// Until when the next request may keep the client waiting.
    private var idleUntil = NIODeadline.uptimeNanoseconds(0)
    /// Requests whose answer has not ended.
    private var pending = 0
    /// The head of the current answer is out.
    private var isAnswering = false
    /// The current answer may take as long as it does.
    private var isUnhurried = false
    /// After the current request the connection ends.
    private var isLast = false
    /// The answer whose head is out is the last one.
    private var endsAfterAnswer = false
    /// The last answer is out: what the client still sends is thrown away.
    private var isClosing = false
    /// The parser is no longer asked, and would keep all that is read.
    private var isUpgrade = false
    /// To be answered once the answers before it are out.
    private var refusal: BadRequest?

    private var timer: Scheduled<Void>?
    private var timerDeadline = NIODeadline.distantFuture
    private var deadline = NIODeadline.distantFuture
    /// Bytes of bodies that were written, and how many of them the client had taken at the last look.
    private var written = 0
    private var taken = -1

    init(_ connections: OpenConnections) { self.connections = connections }

    // MARK: Beginning and end

    func channelActive(context: ChannelHandlerContext) {
        if let counted = connections.counted(context.channel.remoteAddress?.ipAddress) {
            guard connections.enter(counted) else {
                connections.note(.address)
                return context.close(promise: nil)
            }
            address = counted
        }
        // The first request is due: a client that connects has something to say.
        set(.now() + limits.request, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        if let address { connections.leave(address) }
        address = nil
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard case .head = reading else { return }
            let fields = FramingFields(head.headers)
            if let wrong = BadRequest(head, fields) { return refuse(wrong, context) }
            begin(head, fields)
        case .body(let bytes):
            guard case .body(let missing) = reading else { return }
            reading = .body(missing: missing.map { $0 - bytes.readableBytes })
        case .end:
            guard case .body = reading else { return }
            reading = isLast ? .done : .head
            if pending > 0 { set(began + limits.answer, context) } else { becomeIdle(context) }
        }
        context.fireChannelRead(data)
    }

    private func begin(_ head: HTTPRequestHead, _ fields: FramingFields) {
        pending += 1
        began = .now()
        arrival = began + limits.request
        isUpgrade = head.method == .CONNECT || fields.hasUpgrade
        if !head.isKeepAlive || isUpgrade { isLast = true }
        reading = .body(missing: fields.isLengthUncertain ? nil : fields.length ?? 0)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isClosing {
            // Reading goes on, as closing with bytes unread would take the answer from the client.
            context.read()
        } else if case .body = reading {
            set(arrival, context)
        } else if case .head = reading, pending == 0, !hasHeadBytes {
            hasHeadBytes = true
            set(.now() + limits.request, context)
        }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if isUpgrade, case .done = reading { return }
        context.read()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is ByteToMessageDecoderError:
            return  // more bytes after those that were wrong
        case let error as HTTPParserError where !isClosing:
            switch reading {
            case .head: refuse(BadRequest(error), context)
            case .body: failBody(error, context)
            case .done: break
            }
        default:
            if !isClosing { context.fireErrorCaught(error) }
        }
    }

    /// Ends the body for its reader, whose answer is the last one.
    private func failBody(_ error: any Error, _ context: ChannelHandlerContext) {
        reading = .done
        isLast = true
        guard pending > 0, !isAnswering else { return context.close(promise: nil) }
        set(.now() + limits.answer, context)
        context.fireErrorCaught(error)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosing else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            guard head.status.code >= 200 else { break }
            isAnswering = true
            endsAfterAnswer = isLastAnswer
            guard endsAfterAnswer else { break }
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            return context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body(let body):
            written += body.readableBytes
        case .end:
            pending -= 1
            isAnswering = false
            isUnhurried = false
            if endsAfterAnswer { return finish(context, data, promise) }
            if pending > 0 {
                set(.now() + limits.answer, context)
            } else if let refusal {
                context.write(data, promise: promise)
                return answer(refusal, context)
            } else if case .head = reading {
                context.write(data, promise: promise)
                return becomeIdle(context)
            }
        }
        context.write(data, promise: promise)
    }

    private func becomeIdle(_ context: ChannelHandlerContext) {
        hasHeadBytes = false
        let now = NIODeadline.now()
        idleUntil = now + limits.idle
        // What the client has not taken yet is looked after sooner.
        set(context.channel.isWritable ? idleUntil : min(idleUntil, now + limits.request), context)
    }

    /// A body of which more than this is missing is not read for an answer that did not need it.
    private static let worthReading = 65_536

    private var isLastAnswer: Bool {
        guard pending == 1 else { return false }
        if isLast { return true }
        guard case .body(let missing) = reading else { return false }
        return missing.map { $0 > Self.worthReading } ?? true
    }

    private func refuse(_ wrong: BadRequest, _ context: ChannelHandlerContext) {
        reading = .done
        if pending == 0 { answer(wrong, context) } else { refusal = wrong }
    }

    /// Answers without asking anybody further in.
    private func answer(_ wrong: BadRequest, _ context: ChannelHandlerContext) {
        connections.note(wrong.reason)
        // A client that went in the middle of its head.
        guard !wrong.isHangUp else { return context.close(promise: nil) }
        let (head, body) = wrong.response
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        finish(context, wrapOutboundOut(.end(nil)), nil)
    }

    /// Writes the end of the last answer, then closes this side, and the other one when the client does or is too slow.
    private func finish(_ context: ChannelHandlerContext, _ end: NIOAny, _ promise: EventLoopPromise<Void>?) {
        isClosing = true
        reading = .done
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.cascade(to: promise)
        let mode: CloseMode = isUpgrade ? .all : .output
        sent.futureResult.assumeIsolated().whenComplete { _ in context.close(mode: mode, promise: nil) }
        context.writeAndFlush(end, promise: sent)
        linger(context)
    }

    private func linger(_ context: ChannelHandlerContext) {
        set(.now() + limits.linger, context)
        if !isUpgrade { context.read() }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output, !isClosing {
            isClosing = true
            linger(context)
        }
        context.close(mode: mode, promise: promise)
    }

    // MARK: Events

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            isLast = true
            if case .body = reading {
                arrival = min(arrival, .now() + limits.drain)
                set(arrival, context)
            }
        case ChannelEvent.inputClosed where isClosing:
            return context.close(promise: nil)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is UnhurriedRequest else { return context.triggerUserOutboundEvent(event, promise: promise) }
        isUnhurried = true
        promise?.succeed()
    }

    // MARK: Time

    /// Sets the deadline for the next thing that the connection waits for.
    private func set(_ deadline: NIODeadline, _ context: ChannelHandlerContext) {
        self.deadline = deadline
        guard timer == nil || deadline < timerDeadline else { return }
        timer?.cancel()
        timerDeadline = deadline
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.look(context) }
    }

    private func look(_ context: ChannelHandlerContext) {
        timer = nil
        let now = NIODeadline.now()
        guard now >= deadline else { return set(deadline, context) }
        if isClosing {
            // The answer may be a long one, and on its way.
            if hasProgress(context) { return set(now + limits.linger, context) }
            return context.close(promise: nil)
        }
        if case .body = reading {
            if pending > 0 { connections.note(.late) }
            return failBody(LateBody(), context)
        }
        if isBuffered(context) {
            if hasProgress(context) { return set(now + limits.request, context) }
            connections.note(.stalled)
            return context.close(promise: nil)
        }
        if pending == 0 { return endIdle(context) }
        if isAnswering || isUnhurried { return set(now + limits.request, context) }
        answer(.unanswered, context)
    }

    private func endIdle(_ context: ChannelHandlerContext) {
        if !hasHeadBytes, .now() < idleUntil { return set(idleUntil, context) }
        guard hasHeadBytes, case .head = reading else { return context.close(promise: nil) }
        reading = .done
        answer(.late, context)
    }

    private func buffered(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    private func isBuffered(_ context: ChannelHandlerContext) -> Bool { buffered(context) > 0 }

    /// Whether the client has taken anything since the last look.
    private func hasProgress(_ context: ChannelHandlerContext) -> Bool {
        let waiting = buffered(context), before = taken
        taken = written - waiting
        return waiting > 0 && taken > before
    }
}

/// Says to the guard of a request's connection that its answer may take as long as it does.
struct UnhurriedRequest: Sendable {}

/// The body did not arrive in time.
struct LateBody: Error {}

import Enrichment
import NIOCore
import NIOHTTP1

/// Keeps clients from holding connections or buffers longer than the host can afford. It handles requests that arrive slowly or not
/// at all, heads that are not HTTP, bodies that no handler reads, and responses that the client does not read.
///
/// Each connection has one timer, set for the earliest deadline. When the timer fires, it checks the current deadline, so requests
/// can move the deadline without touching the timer.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Reading {
        /// Waiting for the next request's head.
        case head
        /// Reading a body, of which `missing` bytes are still to come; nil if the client has not announced a length.
        case body(missing: Int?)
        /// No further requests are read.
        case done
    }

    private let connections: OpenConnections
    private var limits: ConnectionLimits { connections.limits }
    private var address: IPAddress?

    private var reading = Reading.head
    /// Whether part of the next head has arrived.
    private var hasHeadBytes = false
    /// When the latest head arrived.
    private var began = NIODeadline.uptimeNanoseconds(0)
    /// The deadline for the body to arrive.
    private var arrival = NIODeadline.distantFuture
    /// The deadline for the next request to begin.
    private var idleUntil = NIODeadline.uptimeNanoseconds(0)
    /// The number of requests whose response has not ended.
    private var pending = 0
    /// Whether the head of the current response has been sent.
    private var isAnswering = false
    /// Whether the current response has no time limit.
    private var hasNoTimeLimit = false
    /// Whether the connection ends after the current request.
    private var isLast = false
    /// Whether the latest request is HTTP/1.0. Such clients keep a connection open only if the response says so.
    private var isHTTP10 = false
    /// Whether the host is stopping.
    private var isStopping = false
    /// Whether the response whose head has been sent is the last one.
    private var endsAfterAnswer = false
    /// Whether the last response has been sent: anything the client still sends is discarded.
    private var isClosing = false
    /// Whether the request asks for an upgrade. If it does, the parser stops parsing and would buffer all further bytes.
    private var isUpgrade = false
    /// A rejection to send after the responses to earlier requests.
    private var refusal: BadRequest?

    private var timer: Scheduled<Void>?
    private var timerDeadline = NIODeadline.distantFuture
    private var deadline = NIODeadline.distantFuture
    /// The number of bytes of response bodies written so far, and how many of them the client had taken at the last check.
    private var written = 0
    private var taken = -1

    init(_ connections: OpenConnections) { self.connections = connections }

    // MARK: Opening and closing

    func channelActive(context: ChannelHandlerContext) {
        if let counted = connections.counted(context.channel.remoteAddress?.ipAddress) {
            guard connections.enter(counted) else {
                connections.note(.address)
                return context.close(promise: nil)
            }
            address = counted
        }
        // A new connection gets the time limit for a request, because its client is expected to send one immediately.
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
        isHTTP10 = head.version == .http1_0
        reading = .body(missing: fields.isLengthUncertain ? nil : fields.length ?? 0)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isClosing {
            // Keep reading: closing a connection with unread bytes would reset it before the client gets the response.
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
            return  // further bytes after the invalid ones
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

    /// Makes the body's reader fail with an error. The response to this request is the connection's last one.
    private func failBody(_ error: any Error, _ context: ChannelHandlerContext) {
        reading = .done
        isLast = true
        guard pending > 0, !isAnswering else { return context.close(promise: nil) }
        set(.now() + limits.answer, context)
        context.fireErrorCaught(error)
    }

    // MARK: Responses

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
            guard endsAfterAnswer || isHTTP10 else { break }
            head.headers.replaceOrAdd(name: "Connection", value: endsAfterAnswer ? "close" : "keep-alive")
            return context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body(let body):
            written += body.readableBytes
        case .end:
            pending -= 1
            isAnswering = false
            hasNoTimeLimit = false
            if endsAfterAnswer || isStopping && pending == 0 { return finish(context, data, promise) }
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
        // If the client has not taken all bytes yet, check again earlier.
        set(context.channel.isWritable ? idleUntil : min(idleUntil, now + limits.request), context)
    }

    /// The maximum number of missing bytes of an unneeded body that are read to keep the connection open.
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

    /// Sends the rejection directly, without involving the rest of the server.
    private func answer(_ wrong: BadRequest, _ context: ChannelHandlerContext) {
        connections.note(wrong.reason)
        // The client disconnected while sending the head.
        guard !wrong.isHangUp else { return closeOnceSent(context) }
        let (head, body) = wrong.response
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        finish(context, wrapOutboundOut(.end(nil)), nil)
    }

    /// Writes the end of the last response and closes the sending side. The receiving side closes when the client closes it or
    /// takes too long.
    private func finish(_ context: ChannelHandlerContext, _ end: NIOAny, _ promise: EventLoopPromise<Void>?) {
        isClosing = true
        reading = .done
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.cascade(to: promise)
        let mode: CloseMode = isUpgrade || isStopping ? .all : .output
        sent.futureResult.assumeIsolated().whenComplete { _ in
            context.close(mode: mode, promise: nil)
            if context.channel.isActive { self.set(.now() + self.limits.linger, context) }
        }
        context.writeAndFlush(end, promise: sent)
        // While the client still reads the response, it has the limit for that. `linger` starts once the kernel has all of it.
        if isBuffered(context) { set(.now() + limits.request, context) }
        if !isUpgrade { context.read() }
    }

    /// Closes the connection once the client has taken what was written.
    private func closeOnceSent(_ context: ChannelHandlerContext) {
        if !isClosing {
            isClosing = true
            reading = .done
            context.flush()
            set(.now() + limits.request, context)
        }
        guard isBuffered(context) else { return context.close(promise: nil) }
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { self.closeOnceSent(context) }
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
            isStopping = true
            isLast = true
            if pending == 0 {
                if isClosing { return isBuffered(context) ? () : closeOnceSent(context) }  // closes after the last response
                // Requests that are already on their way are still read and answered.
                idleUntil = .now() + limits.parting
                return set(idleUntil, context)
            }
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
        switch event {
        case is UntimedRequest: hasNoTimeLimit = true
        case is StreamedResponse:
            // Hummingbird watches the connection while it sends a stream, and drops the requests that follow.
            isLast = true
            if case .head = reading { reading = .done }
            if pending > 1 { reading = .done }
            pending = 1
        default: return context.triggerUserOutboundEvent(event, promise: promise)
        }
        promise?.succeed()
    }

    // MARK: Time

    /// Sets the deadline for the next event that the connection waits for.
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
            // The client may still be receiving a long response.
            if hasProgress(context) { return set(now + limits.request, context) }
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
        if isAnswering || hasNoTimeLimit { return set(now + limits.request, context) }
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

    /// Whether the client has taken any bytes since the last check.
    private func hasProgress(_ context: ChannelHandlerContext) -> Bool {
        let waiting = buffered(context), before = taken
        taken = written - waiting
        return waiting > 0 && taken > before
    }
}

/// Tells the connection's guard that the response to the current request has no time limit.
struct UntimedRequest: Sendable {}

/// Tells the connection's guard that the response to the current request is a stream, and so the connection's last.
struct StreamedResponse: Sendable {}

/// The error for a request body that did not arrive in time.
struct LateBody: Error {}

@_spi(Host) import Access
@_spi(Host) import Blobs
import Common
import Glibc
import HTTPTypes
import Hummingbird
import Logging
import Metrics
import NIOCore
@_spi(Host) import Operations

/// Handles the requests to one route: passes them through the gate, and measures and traces them. A class, because every request copies a
/// reference to it.
final class Endpoint: Sendable {
    let server: Server
    let route: Route
    private let entrance: Gate.Entrance
    private var surface: any Surface { entrance.surface }
    /// Created with the first request: most routes of a host are never requested.
    private let meters: Once<Meters>

    init(server: Server, surface: any Surface, module: String?, route: Route) {
        self.server = server
        self.route = route
        entrance = Gate.Entrance(to: route, module: module, surface: surface)
        meters = Once { Meters(route, server.telemetry.metrics) }
    }

    private struct Meters {
        let durations: Metrics.Timer
        /// By the first digit of the status.
        let requests: [Metrics.Counter]

        init(_ route: Route, _ metrics: PrometheusMetrics) {
            let dimensions = [("method", route.method.rawValue), ("route", route.path)]
            durations = Metrics.Timer(label: "http_request_duration_seconds", dimensions: dimensions, factory: metrics)
            requests = (1...5).map {
                Metrics.Counter(label: "http_requests_total", dimensions: dimensions + [("status", "\($0)xx")], factory: metrics)
            }
        }
    }

    func respond(to request: Request, context: PulseContext) async throws -> Response {
        let start = ContinuousClock.now
        let id = RequestIdentity.of(request.headers)
        if route.hasNoTimeLimit { context.channel.triggerUserOutboundEvent(UntimedRequest(), promise: nil) }
        let answer = await server.telemetry.span(route, request.headers) { [self] in
            do {
                let incoming = try server.incoming(request, context, id: id, module: entrance.module, for: surface)
                var answer = try await server.gate.pass(incoming, by: entrance)
                // An error in the first piece still gets a response of its own.
                if case .stream(let stream) = answer.body { answer.body = .stream(try await stream.begun()) }
                return answer
            } catch { return refusal(of: error, id, context.logger) }
        }
        measure(answer, since: start)
        if case .stream = answer.body { context.channel.triggerUserOutboundEvent(StreamedResponse(), promise: nil) }
        return response(answer, to: request, context, id: id)
    }

    /// Responds to a request whose body is there. Calls `done` once, on the event loop, with the response and the request's id.
    func respond(
        to request: HTTPRequest, _ body: ByteBuffer, from peer: String, _ logger: Logger, on loop: any EventLoop,
        then done: @escaping @Sendable (_ answer: Answer, _ id: String) -> Void
    ) {
        let start = ContinuousClock.now
        let id = RequestIdentity.of(request.headerFields)
        @Sendable func finish(_ outcome: Result<Answer, any Error>) {
            let answer: Answer
            do { answer = try outcome.get() } catch { answer = refusal(of: error, id, logger) }
            measure(answer, since: start)
            done(answer, id)
        }
        do {
            let incoming = try server.incoming(request, body, from: peer, id: id, logger, module: entrance.module, for: surface)
            server.gate.pass(incoming, body, by: entrance) { outcome in
                if loop.inEventLoop { finish(outcome) } else { loop.execute { finish(outcome) } }
            }
        } catch { finish(.failure(error)) }
    }

    /// Whether a request is one to this endpoint. `target` is the path, with the query.
    func owns(_ method: HTTPRequest.Method, _ target: String) -> Bool {
        let path = route.path.utf8, sent = target.utf8
        guard method == route.method, sent.starts(with: path) else { return false }
        return sent.count == path.count || sent.dropFirst(path.count).first == UInt8(ascii: "?")
    }

    private func measure(_ answer: Answer, since start: ContinuousClock.Instant) {
        let meters = meters.value
        meters.durations.recordNanoseconds((ContinuousClock.now - start).nanoseconds)
        meters.requests[max(0, min(4, answer.status / 100 - 1))].increment()
    }

    private func refusal(of error: any Error, _ id: String, _ logger: Logger) -> Answer {
        switch error {
        case let error as ServiceError: return surface.answer(to: error)
        case is CancellationError: return surface.answer(to: .unavailable("cancelled", "The request was cancelled."))
        default:
            logger.error("a request failed", metadata: ["route": "\(route.path)", "error": "\(error)"])
            return surface.answer(to: ServiceError(.failure(requestID: id)))
        }
    }

    private func response(_ answer: Answer, to request: Request, _ context: PulseContext, id: String) -> Response {
        var headers = answer.headers
        headers[RequestIdentity.header] = id
        let body: ResponseBody
        switch answer.body {
        case .bytes(let buffer): body = ResponseBody(byteBuffer: buffer)
        // A surface may write an error as a value.
        case .value: body = ResponseBody(byteBuffer: (try? answer.content(instants: nil)) ?? ByteBuffer())
        case .stream(let stream):
            let channel = context.channel, logger = context.logger
            body = ResponseBody { [route] writer in
                do {
                    // Watch the connection, so the response ends as soon as the client disconnects, and not only when a later write
                    // fails. The body is let go at once: Hummingbird 2.28 stops the program when a connection ends before its request has, and
                    // the body that it passes here is still there.
                    try await request.body.consumeWithCancellationOnInboundClose { body in
                        _ = body.makeAsyncIterator()
                        try await stream.forEach { try await writer.write($0) }
                    }
                } catch is CancellationError where stream.isEndless {
                    // The client has left, or the host stops.
                } catch {
                    if let error = error as? BrokenStream, !(error.cause is CancellationError) {
                        logger.error(
                            "a response broke off", metadata: ["route": "\(route.path)", "error": "\(error.cause)", "request.id": "\(id)"])
                    }
                    await Self.cut(channel)
                    throw error
                }
                try await writer.finish(nil)
            }
        }
        return Response(status: .init(code: answer.status), headers: headers, body: body)
    }

    /// Closes the connection with a reset. A client of HTTP/1.0 would take an orderly end for the end of the body.
    private static func cut(_ channel: any Channel) async {
        try? await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try? await channel.close()
    }
}

@_spi(Host) import Access
import Common
@_spi(Host) import Enrichment
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Metrics
import NIOCore
import NIOHTTP1
import Platform

/// Serves routes through the gate: translates Hummingbird's requests to `IncomingRequest`, and `Answer` to its responses.
struct Server: Sendable {
    let gate: Gate
    let surfaces: [any Surface]
    let crossOrigin: CrossOrigin
    let trustedProxies: [CIDR]
    let telemetry: Telemetry
    let dashboard: DashboardSessions

    /// The surface that owns `path`. `PulseSurface` owns all paths that no other surface owns.
    func surface(of path: String) -> any Surface { surfaces.first { $0.owns(path) } ?? PulseSurface() }

    /// The responder for all requests to `routes`.
    func responder(for routes: [(module: String?, route: Route)]) -> FrontDoor {
        let router = Router(context: PulseContext.self, options: .autoGenerateHeadEndpoints)
        for (module, route) in routes {
            let endpoint = Endpoint(server: self, module: module, route: route)
            router.on(RouterPath(route.path), method: route.method, responder: CallbackResponder(callback: endpoint.respond))
        }
        let methods = MethodTable(routes.map(\.route))
        router.add(middleware: UnknownPath(server: self, methods: methods))
        return FrontDoor(server: self, routes: router.buildResponder(), methods: methods)
    }

    func incoming(
        _ request: Request, _ context: PulseContext, id: String, module: String?
    ) throws(ServiceError) -> IncomingRequest {
        IncomingRequest(
            method: request.method, path: request.uri.path, query: .init(request.uri.query ?? ""),
            headers: try dashboard.admitted(request.head),
            pathParameters: Self.pathParameters(context), clientAddress: clientAddress(request, context), id: id,
            logger: context.logger, module: module,
            collectBody: { maximum in try await Self.collect(request, maximum: maximum, context.logger) })
    }

    private static func pathParameters(_ context: PulseContext) -> [String: String] {
        guard !context.parameters.isEmpty else { return [:] }
        return Dictionary(
            context.parameters.map { name, value in
                // Replace NUL: stores can't search for it, and no name contains it.
                (String(name), (value.removingPercentEncoding ?? String(value)).replacingOccurrences(of: "\0", with: "\u{FFFD}"))
            }
        ) { first, _ in first }
    }

    private func clientAddress(_ request: Request, _ context: PulseContext) -> String {
        guard !trustedProxies.isEmpty, let peer = IPAddress(context.peer) else { return context.peer }
        return ClientAddress.resolve(
            peer: peer, forwardedFor: request.headers[values: Self.forwardedFor].joined(separator: ","),
            forwarded: request.headers[values: Self.forwarded].joined(separator: ","), trusted: trustedProxies
        ).description
    }

    private static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    private static let forwarded = HTTPField.Name("Forwarded")!

    /// Returns the decompressed body. Both the compressed and the decompressed body may have at most `maximum` bytes.
    private static func collect(_ request: Request, maximum: Int, _ logger: Logger) async throws -> ByteBuffer {
        let tooLarge = ServiceError(
            status: 413, code: "body_too_large", message: "The request body is too large; the limit is \(maximum) bytes.")
        let body: ByteBuffer
        do { body = try await request.body.collect(upTo: maximum) } catch is NIOTooManyBytesError { throw tooLarge } catch {
            throw Self.brokenBody(error, logger)
        }
        switch request.headers.value(.contentEncoding)?.lowercased() {
        case nil, "", "identity": return body
        case "gzip", "x-gzip", "deflate":
            return ByteBuffer(bytes: try Compression.inflate(Array(body.readableBytesView), maximum: maximum, tooLarge: tooLarge))
        case let other?:
            throw ServiceError(
                status: 415, code: "invalid_body",
                message: "Unsupported Content-Encoding '\(other.excerpt(40))'; gzip, deflate or none is accepted.")
        }
    }

    /// The error for a body that did not arrive completely. None of these errors are failures of this host.
    private static func brokenBody(_ error: any Error, _ logger: Logger) -> any Error {
        logger.debug("a body did not arrive", metadata: ["error": "\(error)"])
        switch error {
        case is CancellationError: return error
        case is LateBody:
            return ServiceError(status: 408, code: "request_timeout", message: "The request body did not arrive in time.")
        case let error as HTTPParserError where error != .invalidEOFState:
            return ServiceError.invalid("malformed_request", "The request body is not valid HTTP/1.1: \(error.debugDescription).")
        default:
            return ServiceError.invalid("incomplete_body", "The connection ended before the request body was complete.")
        }
    }
}

/// Handles the requests to one route: passes them through the gate, and measures and traces them.
private struct Endpoint: Sendable {
    let server: Server
    let module: String?
    let route: Route
    private let durations: Metrics.Timer
    private let requests: [Metrics.Counter]

    init(server: Server, module: String?, route: Route) {
        self.server = server
        self.module = module
        self.route = route
        let dimensions = [("method", route.method.rawValue), ("route", route.path)]
        durations = Metrics.Timer(label: "http_request_duration_seconds", dimensions: dimensions, factory: server.telemetry.metrics)
        requests = (1...5).map {
            let dimensions = dimensions + [("status", "\($0)xx")]
            return Metrics.Counter(label: "http_requests_total", dimensions: dimensions, factory: server.telemetry.metrics)
        }
    }

    @Sendable func respond(to request: Request, context: PulseContext) async throws -> Response {
        let start = ContinuousClock.now
        let id = RequestIdentity.of(request)
        if route.hasNoTimeLimit { context.channel.triggerUserOutboundEvent(UntimedRequest(), promise: nil) }
        let surface = server.surface(of: request.uri.path)
        let answer = await server.telemetry.span(route, request.headers) { await self.answer(request, context, id, surface) }
        durations.recordNanoseconds((ContinuousClock.now - start).nanoseconds)
        requests[max(0, min(4, answer.status / 100 - 1))].increment()
        if case .stream = answer.body { context.channel.triggerUserOutboundEvent(StreamedResponse(), promise: nil) }
        return Self.response(answer, to: request, id: id)
    }

    private func answer(_ request: Request, _ context: PulseContext, _ id: String, _ surface: any Surface) async -> Answer {
        do {
            let incoming = try server.incoming(request, context, id: id, module: module)
            return try await server.gate.pass(incoming, to: route, module: module, surface: surface)
        } catch let error as ServiceError {
            return surface.answer(to: error)
        } catch is CancellationError {
            return surface.answer(to: .unavailable("cancelled", "The request was cancelled."))
        } catch {
            context.logger.error("a request failed", metadata: ["route": "\(route.path)", "error": "\(error)"])
            return surface.answer(
                to: ServiceError(
                    status: 500, code: "internal",
                    message: "An internal error occurred. The log has the details under request id \(id)."))
        }
    }

    private static func response(_ answer: Answer, to request: Request, id: String) -> Response {
        var headers = answer.headers
        headers[RequestIdentity.header] = id
        switch answer.body {
        case .bytes(let buffer):
            return Response(status: .init(code: answer.status), headers: headers, body: ResponseBody(byteBuffer: buffer))
        case .stream(let pieces):
            let body = ResponseBody { writer in
                // Watch the connection, so the response ends as soon as the client disconnects, and not only when a later write
                // fails.
                do {
                    try await request.body.consumeWithCancellationOnInboundClose { _ in try await writer.write(pieces) }
                } catch is CancellationError {}
                try await writer.finish(nil)
            }
            return Response(status: .init(code: answer.status), headers: headers, body: body)
        }
    }
}

extension Duration {
    var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}

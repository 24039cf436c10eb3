@_spi(Host) import Access
import Common
@_spi(Host) import Enrichment
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import Metrics
import NIOCore
import NIOHTTP1
import Platform

/// Serves routes through the gate: translates Hummingbird's requests to `IncomingRequest`, and `Answer` to its responses.
final class Server: Sendable {
    let gate: Gate
    let surfaces: [any Surface]
    let crossOrigin: CrossOrigin
    let trustedProxies: [CIDR]
    let telemetry: Telemetry
    let dashboard: DashboardSessions

    init(
        gate: Gate, surfaces: [any Surface], crossOrigin: CrossOrigin, trustedProxies: [CIDR], telemetry: Telemetry,
        dashboard: DashboardSessions
    ) {
        self.gate = gate
        self.surfaces = surfaces
        self.crossOrigin = crossOrigin
        self.trustedProxies = trustedProxies
        self.telemetry = telemetry
        self.dashboard = dashboard
    }

    /// The surface that owns `path`. `PulseSurface` owns all paths that no other surface owns.
    func surface(of path: String) -> any Surface { surfaces.first { $0.owns(path) } ?? PulseSurface() }

    /// The responder for all requests to `routes`.
    func responder(for routes: [(module: String?, route: Route)]) -> FrontDoor {
        let router = Router(context: PulseContext.self, options: .autoGenerateHeadEndpoints)
        let endpoints = routes.map { Endpoint(server: self, module: $0.module, route: $0.route) }
        for endpoint in endpoints {
            let route = endpoint.route
            router.on(RouterPath(route.path), method: route.method, responder: CallbackResponder(callback: endpoint.respond))
        }
        let methods = MethodTable(routes.map(\.route))
        router.add(middleware: UnknownPath(server: self, methods: methods))
        return FrontDoor(self, endpoints, router.buildResponder(), methods)
    }

    func incoming(
        _ request: Request, _ context: PulseContext, id: String, module: String?
    ) throws(ServiceError) -> IncomingRequest {
        try incoming(request.head, request.uri, from: context.peer, id: id, context.logger, module, Self.pathParameters(context)) {
            maximum in
            try await Self.collect(request, maximum: maximum, context.logger)
        }
    }

    /// A request whose body is there, and not compressed.
    func incoming(
        _ head: HTTPRequest, _ body: ByteBuffer, from peer: String, id: String, _ logger: Logger, module: String?
    ) throws(ServiceError) -> IncomingRequest {
        try incoming(head, URI(head.path ?? ""), from: peer, id: id, logger, module, [:]) { maximum in
            guard body.readableBytes <= maximum else { throw Self.tooLarge(maximum) }
            return body
        }
    }

    private func incoming(
        _ head: HTTPRequest, _ uri: URI, from peer: String, id: String, _ logger: Logger, _ module: String?,
        _ pathParameters: [String: String], collectBody: @escaping @Sendable (_ maximum: Int) async throws -> ByteBuffer
    ) throws(ServiceError) -> IncomingRequest {
        IncomingRequest(
            method: head.method, path: uri.path, query: .init(uri.query ?? ""), headers: try dashboard.admitted(head),
            pathParameters: pathParameters, clientAddress: clientAddress(head.headerFields, peer), id: id, logger: logger, module: module,
            collectBody: collectBody)
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

    private func clientAddress(_ fields: HTTPFields, _ peer: String) -> String {
        guard !trustedProxies.isEmpty, let address = IPAddress(peer) else { return peer }
        return ClientAddress.resolve(
            peer: address, forwardedFor: fields[values: Self.forwardedFor].joined(separator: ","),
            forwarded: fields[values: Self.forwarded].joined(separator: ","), trusted: trustedProxies
        ).description
    }

    private static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    private static let forwarded = HTTPField.Name("Forwarded")!

    /// Returns the decompressed body. Both the compressed and the decompressed body may have at most `maximum` bytes.
    private static func collect(_ request: Request, maximum: Int, _ logger: Logger) async throws -> ByteBuffer {
        let body: ByteBuffer
        do { body = try await request.body.collect(upTo: maximum) } catch is NIOTooManyBytesError { throw tooLarge(maximum) } catch {
            throw Self.brokenBody(error, logger)
        }
        switch request.headers.value(.contentEncoding)?.lowercased() {
        case nil, "", "identity": return body
        case "gzip", "x-gzip", "deflate":
            return ByteBuffer(bytes: try Compression.inflate(Array(body.readableBytesView), maximum: maximum, tooLarge: tooLarge(maximum)))
        case let other?:
            throw ServiceError(
                status: 415, code: "invalid_body",
                message: "Unsupported Content-Encoding '\(other.excerpt(40))'; gzip, deflate or none is accepted.")
        }
    }

    private static func tooLarge(_ maximum: Int) -> ServiceError {
        ServiceError(status: 413, code: "body_too_large", message: "The request body is too large; the limit is \(maximum) bytes.")
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

extension Duration {
    var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}

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
@_spi(Host) import Platform

/// Serves routes through the gate: translates Hummingbird's requests to `IncomingRequest`, and `Answer` to its responses.
final class Server: Sendable {
    let gate: Gate
    /// Pulse's own surface.
    let pulse: PulseSurface
    /// Whether the public URL begins with `https:`; nil if none is configured.
    let hasSecureURL: Bool?
    let trustedProxies: [CIDR]
    let telemetry: Telemetry
    let dashboard: DashboardSessions

    init(
        gate: Gate, pulse: PulseSurface, publicURL: String?, trustedProxies: [CIDR], telemetry: Telemetry,
        dashboard: DashboardSessions
    ) {
        self.gate = gate
        self.pulse = pulse
        hasSecureURL = publicURL?.hasPrefix("https:")
        self.trustedProxies = trustedProxies
        self.telemetry = telemetry
        self.dashboard = dashboard
    }

    /// The responder for all requests to the routes of `registry`.
    func responder(for registry: ModuleRegistry) -> FrontDoor {
        let endpoints = registry.routes.map { Endpoint(server: self, surface: pulse, module: $0.module, route: $0.route) }
        let others = registry.surfaces.map { entry in
            wing(entry.surface, entry.routes.map { Endpoint(server: self, surface: entry.surface, module: entry.module, route: $0) })
        }
        return FrontDoor(self, endpoints, own: wing(pulse, endpoints), others: others)
    }

    private func wing(_ surface: any Surface, _ endpoints: [Endpoint]) -> FrontDoor.Wing {
        let router = Router(context: PulseContext.self, options: .autoGenerateHeadEndpoints)
        for endpoint in endpoints {
            let route = endpoint.route
            router.on(RouterPath(route.path), method: route.method, responder: CallbackResponder(callback: endpoint.respond))
        }
        let methods = MethodTable(endpoints.map(\.route))
        router.add(middleware: UnknownPath(server: self, surface: surface, methods: methods))
        return FrontDoor.Wing(surface, router.buildResponder(), methods)
    }

    func incoming(
        _ request: Request, _ context: PulseContext, id: String, module: String?, for surface: any Surface
    ) throws(ServiceError) -> IncomingRequest {
        try incoming(request.head, request.uri, from: context.peer, id: id, context.logger, module, Self.pathParameters(context), surface) {
            maximum in
            try await Self.collect(request, maximum: maximum, context.logger)
        }
    }

    /// A request whose body is there, and not compressed.
    func incoming(
        _ head: HTTPRequest, _ body: ByteBuffer, from peer: String, id: String, _ logger: Logger, module: String?, for surface: any Surface
    ) throws(ServiceError) -> IncomingRequest {
        try incoming(head, URI(head.path ?? ""), from: peer, id: id, logger, module, [:], surface) { maximum in
            guard body.readableBytes <= maximum else { throw Self.tooLarge(maximum) }
            return body
        }
    }

    /// A request that no route answers.
    func unanswered(_ request: Request, _ context: PulseContext, id: String) -> IncomingRequest {
        IncomingRequest(
            method: request.method, path: request.uri.path, query: .init(request.uri.query ?? ""), headers: request.headers,
            pathParameters: [:], clientAddress: clientAddress(request.headers, context.peer), id: id, logger: context.logger,
            collectBody: { _ in ByteBuffer() })
    }

    private func incoming(
        _ head: HTTPRequest, _ uri: URI, from peer: String, id: String, _ logger: Logger, _ module: String?,
        _ pathParameters: [String: String], _ surface: any Surface,
        collectBody: @escaping @Sendable (_ maximum: Int) async throws -> ByteBuffer
    ) throws(ServiceError) -> IncomingRequest {
        // The dashboard's cookie opens Pulse's own surface only.
        let admitted = try surface is PulseSurface ? dashboard.admitted(head) : DashboardSessions.Admitted(fields: head.headerFields)
        return IncomingRequest(
            method: head.method, path: uri.path, query: .init(uri.query ?? ""), headers: admitted.fields,
            pathParameters: pathParameters, clientAddress: clientAddress(head.headerFields, peer), id: id, session: admitted.session,
            logger: logger, module: module, collectBody: collectBody)
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
        ServiceError(.bodyTooLarge(limit: maximum))
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

@_spi(Host) import Access
@_spi(Host) import Common
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Handles what all requests have in common: finds the surface that a request belongs to, and answers CORS preflights and unknown paths.
/// The surface chooses the CORS, security and caching headers.
final class FrontDoor: HTTPResponder {
    /// One surface with its routes.
    final class Wing: Sendable {
        let surface: any Surface
        let routes: RouterResponder<PulseContext>
        let methods: MethodTable

        init(_ surface: any Surface, _ routes: RouterResponder<PulseContext>, _ methods: MethodTable) {
            self.surface = surface
            self.routes = routes
            self.methods = methods
        }
    }

    private let server: Server
    /// The endpoints of routes that answer requests in place. They are all of Pulse's own surface.
    private let inPlace: [Endpoint]
    /// Pulse's own surface, which has all requests that no other surface owns.
    private let own: Wing
    private let others: [Wing]

    init(_ server: Server, _ endpoints: [Endpoint], own: Wing, others: [Wing]) {
        self.server = server
        inPlace = endpoints.filter { $0.route.handlerInPlace != nil }
        self.own = own
        self.others = others
    }

    private func wing(of request: HTTPRequest, _ path: String) -> Wing {
        guard !others.isEmpty else { return own }
        // A preflight asks about the method that the page is going to use.
        var method = request.method
        if method == .options { method = request.headerFields[.accessControlRequestMethod].flatMap { HTTPRequest.Method($0) } ?? method }
        return others.first { $0.surface.owns(method, path, request.headerFields) } ?? own
    }

    func respond(to request: Request, context: PulseContext) async throws -> Response {
        var response: Response, path = request.uri.path
        let wing = wing(of: request.head, path)
        if request.method == .options {
            response = Response(status: .noContent)
            response.headers[.allow] = wing.methods.allowed(path)
            response.headers[RequestIdentity.header] = RequestIdentity.of(request.headers)
        } else {
            response = try await wing.routes.respond(to: request, context: context)
        }
        label(&response.headers, for: request.head, path, wing)
        return response
    }

    private func label(_ fields: inout HTTPFields, for request: HTTPRequest, _ path: String, _ wing: Wing) {
        let audience = wing.methods.audience(of: path), surface = wing.surface
        CrossOrigin.label(&fields, for: request) { surface.crossOrigin(for: audience) }
        surface.label(&fields, in: ResponseContext(request: request, audience: audience, hasSecureURL: server.hasSecureURL))
    }

    // MARK: Requests that are answered in place

    /// The largest body of a request that is answered in place. Other requests on the same thread wait meanwhile.
    static let maximumBytesInPlace = 4 << 10

    /// The endpoint that answers a request in place; nil if Hummingbird must handle the request.
    func endpointInPlace(_ request: HTTPRequest) -> Endpoint? {
        guard let target = request.path, let endpoint = inPlace.first(where: { $0.owns(request.method, target) }) else { return nil }
        let fields = request.headerFields
        guard others.isEmpty || wing(of: request, endpoint.route.path) === own else { return nil }
        guard let length = fields.value(.contentLength).flatMap({ Int($0) }), length <= Self.maximumBytesInPlace,
            fields.value(.contentEncoding) == nil, fields.value(.expect) == nil, !server.telemetry.follows(fields)
        else { return nil }
        return endpoint
    }

    /// Answers a request whose body is there. Calls `write` once, on the event loop.
    func respond(
        to request: HTTPRequest, _ body: ByteBuffer, at endpoint: Endpoint, from peer: String, _ logger: Logger, on loop: any EventLoop,
        then write: @escaping @Sendable (HTTPResponse, ByteBuffer) -> Void
    ) {
        endpoint.respond(to: request, body, from: peer, logger, on: loop) { [self] answer, id in
            guard case .bytes(let bytes) = answer.body else {
                preconditionFailure("\(endpoint.route.path): a stream can't be sent in place")
            }
            var fields = answer.headers
            fields[.contentLength] = String(bytes.readableBytes)
            fields[RequestIdentity.header] = id
            label(&fields, for: request, endpoint.route.path, own)
            fields[.date] = HTTPDate.now()
            write(HTTPResponse(status: .init(code: answer.status), headerFields: fields), bytes)
        }
    }
}

/// Responds to requests for an unknown path, or with a method that the path does not support, in the format of their surface.
///
/// The middleware is added to the router after all routes. So it replaces the router's own response to unknown paths, and wraps no
/// route.
struct UnknownPath: RouterMiddleware {
    typealias Context = PulseContext
    let server: Server
    let surface: any Surface
    let methods: MethodTable

    func handle(
        _ request: Request, context: PulseContext, next: (Request, PulseContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        let allowed = methods.allowed(path)
        let error = ServiceError(allowed.isEmpty ? .unknownPath : .wrongMethod(request.method.rawValue, path: path, allowed: allowed))
        let id = RequestIdentity.of(request.headers)
        let answer = await server.gate.refuse(server.unanswered(request, context, id: id), with: error, on: surface)
        var response = Response(status: .init(code: answer.status), headers: answer.headers)
        if case .bytes(let buffer) = answer.body { response.body = ResponseBody(byteBuffer: buffer) }
        // A surface may write 404 for a wrong method.
        if answer.status == 405 { response.headers[.allow] = allowed }
        response.headers[RequestIdentity.header] = id
        return request.method == .head ? response.createHeadResponse() : response
    }
}

/// The methods of each path, for `Allow`, and the pages that may use the path.
struct MethodTable: Sendable {
    private struct Entry {
        let parts: [String]
        let method: HTTPRequest.Method
        let audience: Audience
    }

    private let entries: [Entry]
    /// The audiences of all paths without parameters. Every request looks up its path here first, and most find it.
    private let fixed: [ExactText: Audience]

    init(_ routes: [Route]) {
        entries = routes.map {
            Entry(
                parts: $0.shape.split(separator: "/").map(String.init), method: $0.method,
                audience: $0.isForSites ? .sites : $0.scope == .publicToken ? .embeds : .own)
        }
        fixed = entries.reduce(into: [:]) { fixed, entry in
            guard !entry.parts.contains("{}") else { return }
            let path = ExactText("/" + entry.parts.joined(separator: "/"))
            if entry.audience == .sites || fixed[path] == nil { fixed[path] = entry.audience }
        }
    }

    private func matching(_ path: String) -> [Entry] {
        let parts = path.split(separator: "/").map(String.init)
        return entries.filter { entry in
            entry.parts.count == parts.count && zip(entry.parts, parts).allSatisfy { $0 == "{}" || $0 == $1 }
        }
    }

    /// The path's methods, such as `GET, HEAD, POST`; empty for an unknown path.
    func allowed(_ path: String) -> String {
        var methods = Set(matching(path).map(\.method.rawValue))
        if methods.contains("GET") { methods.insert("HEAD") }
        return methods.sorted().joined(separator: ", ")
    }

    /// Which pages may use the path; `.own` for an unknown path.
    func audience(of path: String) -> Audience {
        if let audience = fixed[ExactText(path)] { return audience }
        let candidates = matching(path)
        return candidates.contains { $0.audience == .sites } ? .sites : candidates.first?.audience ?? .own
    }
}

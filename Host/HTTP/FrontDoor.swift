@_spi(Host) import Access
@_spi(Host) import Common
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Handles what all requests have in common: CORS preflights, unknown paths, and the CORS, security and caching
/// headers.
final class FrontDoor: HTTPResponder {
    private let server: Server
    /// The endpoints of routes that answer requests in place.
    private let inPlace: [Endpoint]
    private let routes: RouterResponder<PulseContext>
    private let methods: MethodTable

    init(_ server: Server, _ endpoints: [Endpoint], _ routes: RouterResponder<PulseContext>, _ methods: MethodTable) {
        self.server = server
        inPlace = endpoints.filter { $0.route.handlerInPlace != nil }
        self.routes = routes
        self.methods = methods
    }

    func respond(to request: Request, context: PulseContext) async throws -> Response {
        var response: Response, path = request.uri.path
        if request.method == .options {
            response = Response(status: .noContent)
            response.headers[.allow] = methods.allowed(path)
            response.headers[RequestIdentity.header] = RequestIdentity.of(request.headers)
        } else {
            response = try await routes.respond(to: request, context: context)
        }
        label(&response.headers, for: request.head, path)
        return response
    }

    private func label(_ fields: inout HTTPFields, for request: HTTPRequest, _ path: String) {
        let audience = methods.audience(of: path)
        server.crossOrigin.label(&fields, for: request, isForSites: audience == .sites)
        SecurityHeaders.label(&fields, isForOthers: audience != .own)
        PrivateAnswer.label(&fields, for: request, isForSites: audience == .sites)
    }

    // MARK: Requests that are answered in place

    /// The largest body of a request that is answered in place. Other requests on the same thread wait meanwhile.
    static let maximumBytesInPlace = 4 << 10

    /// The endpoint that answers a request in place; nil if Hummingbird must handle the request.
    func endpointInPlace(_ request: HTTPRequest) -> Endpoint? {
        guard let target = request.path, let endpoint = inPlace.first(where: { $0.owns(request.method, target) }) else { return nil }
        let fields = request.headerFields
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
            label(&fields, for: request, endpoint.route.path)
            fields[.date] = HTTPDate.now()
            write(HTTPResponse(status: .init(code: answer.status), headerFields: fields), bytes)
        }
    }
}

/// Responds to requests for an unknown path, or with a method that the path does not support. The response has the format of the
/// surface that owns the path.
///
/// The middleware is added to the router after all routes. So it replaces the router's own response to unknown paths, and wraps no
/// route.
struct UnknownPath: RouterMiddleware {
    typealias Context = PulseContext
    let server: Server
    let methods: MethodTable

    func handle(
        _ request: Request, context: PulseContext, next: (Request, PulseContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        let allowed = methods.allowed(path)
        let error =
            allowed.isEmpty
            ? ServiceError(status: 404, code: "not_found", message: "Not found")
            : ServiceError(
                status: 405, code: "method_not_allowed",
                message: "\(request.method.rawValue.excerpt(20)) is not supported at \(path.excerpt()); allowed: \(allowed).")
        let answer = server.surface(of: path).answer(to: error)
        var response = Response(status: .init(code: answer.status), headers: answer.headers)
        if case .bytes(let buffer) = answer.body { response.body = ResponseBody(byteBuffer: buffer) }
        if !allowed.isEmpty { response.headers[.allow] = allowed }
        response.headers[RequestIdentity.header] = RequestIdentity.of(request.headers)
        return request.method == .head ? response.createHeadResponse() : response
    }
}

/// The methods of each path, for `Allow`, and the pages that may use the path.
struct MethodTable: Sendable {
    enum Audience {
        /// Pages of any site may use the path: event collection and the script.
        case sites
        /// Pages on which a project embeds its reports may use the path.
        case embeds
        /// Only Pulse's own pages and programs may use the path.
        case own
    }

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

import Common
import HTTPTypes
import NIOCore
import Synchronization

/// Pulse's own surface: `X-Pulse-Key` or `?key=`, `Authorization: Bearer` for administration, `{"error": "..."}`. Its limits and origins
/// can be changed while the host runs.
@_spi(Host) public final class PulseSurface: Surface {
    static let name = "pulse"

    /// The limits in requests per second; 0 for no limit.
    public struct Limits: Sendable, Equatable {
        /// The limit for collection, per project.
        public var ingestPerSecond: Int
        /// The limit for reports, per project.
        public var queryPerSecond: Int
        /// The limit for administration, per admin token or key.
        public var adminPerSecond: Int

        public init(ingestPerSecond: Int = 100, queryPerSecond: Int = 100, adminPerSecond: Int = 20) {
            self.ingestPerSecond = ingestPerSecond
            self.queryPerSecond = queryPerSecond
            self.adminPerSecond = adminPerSecond
        }

        static let none = Limits(ingestPerSecond: 0, queryPerSecond: 0, adminPerSecond: 0)
    }

    private let limits: Mutex<Limits>
    private let origins: PulseOrigins

    /// - Parameter origins: the origins that may use the API.
    public init(limits: Limits, origins: PulseOrigins) {
        self.limits = Mutex(limits)
        self.origins = origins
    }

    /// The surface without limits, for what only reads requests and writes errors.
    public convenience init() { self.init(limits: .none, origins: PulseOrigins(own: nil, reports: [], collection: [])) }

    /// Replaces the limits. Takes effect with the next request.
    public func set(_ new: Limits) { limits.withLock { $0 = new } }

    public var name: String { Self.name }

    /// Always true: this surface handles every request that no other surface owns.
    public func owns(_ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields) -> Bool { true }

    // MARK: Credentials

    public func credential(of request: IncomingRequest, for route: Route) -> Credential? {
        switch route.scope {
        case .admin, .installation: bearer(of: request).map(Credential.administrator)
        case .key, .frontend: apiKey(of: request).map(Credential.key)
        case .publicToken, .anonymous: nil
        }
    }

    /// The API key that the request carries, if any.
    public func apiKey(of request: IncomingRequest) -> String? {
        if let header = request.headers.value(Self.keyHeader), !header.isEmpty { return header }
        return request.query[Self.keyParameter].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The bearer token that the request carries, if any.
    public func bearer(of request: IncomingRequest) -> String? {
        guard let header = request.headers[.authorization] else { return nil }
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    /// The header that carries an API key.
    public static let keyHeader = HTTPField.Name("X-Pulse-Key")!
    /// The query parameter that may carry an API key.
    private static let keyParameter = "key"

    public var credentialParameters: [String] { Self.credentialParameters }
    private static let credentialParameters = [keyParameter]

    public func admitsOrigin(of request: IncomingRequest) -> Bool { origins.admits(request) }

    // MARK: Rates

    /// Public tokens are counted by client address before they are looked up, so nobody can try many tokens.
    public func rates(onArrivalOf request: IncomingRequest, at route: Route?) -> [RateRule] {
        guard route?.scope == .publicToken else { return [] }
        return rule("query", "address \(Attempts.subject(request.clientAddress))") { $0.queryPerSecond }
    }

    /// Keys are counted by project, for collection and for queries. The key of a page is public: a request with a key that lacks the scope
    /// must not use up the project's limit, so it is counted against the key. Public tokens of a project are counted separately from its
    /// keys.
    public func rates(of principal: Principal, in project: Project?, at route: Route) -> [RateRule] {
        switch principal {
        case .key(let key):
            let needed = route.scope.needed(by: principal)
            guard route.scope != .admin else { return rule("admin", key.id) { $0.adminPerSecond } }
            let subject = key.has(needed) ? key.projectID : "key \(key.id)"
            return needed == .ingest ? rule("ingest", subject) { $0.ingestPerSecond } : rule("query", subject) { $0.queryPerSecond }
        case .adminToken: return rule("admin", "admin token") { $0.adminPerSecond }
        case .publicToken(let token): return rule("query", "public \(token.project)") { $0.queryPerSecond }
        case .other, .module: return []
        }
    }

    /// The rules that code which collects without a request is counted against, like a request with one of the project's ingest keys.
    public func ratesOfCollection(in project: Project) -> [RateRule] { rule("ingest", project.id) { $0.ingestPerSecond } }

    private func rule(_ name: String, _ subject: @autoclosure () -> String, _ limit: (Limits) -> Int) -> [RateRule] {
        let perSecond = limits.withLock { limit($0) }
        return perSecond > 0 ? [RateRule(name, for: subject(), perSecond: perSecond)] : []
    }

    // MARK: Responses

    public func sentence(about error: ServiceError) -> String {
        switch error.evidence {
        case .missingCredential(.key): "Missing API key. Provide it via X-Pulse-Key header or ?key= query parameter."
        case .missingCredential(.administrator): "Missing admin token."
        case .invalidCredential(.key): "Invalid API key."
        case .invalidCredential(.administrator): "Invalid admin token."
        case .rateLimited(let seconds): "Rate limit exceeded. Retry after \(seconds.counting("second"))."
        case .missingScope(let scope, let parameter):
            "API key does not have the required '\(scope)' scope for \(parameter.map { "'\($0)'" } ?? "this endpoint")."
        case .moduleForbidden(let module, byLink: false): "API key is not allowed to use module '\(module)'."
        case .moduleForbidden(let module, byLink: true):
            "This link is not allowed to show module '\(module)': the key that created it was not allowed to read it."
        case .limitedToModules: "API key is limited to some modules and may not use this endpoint; use one without allowed_modules."
        case .foreignOrigin: "Pages on this site may not send events to this Pulse: server.collection_origins does not list the site."
        default: error.message
        }
    }

    public func answer(to error: ServiceError) -> Answer {
        var text = JSONText()
        text.object { $0.member("error", sentence(about: error)) }
        var answer = Answer.written(text, status: error.status)
        if let seconds = error.retryAfterSeconds { answer.headers[.retryAfter] = String(seconds) }
        return answer
    }

    /// A list becomes `{"data":[...]}`, with the `total` if it is known.
    public func write(_ answer: Answer, as outcome: Answer.Outcome) throws -> Answer {
        guard case .page(let total) = outcome else { return answer }
        var text = JSONText()
        try text.object { text in
            text.name("data")
            try answer.write(to: &text)
            guard let total else { return }
            text.name("total")
            text.append(total)
        }
        return answer.written(ByteBuffer(bytes: text.bytes), status: answer.status)
    }

    public func label(_ headers: inout HTTPFields, asOf instant: Instant) { headers[Self.asOf] = instant.iso8601 }
    private static let asOf = HTTPField.Name("X-Pulse-As-Of")!

    public func label(_ headers: inout HTTPFields, in context: ResponseContext) {
        SecurityHeaders.label(&headers, for: context.audience)
        PrivateAnswer.label(&headers, in: context, carriers: "X-Pulse-Key, Authorization, Cookie")
    }

    public func crossOrigin(for audience: Audience) -> CrossOriginPolicy {
        CrossOriginPolicy(
            origins: origins.allowed(for: audience),
            requestHeaders: "X-Pulse-Key, Content-Type, Content-Encoding, Authorization, traceparent, tracestate",
            responseHeaders: "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, X-Request-ID, X-Pulse-As-Of")
    }
}

/// The browser origins that may send events and read responses of Pulse's own surface. Unless configured otherwise, any origin may send
/// events. Everything else is open only to the configured origins.
@_spi(Host) public final class PulseOrigins: Sendable {
    /// Allowed origins, such as `https://app.example.com`; `*` for all.
    private struct Allowed {
        var reports: [String]
        var collection: [String]
    }

    private let allowed: Mutex<Allowed>
    /// Pulse's own origin, if configured.
    private let own: String?

    public init(own: String?, reports: [String], collection: [String]) {
        self.own = own?.lowercased()
        allowed = Mutex(Allowed(reports: reports, collection: collection))
    }

    /// Replaces the origins. Takes effect with the next request.
    public func set(reports: [String], collection: [String]) {
        allowed.withLock { $0 = Allowed(reports: reports, collection: collection) }
    }

    func allowed(for audience: Audience) -> [String] { allowed.withLock { audience == .sites ? $0.collection : $0.reports } }

    /// Whether collection accepts a request. CORS keeps a page from reading a response, but not from sending a request. This
    /// function therefore rejects requests from pages of origins that are not allowed. Programs send no origin and are accepted.
    func admits(_ request: IncomingRequest) -> Bool {
        guard let origin = Self.origin(of: request) else { return true }
        return allowed.withLock { $0.collection.contains("*") || $0.collection.contains(origin) } || origin == own
    }

    /// The request's `Origin`. A request for an image has none, so the origin of the page in `Referer` is used instead.
    private static func origin(of request: IncomingRequest) -> String? {
        if let origin = request.headers.value(.origin) { return origin.lowercased() }
        guard request.method == .get, let page = request.headers.value(referer) else { return nil }
        let parts = page.lowercased().split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.count > 2 && parts[0].hasSuffix(":") ? parts[0...2].joined(separator: "/") : nil
    }

    private static let referer = HTTPField.Name("Referer")!
}

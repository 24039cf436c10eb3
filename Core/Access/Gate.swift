import Common
import Coordination
import HTTPTypes
import Logging
import NIOCore
import Questions
import Storage
import Synchronization

/// The only place that decides whether a request reaches its handler. Every route gets the same checks in the same order: credentials
/// (401), rate limit (429), scope (403), module enabled (403), access level (403), modules of the key (403). The handler then looks up the
/// resource (404) before it reads the body (400).
@_spi(Host) public final class Gate: Sendable {
    /// Projects, keys and module switches.
    public let directory: Directory
    /// The services that handlers may use.
    public let services: Services
    private let limiter: RateLimiter
    private let administration: Administration
    /// Counts wrong admin tokens by client address.
    private let attempts: Attempts
    /// Whether the page that a request comes from may call front-end routes.
    private let admitsOrigin: @Sendable (IncomingRequest) -> Bool
    /// Called when the gate rejects a request that carries a valid key of a project. `code` is the code of the error.
    private let refused: @Sendable (_ project: Project, _ route: Route, _ code: String) -> Void

    public init(
        directory: Directory, services: Services, limiter: RateLimiter, administration: Administration, attempts: Attempts,
        admitsOrigin: @escaping @Sendable (IncomingRequest) -> Bool = { _ in true },
        refused: @escaping @Sendable (_ project: Project, _ route: Route, _ code: String) -> Void = { _, _, _ in }
    ) {
        self.directory = directory
        self.services = services
        self.limiter = limiter
        self.administration = administration
        self.attempts = attempts
        self.admitsOrigin = admitsOrigin
        self.refused = refused
    }

    /// Checks `request` against `route`, and runs the handler. `module` is nil for the host's own routes.
    /// - Returns: the handler's response. If the request was counted against a rate limit, also the response for a failed check or for a
    ///   `ServiceError` of the handler.
    /// - Throws: a `ServiceError` if the request was not counted; any other error of the handler.
    public func pass(_ request: IncomingRequest, to route: Route, module: String?, surface: any Surface) async throws -> Answer {
        var rate: RateLabel?
        let outcome: Result<Answer, any Error>
        do { outcome = .success(try await handle(request, route, module, surface, &rate)) } catch { outcome = .failure(error) }
        return try Self.labelled(outcome, rate, surface).get()
    }

    /// Like the asynchronous `pass`, for a request whose body has arrived. Creates a task only if the route can't answer the request in place.
    /// Calls `done` once, before or after it returns, on any thread.
    public func pass(
        _ request: IncomingRequest, _ body: ByteBuffer, to route: Route, module: String?, surface: any Surface,
        then done: @escaping Route.Completion
    ) {
        guard let handler = route.handlerInPlace, limiter.countsInPlace else {
            return Self.runTask(done) { [self] in try await pass(request, to: route, module: module, surface: surface) }
        }
        var counted: RateLabel?
        do {
            let caller = try admitInPlace(request, route, module, surface, &counted)
            try Self.checkParameters(route, request)
            let call = ProjectRequest(
                request: request, services: services, bodySchema: route.body, module: module, project: caller.project, caller: caller.caller
            )
            let finish: Route.Completion = { [counted] in done(Self.labelled($0, counted, surface)) }
            guard !handler(call, body, finish), case .project(let handler) = route.handler else { return }
            Self.runTask(finish) { [self] in try await answer(request, route, module, caller, handler) }
        } catch {
            done(Self.labelled(.failure(error), counted, surface))
        }
    }

    private static func runTask(_ done: @escaping Route.Completion, for work: @escaping @Sendable () async throws -> Answer) {
        Task { do { done(.success(try await work())) } catch { done(.failure(error)) } }
    }

    /// If the request was counted, the response has the rate headers, even if the request was rejected.
    private static func labelled(
        _ outcome: Result<Answer, any Error>, _ rate: RateLabel?, _ surface: any Surface
    ) -> Result<Answer, any Error> {
        guard let rate else { return outcome }
        switch outcome {
        case .success(let answer): return .success(rate.labelled(answer))
        case .failure(let error as ServiceError): return .success(rate.labelled(surface.answer(to: error)))
        case .failure: return outcome
        }
    }

    /// - Parameter rate: set as soon as the request is counted, even if the request is rejected afterwards.
    private func handle(
        _ request: IncomingRequest, _ route: Route, _ module: String?, _ surface: any Surface, _ rate: inout RateLabel?
    ) async throws -> Answer {
        switch route.handler {
        case .anonymous(let handler):
            try Self.checkParameters(route, request)
            return try await handler(AnonymousRequest(request: request, services: services, module: module))
        case .installation(let handler):
            try await admitAdministrator(request, surface, &rate)
            try Self.checkParameters(route, request)
            return try await handler(InstallationRequest(request: request, services: services, bodySchema: route.body, module: module))
        case .project(let handler):
            let caller = try await admit(request, route, module, surface, &rate)
            try Self.checkParameters(route, request)
            return try await answer(request, route, module, caller, handler)
        case .publicToken(let resolve, let handler):
            let caller = try await admitPublic(request, route, module, resolve, &rate)
            try Self.checkParameters(route, request)
            var request = request
            // Public requests must not be able to change the definition they show, so the gate drops undeclared query parameters.
            request.query = request.query.keeping(route.parameters.map(\.name))
            return try await answer(request, route, module, caller, handler)
        }
    }

    /// Runs the handler, and adds a header that says how current the response is if it may lack acknowledged events.
    private func answer(
        _ request: IncomingRequest, _ route: Route, _ module: String?, _ caller: Admitted,
        _ handler: @Sendable (ProjectRequest) async throws -> Answer
    ) async throws -> Answer {
        // Collection runs no reports, so it doesn't need a report reader of its own.
        let services = route.scope == .ingest ? services : services.forOneResponse()
        var answer = try await handler(
            ProjectRequest(
                request: request, services: services, bodySchema: route.body, module: module, project: caller.project, caller: caller.caller
            ))
        if let asOf = services.reports.asOf { answer.headers[Self.asOf] = asOf.iso8601 }
        return answer
    }

    /// Header with the instant before which the response has all acknowledged events. Sent only if it may lack some.
    private static let asOf = HTTPField.Name("X-Pulse-As-Of")!

    private struct Admitted {
        let project: Project
        let caller: Caller
    }

    /// Admits a request with a public token. The request is counted by client address before the token is looked up, so nobody can try many
    /// tokens. It is then counted by project, separately from requests with the project's keys.
    private func admitPublic(
        _ request: IncomingRequest, _ route: Route, _ module: String?, _ resolve: PublicTokenResolver, _ rate: inout RateLabel?
    ) async throws -> Admitted {
        try await count(.query, "address \(Attempts.subject(request.clientAddress))", &rate)
        let token = try await resolve(
            request.pathParameters["token"] ?? "", AnonymousRequest(request: request, services: services, module: module))
        guard let project = directory.project(token.project), token.maker.map({ directory.key(id: $0) != nil }) ?? true else {
            throw ServiceError.notFound("Token", request.pathParameters["token"] ?? "")
        }
        try await count(.query, "public \(project.id)", &rate)
        let caller = Caller.publicToken(token)
        if let module { try directory.checkModule(module, route.access, project, caller) }
        return Admitted(project: project, caller: caller)
    }

    private func admit(
        _ request: IncomingRequest, _ route: Route, _ module: String?, _ surface: any Surface, _ rate: inout RateLabel?
    ) async throws -> Admitted {
        if route.scope == .admin { return try await admitProjectAdministrator(request, route, module, surface, &rate) }
        let applicant = try applicant(request, route, surface)
        do {
            try await count(applicant.kind, applicant.subject, &rate)
            return try check(applicant, request, route, module)
        } catch { throw noted(error, applicant, route) }
    }

    /// Like `admit`, for routes with an API key, if this host counts requests itself.
    private func admitInPlace(
        _ request: IncomingRequest, _ route: Route, _ module: String?, _ surface: any Surface, _ rate: inout RateLabel?
    ) throws -> Admitted {
        let applicant = try applicant(request, route, surface)
        do {
            let label = limiter.takeInPlace(applicant.kind, subject: applicant.subject)
            rate = label
            try label.check()
            return try check(applicant, request, route, module)
        } catch { throw noted(error, applicant, route) }
    }

    /// The valid key that a request carries.
    private struct Applicant {
        let key: APIKey
        let project: Project
        let needed: KeyScope

        var kind: RateLimiter.Kind { needed == .ingest ? .ingest : .query }
        /// The key of a page is public. A request with a key that lacks the scope must not use up the project's rate limit, so it is
        /// counted against the key.
        var subject: String { key.has(needed) ? project.id : "key \(key.id)" }
    }

    private func applicant(_ request: IncomingRequest, _ route: Route, _ surface: any Surface) throws -> Applicant {
        guard let secret = surface.apiKey(of: request) else {
            throw ServiceError(
                status: 401, code: "missing_key", message: "Missing API key. Provide it via X-Pulse-Key header or ?key= query parameter.")
        }
        guard let key = directory.key(secret: secret), let project = directory.project(key.projectID) else {
            throw ServiceError(status: 401, code: "invalid_key", message: "Invalid API key.")
        }
        return Applicant(key: key, project: project, needed: Self.neededScope(route.scope, key))
    }

    /// Checks an applicant that has been counted.
    private func check(_ applicant: Applicant, _ request: IncomingRequest, _ route: Route, _ module: String?) throws -> Admitted {
        let key = applicant.key
        guard key.has(applicant.needed) else {
            throw ServiceError(
                status: 403, code: "missing_scope",
                message: "API key does not have the required '\(applicant.needed.rawValue)' scope for this endpoint.")
        }
        if let module { try directory.checkModule(module, route.access, applicant.project, key) }
        if route.scope.isForFrontends, !key.isServer, !admitsOrigin(request) {
            throw ServiceError(
                status: 403, code: "foreign_origin",
                message: "Pages on this site may not send events to this Pulse: server.collection_origins does not list the site.")
        }
        return Admitted(project: applicant.project, caller: .key(key))
    }

    private func noted(_ error: any Error, _ applicant: Applicant, _ route: Route) -> any Error {
        if let error = error as? ServiceError { refused(applicant.project, route, error.code) }
        return error
    }

    /// The scope that the key needs for a route. Front-end routes accept `ingest` or `query`; if the key has neither, the error names
    /// `ingest`.
    private static func neededScope(_ scope: RouteScope, _ key: APIKey) -> KeyScope {
        switch scope {
        case .key(let needed): needed
        case .frontend: key.has(.query) && !key.has(.ingest) ? .query : .ingest
        case .admin, .installation, .publicToken, .anonymous: .admin
        }
    }

    /// - Throws: 429 if the limit is exceeded.
    private func count(_ kind: RateLimiter.Kind, _ subject: String, _ rate: inout RateLabel?) async throws {
        let label = await limiter.take(kind, subject: subject)
        rate = label
        try label.check()
    }

    // MARK: Administration

    private func admitAdministrator(_ request: IncomingRequest, _ surface: any Surface, _ rate: inout RateLabel?) async throws {
        guard let token = surface.bearer(of: request) else { throw Self.missingAdminToken }
        guard administration.isAdminToken(token) else { throw wrongAdminToken(request) }
        try admitGuessable(token, request)
        try await count(.admin, "admin token", &rate)
    }

    /// - Throws: 429 if the token is short enough to be guessed and the client's address has sent too many wrong tokens.
    private func admitGuessable(_ token: String, _ request: IncomingRequest) throws {
        if limiter.isLimited(.admin) { try attempts.admit(token, from: request.clientAddress) }
    }

    private func wrongAdminToken(_ request: IncomingRequest) -> any Error {
        do { try attempts.count(request.clientAddress) } catch  where limiter.isLimited(.admin) { return error } catch {}
        request.logger.warning("a request with a wrong admin token was rejected", metadata: ["client.address": "\(request.clientAddress)"])
        return Self.invalidAdminToken
    }

    private func admitProjectAdministrator(
        _ request: IncomingRequest, _ route: Route, _ module: String?, _ surface: any Surface, _ rate: inout RateLabel?
    ) async throws -> Admitted {
        guard let token = surface.bearer(of: request) else { throw Self.missingAdminToken }
        let id = request.pathParameters["id"] ?? ""
        if administration.isAdminToken(token) {
            try admitGuessable(token, request)
            try await count(.admin, "admin token", &rate)
            guard let project = directory.project(id) else { throw ServiceError.notFound("Project", id) }
            // Modules can be checked only after the project is known.
            if let module { try directory.checkModule(module, route.access, project, nil) }
            return Admitted(project: project, caller: .adminToken)
        }
        guard let key = directory.key(secret: token), let project = directory.project(key.projectID) else { throw wrongAdminToken(request) }
        try await count(.admin, key.id, &rate)
        guard key.has(.admin) else {
            throw ServiceError(
                status: 403, code: "missing_scope",
                message: "API key does not have the required 'admin' scope for this endpoint.")
        }
        // If the key belongs to another project, the response is the same as if this project didn't exist.
        guard project.id == id.lowercased() else { throw ServiceError.notFound("Project", id) }
        if let module { try directory.checkModule(module, route.access, project, key) }
        // Routes that belong to no module affect the whole project.
        guard module != nil || key.allowedModules == nil || route.isForRestrictedKeys else {
            throw ServiceError(
                status: 403, code: "key_modules",
                message: "API key is limited to some modules and may not use this endpoint; use one without allowed_modules.")
        }
        return Admitted(project: project, caller: .key(key))
    }

    private static let missingAdminToken = ServiceError(status: 401, code: "missing_admin_token", message: "Missing admin token.")
    private static let invalidAdminToken = ServiceError(status: 401, code: "invalid_admin_token", message: "Invalid admin token.")

    /// - Throws: 400 for an invalid value. Reporting and administration routes also reject unknown and repeated parameters: if they ignored
    ///   a misspelled parameter, the response would be for a different question. Pages and collection ignore unknown parameters, because
    ///   links and caches add parameters of their own.
    private static func checkParameters(_ route: Route, _ request: IncomingRequest) throws {
        let names = route.refusesUnknownParameters && !request.query.text.isEmpty ? request.query.names : []
        try checkKnown(names, route)
        for parameter in route.parameters { try parameter.check(request.query) }
        var seen: Set<ExactText> = []
        for name in names where !seen.insert(ExactText(name)).inserted {
            throw ServiceError.parameter(name, "it was sent more than once; send it once.")
        }
    }

    /// The name of the query parameter that may carry an API key.
    private static let keyParameter = "key"

    private static func checkKnown(_ names: [String], _ route: Route) throws {
        let known = route.parameters.map(\.name)
        guard let unknown = names.first(where: { $0 != keyParameter && !known.contains($0) }) else { return }
        let suggestion = Spelling.nearest(to: unknown, among: known) ?? known.first { $0.hasPrefix(unknown + "_") }
        let accepted = known.isEmpty ? "this endpoint accepts none" : "accepted: " + known.joined(separator: ", ")
        throw ServiceError.parameter(
            unknown.excerpt(60), "there is no such parameter; \(suggestion.map { "did you mean '\($0)'?" } ?? accepted + ".")")
    }
}

/// Checks the installation's admin token. Keeps only its digest.
public struct Administration: Sendable {
    private let digest: String

    public init(token: String) { digest = Digest.sha256(token) }

    func isAdminToken(_ token: String) -> Bool { Digest.equal(Digest.sha256(token), digest) }
}

import Common
import Coordination
import HTTPTypes
import Logging
import Questions
import Storage
import Synchronization

/// Decides whether a request reaches its handler; nothing else does. Every route gets the same checks in the same order: credentials (401),
/// rate (429), scope (403), module enabled (403), access level (403), modules of the key (403). The handler then looks up the resource
/// (404) before it reads the body (400).
@_spi(Host) public struct Gate: Sendable {
    /// Projects, keys and module switches.
    public let directory: Directory
    /// The services that handlers may use.
    public let services: Services
    private let limiter: RateLimiter
    private let administration: Administration
    /// Counts wrong admin tokens by address.
    private let attempts: Attempts
    /// Whether the page that sent a request may call front-end routes.
    private let admitsOrigin: @Sendable (IncomingRequest) -> Bool
    /// Called for every request that carries a project's key and is rejected by the gate. Gets the error code.
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
    /// - Throws: the `ServiceError` of the first check that fails, or the handler's error.
    public func pass(_ request: IncomingRequest, to route: Route, module: String?, surface: any Surface) async throws -> Answer {
        var rate: RateLabel?
        do {
            let answer = try await handle(request, route, module, surface, &rate)
            return rate?.labelled(answer) ?? answer
        } catch let error as ServiceError {
            // If the request was counted, the response has the rate headers even if the request is rejected.
            guard let rate else { throw error }
            return rate.labelled(surface.answer(to: error))
        }
    }

    /// - Parameter rate: set as soon as the request is counted, even if the request is rejected afterwards.
    private func handle(
        _ request: IncomingRequest, _ route: Route, _ module: String?, _ surface: any Surface, _ rate: inout RateLabel?
    ) async throws -> Answer {
        switch route.handler {
        case .anonymous(let handler):
            try Self.checkParameters(route, request)
            return try await handler(AnonymousRequest(request: request, services: services))
        case .installation(let handler):
            try await admitAdministrator(request, surface, &rate)
            try Self.checkParameters(route, request)
            return try await handler(InstallationRequest(request: request, services: services, route: route))
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

    /// Runs the handler. If the response may lack acknowledged events, a header says how current it is.
    private func answer(
        _ request: IncomingRequest, _ route: Route, _ module: String?, _ caller: Admitted,
        _ handler: @Sendable (ProjectRequest) async throws -> Answer
    ) async throws -> Answer {
        // Collection runs no reports, so it needs no services for a single response.
        let services = route.scope == .ingest ? services : services.forOneResponse()
        var answer = try await handler(
            ProjectRequest(
                request: request, services: services, route: route, module: module, project: caller.project, caller: caller.caller))
        if let asOf = services.reports.asOf { answer.headers[Self.asOf] = asOf.iso8601 }
        return answer
    }

    /// This header is sent only if the response may lack acknowledged events.
    private static let asOf = HTTPField.Name("X-Pulse-As-Of")!

    private struct Admitted {
        let project: Project
        let caller: Caller
    }

    /// Admits a request with a public token. It is counted by address before the token is looked up, so nobody can try many tokens. It is
    /// then counted by project, separately from requests with the project's keys.
    private func admitPublic(
        _ request: IncomingRequest, _ route: Route, _ module: String?, _ resolve: PublicTokenResolver, _ rate: inout RateLabel?
    ) async throws -> Admitted {
        try await count(.query, "address \(Attempts.subject(request.clientAddress))", &rate)
        let token = try await resolve(request.pathParameters["token"] ?? "", AnonymousRequest(request: request, services: services))
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
        guard let secret = surface.apiKey(of: request) else {
            throw ServiceError(
                status: 401, code: "missing_key", message: "Missing API key. Provide it via X-Pulse-Key header or ?key= query parameter.")
        }
        guard let key = directory.key(secret: secret), let project = directory.project(key.projectID) else {
            throw ServiceError(status: 401, code: "invalid_key", message: "Invalid API key.")
        }
        do {
            let needed = Self.neededScope(route.scope, key)
            // A page's key is public, so a request that lacks the scope must not use up the project's rate limit. It is counted against the
            // key.
            try await count(needed == .ingest ? .ingest : .query, key.has(needed) ? project.id : "key \(key.id)", &rate)
            try checkKey(key, needed, route, module, project)
            if route.scope.isForFrontends, !key.isServer, !admitsOrigin(request) {
                throw ServiceError(
                    status: 403, code: "foreign_origin",
                    message: "Pages of this site may not send to this Pulse: server.collection_origins does not list it.")
            }
            return Admitted(project: project, caller: .key(key))
        } catch let error as ServiceError {
            refused(project, route, error.code)
            throw error
        }
    }

    private func checkKey(_ key: APIKey, _ needed: KeyScope, _ route: Route, _ module: String?, _ project: Project) throws {
        guard key.has(needed) else {
            throw ServiceError(
                status: 403, code: "missing_scope",
                message: "API key does not have the required '\(needed.rawValue)' scope for this endpoint.")
        }
        if let module { try directory.checkModule(module, route.access, project, key) }
    }

    /// The scope that the key needs. A front-end route accepts `ingest` or `query`; if the key has neither, the error names `ingest`.
    private static func neededScope(_ scope: RouteScope, _ key: APIKey) -> KeyScope {
        switch scope {
        case .key(let needed): needed
        case .frontend: key.has(.query) && !key.has(.ingest) ? .query : .ingest
        case .admin, .installation, .publicToken, .anonymous: .admin
        }
    }

    /// - Throws: 429.
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

    /// - Throws: 429 if this token is short enough to guess and the address has sent too many wrong ones.
    private func admitGuessable(_ token: String, _ request: IncomingRequest) throws {
        if limiter.isLimited(.admin) { try attempts.admit(token, from: request.clientAddress) }
    }

    private func wrongAdminToken(_ request: IncomingRequest) -> any Error {
        do { try attempts.count(request.clientAddress) } catch  where limiter.isLimited(.admin) { return error } catch {}
        request.logger.warning("a wrong admin token was refused", metadata: ["client.address": "\(request.clientAddress)"])
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
            // Modules can only be checked once the project is known.
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
        // A key of another project gets the same response as if the project did not exist.
        guard project.id == id.lowercased() else { throw ServiceError.notFound("Project", id) }
        if let module { try directory.checkModule(module, route.access, project, key) }
        // A host route that belongs to no module affects the whole project.
        guard module != nil || key.allowedModules == nil || route.isForRestrictedKeys else {
            throw ServiceError(
                status: 403, code: "key_modules",
                message: "API key is limited to some modules and may not use this endpoint; use one without allowed_modules.")
        }
        return Admitted(project: project, caller: .key(key))
    }

    private static let missingAdminToken = ServiceError(status: 401, code: "missing_admin_token", message: "Missing admin token.")
    private static let invalidAdminToken = ServiceError(status: 401, code: "invalid_admin_token", message: "Invalid admin token.")

    /// - Throws: 400 for an invalid value. Routes that report or administer also reject unknown parameters: ignoring a misspelled one would
    ///   answer a different question. Pages and collection ignore them, because links and caches add parameters of their own.
    private static func checkParameters(_ route: Route, _ request: IncomingRequest) throws {
        let names = route.refusesUnknownParameters && !request.query.text.isEmpty ? request.query.names : []
        try checkKnown(names, route)
        for parameter in route.parameters { try parameter.check(request.query) }
        var seen: Set<ExactText> = []
        for name in names where !seen.insert(ExactText(name)).inserted {
            throw ServiceError.parameter(name, "it was sent more than once; send it once.")
        }
    }

    /// The query parameter that may carry a key.
    private static let keyParameter = "key"

    private static func checkKnown(_ names: [String], _ route: Route) throws {
        let known = route.parameters.map(\.name)
        guard let unknown = names.first(where: { $0 != keyParameter && !known.contains($0) }) else { return }
        let suggestion = Spelling.nearest(to: unknown, among: known) ?? known.first { $0.hasPrefix(unknown + "_") }
        let accepted = known.isEmpty ? "none is accepted here" : "accepted are " + known.joined(separator: ", ")
        throw ServiceError.parameter(
            unknown.excerpt(60), "there is no such parameter; \(suggestion.map { "did you mean '\($0)'?" } ?? accepted + ".")")
    }
}

/// The installation's admin token. Only its digest is kept.
public struct Administration: Sendable {
    private let digest: String

    public init(token: String) { digest = Digest.sha256(token) }

    func isAdminToken(_ token: String) -> Bool { Digest.equal(Digest.sha256(token), digest) }
}

import Common
import Logging
import NIOCore
import Questions
import Storage

/// The only place that decides whether a request reaches its handler. Every route gets the same checks in the same order: credentials
/// (401), rate limits (429), scope (403), module enabled (403), access level (403), modules of the caller (403). The handler then looks up
/// the resource (404) before it reads the body (400).
///
/// The surface reads the credentials, sets the rates, and writes what the handler answers and what the gate says.
@_spi(Host) public final class Gate: Sendable {
    /// Projects, keys and module switches.
    public let directory: Directory
    /// The services that handlers may use.
    public let services: Services
    /// The streams that are being sent.
    public let longAnswers = LongAnswers()
    private let limiter: RateLimiter
    private let administration: Administration
    /// Counts wrong admin tokens by client address.
    private let attempts: Attempts
    /// The surfaces that modules bring, by name.
    let surfaces: [String: any Surface]
    /// Called when the gate rejects a request that carries a valid credential for a project. `code` is the code of the error.
    private let refused: @Sendable (_ project: Project, _ route: Route, _ code: String) -> Void

    public init(
        directory: Directory, services: Services, limiter: RateLimiter, administration: Administration, attempts: Attempts,
        surfaces: [any Surface] = [],
        refused: @escaping @Sendable (_ project: Project, _ route: Route, _ code: String) -> Void = { _, _, _ in }
    ) {
        self.directory = directory
        self.services = services
        self.limiter = limiter
        self.administration = administration
        self.attempts = attempts
        // exact: surfaces are named in our source
        self.surfaces = Dictionary(surfaces.map { ($0.name, $0) }) { first, _ in first }
        self.refused = refused
    }

    /// A route as one surface serves it. A class, because every request refers to it.
    public final class Entrance: Sendable {
        /// The route.
        public let route: Route
        /// The module that gates the route; nil for the host's own routes.
        public let module: String?
        /// The surface that serves the route.
        public let surface: any Surface
        /// Whether the surface is Pulse's own.
        fileprivate let isPulse: Bool
        /// Whether requests may be counted on arrival. Pulse's own surface counts only those with public tokens then.
        fileprivate let countsArrivals: Bool
        /// What the names of the surface's rate counters begin with.
        fileprivate let ratePrefix: String

        public init(to route: Route, module: String?, surface: any Surface) {
            self.route = route
            self.module = module
            self.surface = surface
            isPulse = surface is PulseSurface
            countsArrivals = !isPulse || route.scope == .publicToken
            ratePrefix = RateLimiter.prefix(of: surface)
        }
    }

    /// A request on its way through the gate.
    private struct Passage: Sendable {
        let request: IncomingRequest
        let entrance: Entrance
        /// The state of the last rate limit that the request was counted against, even if it is rejected afterwards.
        var rate: RateState?

    }

    /// Checks `request` against the route of `entrance`, and runs the handler.
    /// - Returns: the handler's response. If the request was counted against a rate limit, also the response for a failed check or for a
    ///   `ServiceError` of the handler.
    /// - Throws: a `ServiceError` if the request was not counted; any other error of the handler.
    public func pass(_ request: IncomingRequest, by entrance: Entrance) async throws -> Answer {
        var passage = Passage(request: request, entrance: entrance)
        let outcome: Result<Answer, any Error>
        do { outcome = .success(try await handle(&passage)) } catch { outcome = .failure(error) }
        return try Self.finished(outcome, passage.rate, entrance).get()
    }

    /// Like the asynchronous `pass`, for a request whose body has arrived. Creates a task only if the route can't answer the request in place.
    /// Calls `done` once, before or after it returns, on any thread.
    public func pass(_ request: IncomingRequest, _ body: ByteBuffer, by entrance: Entrance, then done: @escaping Route.Completion) {
        var passage = Passage(request: request, entrance: entrance)
        do {
            guard let handler = entrance.route.handlerInPlace, entrance.isPulse, limiter.countsInPlace else {
                return Self.runTask(done) { [self] in try await pass(request, by: entrance) }
            }
            let caller = try admitInPlace(&passage)
            try Self.checkParameters(entrance, request)
            let call = projectRequest(passage, caller, services)
            let finish: Route.Completion = { [rate = passage.rate] in done(Self.finished($0, rate, entrance)) }
            guard !handler(call, body, finish), case .project(let handler) = entrance.route.handler else { return }
            Self.runTask(finish) { [self, passage] in try await answer(passage, caller, handler) }
        } catch {
            done(Self.finished(.failure(error), passage.rate, entrance))
        }
    }

    private static func runTask(_ done: @escaping Route.Completion, for work: @escaping @Sendable () async throws -> Answer) {
        Task { do { done(.success(try await work())) } catch { done(.failure(error)) } }
    }

    /// The response for `error` to a request that no route answers. It is counted like any other on its arrival.
    public func refuse(_ request: IncomingRequest, with error: ServiceError, on surface: any Surface) async -> Answer {
        var rate: RateState?
        do {
            try await limiter.count(surface.rates(onArrivalOf: request, at: nil), RateLimiter.prefix(of: surface), &rate)
            return Self.labelled(surface.answer(to: error), rate, surface)
        } catch {
            return Self.labelled(surface.answer(to: error as? ServiceError ?? ServiceError(.unknownPath)), rate, surface)
        }
    }

    /// Lets the surface write the response. If the request was counted, the response has the rate headers, even if the request was rejected.
    private static func finished(
        _ outcome: Result<Answer, any Error>, _ rate: RateState?, _ entrance: Entrance
    ) -> Result<Answer, any Error> {
        let surface = entrance.surface
        do {
            var answer = try outcome.get()
            // Pulse's own JSON is what most handlers write, so it needs no second look.
            if let outcome = answer.outcome, !(entrance.isPulse && answer.isWritten) { answer = try surface.write(answer, as: outcome) }
            if case .value = answer.body { answer = answer.written(try answer.content(instants: surface.instants), status: answer.status) }
            return .success(labelled(answer, rate, surface))
        } catch let error as ServiceError where rate != nil {
            return .success(labelled(surface.answer(to: error), rate, surface))
        } catch { return .failure(error) }
    }

    private static func labelled(_ answer: Answer, _ rate: RateState?, _ surface: any Surface) -> Answer {
        guard let rate else { return answer }
        var answer = answer
        surface.label(&answer.headers, with: rate)
        return answer
    }

    private func handle(_ passage: inout Passage) async throws -> Answer {
        let route = passage.entrance.route, request = passage.request
        if passage.entrance.countsArrivals { try await count(passage.entrance.surface.rates(onArrivalOf: request, at: route), &passage) }
        switch route.handler {
        case .anonymous(let handler):
            try Self.checkParameters(passage.entrance, request)
            return try await handler(AnonymousRequest(request: request, services: services, module: passage.entrance.module))
        case .installation(let handler):
            let principal = try await admitAdministrator(&passage)
            try Self.checkParameters(passage.entrance, request)
            let answer = try await handler(
                InstallationRequest(
                    request: request, services: services, principal: principal, bodySchema: route.body,
                    module: passage.entrance.module, surface: passage.entrance.surface))
            return guarded(answer, right(passage, principal))
        case .project(let handler):
            let caller = try await admit(&passage)
            try Self.checkParameters(passage.entrance, request)
            return try await answer(passage, caller, handler)
        case .caller(let handler):
            let principal = try await admitCaller(&passage)
            try Self.checkParameters(passage.entrance, request)
            return try await answer(passage, principal, handler)
        case .publicToken(let resolve, let handler):
            let caller = try await admitPublic(&passage, resolve)
            try Self.checkParameters(passage.entrance, request)
            // Public requests must not be able to change the definition they show, so the gate drops undeclared query parameters.
            var shown = passage.request
            shown.query = shown.query.keeping(route.parameters.map(\.name))
            let kept = Passage(request: shown, entrance: passage.entrance)
            return try await answer(kept, caller, handler)
        }
    }

    /// Runs the handler, and adds a header that says how current the response is if it may lack acknowledged events.
    private func answer(
        _ passage: Passage, _ caller: Admitted, _ handler: @Sendable (ProjectRequest) async throws -> Answer
    ) async throws -> Answer {
        // Collection runs no reports, so it doesn't need a report reader of its own.
        let services = passage.entrance.route.scope == .ingest ? services : services.forOneResponse()
        var answer = try await handler(projectRequest(passage, caller, services))
        if let asOf = services.reports.asOf { passage.entrance.surface.label(&answer.headers, asOf: asOf) }
        return guarded(answer, right(passage, caller))
    }

    private func answer(
        _ passage: Passage, _ principal: Principal, _ handler: @Sendable (CallerRequest) async throws -> Answer
    ) async throws -> Answer {
        let services = services.forOneResponse(), entrance = passage.entrance
        var answer = try await handler(
            CallerRequest(
                request: passage.request, services: services, principal: principal, bodySchema: entrance.route.body,
                module: entrance.module,
                access: entrance.route.access, surface: entrance.surface))
        if let asOf = services.reports.asOf { entrance.surface.label(&answer.headers, asOf: asOf) }
        return guarded(answer, right(passage, principal))
    }

    /// `answer`, whose stream ends when the caller has its right no longer.
    private func guarded(_ answer: Answer, _ isAllowed: @autoclosure () -> @Sendable () -> Bool) -> Answer {
        guard case .stream(let stream) = answer.body else { return answer }
        var answer = answer
        answer.body = .stream(longAnswers.stream(stream, while: isAllowed()))
        return answer
    }

    private func projectRequest(_ passage: Passage, _ caller: Admitted, _ services: Services) -> ProjectRequest {
        ProjectRequest(
            request: passage.request, services: services, bodySchema: passage.entrance.route.body, module: passage.entrance.module,
            project: caller.project, principal: caller.principal, surface: passage.entrance.surface)
    }

    /// Whether the caller would still be admitted, for a response that takes long.
    private func right(_ passage: Passage, _ caller: Admitted) -> @Sendable () -> Bool {
        let id = caller.project.id, principal = caller.principal, session = passage.request.session
        return { [directory, time = services.time, entrance = passage.entrance] in
            let route = entrance.route, module = entrance.module
            guard let now = ProjectRequest.principalNow(principal, session, id, directory, time), let project = directory.project(id),
                route.scope == .publicToken || now.has(route.scope.needed(by: now))
            else { return false }
            guard let module else { return true }
            return (try? directory.checkModule(module, route.access, project, now)) != nil
        }
    }

    /// Like `right` for a project's caller, but for the caller of a route without a project.
    private func right(_ passage: Passage, _ principal: Principal) -> @Sendable () -> Bool {
        { [directory, entrance = passage.entrance] in
            guard let now = directory.current(principal), now.has(entrance.route.scope.needed(by: now)) else { return false }
            return entrance.module.map { (try? now.check($0)) != nil } ?? true
        }
    }

    // MARK: Callers of projects

    private struct Admitted {
        let project: Project
        let principal: Principal
    }

    /// Admits a request with a public token. It has been counted by client address before, so nobody can try many tokens.
    private func admitPublic(_ passage: inout Passage, _ resolve: PublicTokenResolver) async throws -> Admitted {
        let request = passage.request, text = request.pathParameters["token"] ?? ""
        let found = try await resolve(text, AnonymousRequest(request: request, services: services, module: passage.entrance.module))
        guard let project = directory.project(found.project), let token = directory.current(try await withMember(found, request)) else {
            throw ServiceError.notFound("Token", text)
        }
        let principal = Principal.publicToken(token)
        let entrance = passage.entrance
        try await count(entrance.surface.rates(of: principal, in: project, at: entrance.route), &passage)
        if let module = entrance.module { try directory.checkModule(module, entrance.route.access, project, principal) }
        return Admitted(project: project, principal: principal)
    }

    private func admit(_ passage: inout Passage) async throws -> Admitted {
        let caller: Admitted, entrance = passage.entrance
        switch entrance.surface.credential(of: passage.request, for: entrance.route) {
        case .administrator(let token)?: return try await admitProjectAdministrator(token, &passage)
        case .key(let secret)?: caller = try keyHolder(secret)
        case .own(let secret)?: return try await admitOwn(secret, &passage)
        case nil: throw ServiceError(.missingCredential(entrance.route.scope.credential))
        }
        do {
            try await count(entrance.surface.rates(of: caller.principal, in: caller.project, at: entrance.route), &passage)
            return try check(caller, passage)
        } catch { throw noted(error, caller, entrance.route) }
    }

    /// Like `admit`, for a request to Pulse's own surface with a key that this host counts itself. Routes that are answered in place take no
    /// other credential.
    private func admitInPlace(_ passage: inout Passage) throws -> Admitted {
        let entrance = passage.entrance
        guard case .key(let secret)? = entrance.surface.credential(of: passage.request, for: entrance.route) else {
            throw ServiceError(.missingCredential(.key))
        }
        let caller = try keyHolder(secret)
        do {
            try limiter.countInPlace(
                entrance.surface.rates(of: caller.principal, in: caller.project, at: entrance.route), entrance.ratePrefix, &passage.rate)
            return try check(caller, passage)
        } catch { throw noted(error, caller, entrance.route) }
    }

    private func keyHolder(_ secret: String) throws -> Admitted {
        guard let (key, project) = directory.caller(secret: secret) else { throw ServiceError(.invalidCredential(.key)) }
        return Admitted(project: project, principal: .key(key))
    }

    /// Admits a caller with one of the surface's own credentials.
    private func admitOwn(_ secret: String, _ passage: inout Passage) async throws -> Admitted {
        let (own, named) = try await surfacePrincipal(secret, passage), principal = Principal.other(own), entrance = passage.entrance
        let project = (named ?? own.rights.onlyProject).flatMap(directory.project)
        guard let project, own.rights.include(project: project.id) else {
            try await count(entrance.surface.rates(of: principal, in: nil, at: entrance.route), &passage)
            try checkScope(principal, entrance)
            throw named.map { .notFound("Project", $0) } ?? ServiceError(.missingProject)
        }
        let caller = Admitted(project: project, principal: principal)
        do {
            try await count(entrance.surface.rates(of: principal, in: project, at: entrance.route), &passage)
            return try check(caller, passage)
        } catch { throw noted(error, caller, entrance.route) }
    }

    /// Admits the caller of a route that isn't about one project.
    private func admitCaller(_ passage: inout Passage) async throws -> Principal {
        let principal: Principal, entrance = passage.entrance
        switch entrance.surface.credential(of: passage.request, for: entrance.route) {
        case .administrator(let token)?:
            guard administration.isAdminToken(token) else { throw wrongAdminToken(passage) }
            try admitGuessable(token, passage)
            principal = .adminToken
        case .key(let secret)?: principal = try keyHolder(secret).principal
        case .own(let secret)?: principal = .other(try await surfacePrincipal(secret, passage).admitted)
        case nil: throw ServiceError(.missingCredential(entrance.route.scope.credential))
        }
        try await count(entrance.surface.rates(of: principal, in: nil, at: entrance.route), &passage)
        try checkScope(principal, entrance)
        if let module = entrance.module { try principal.check(module) }
        return principal
    }

    private func checkScope(_ principal: Principal, _ entrance: Entrance) throws {
        let needed = entrance.route.scope.needed(by: principal)
        guard principal.has(needed) else { throw ServiceError(.missingScope(needed.rawValue, parameter: nil)) }
    }

    private func surfacePrincipal(_ secret: String, _ passage: Passage) async throws -> (admitted: SurfacePrincipal, project: String?) {
        let request = AnonymousRequest(request: passage.request, services: services, module: passage.entrance.module)
        guard let admission = try await passage.entrance.surface.admission(for: secret, of: request, to: passage.entrance.route),
            directory.current(.other(admission.principal)) != nil
        else { throw ServiceError(.invalidCredential(passage.entrance.route.scope.credential)) }
        return (admission.principal, admission.project)
    }

    /// Checks a caller that has been counted.
    private func check(_ caller: Admitted, _ passage: Passage) throws -> Admitted {
        let entrance = passage.entrance
        try checkScope(caller.principal, entrance)
        if let module = entrance.module { try directory.checkModule(module, entrance.route.access, caller.project, caller.principal) }
        if entrance.route.scope.isForFrontends, !caller.principal.isServer, !entrance.surface.admitsOrigin(of: passage.request) {
            throw ServiceError(.foreignOrigin)
        }
        return caller
    }

    private func noted(_ error: any Error, _ caller: Admitted, _ route: Route) -> any Error {
        if let error = error as? ServiceError { refused(caller.project, route, error.code) }
        return error
    }

    /// - Throws: 429 if a limit is exceeded.
    private func count(_ rules: [RateRule], _ passage: inout Passage) async throws {
        if !rules.isEmpty { try await limiter.count(rules, passage.entrance.ratePrefix, &passage.rate) }
    }

    /// Counts work that is no request, such as a call of code that collects.
    /// - Throws: 429 if a limit is exceeded.
    public func count(_ rules: [RateRule], on surface: any Surface) async throws {
        var state: RateState?
        try await limiter.count(rules, RateLimiter.prefix(of: surface), &state)
    }

    // MARK: Administration

    private func admitAdministrator(_ passage: inout Passage) async throws -> Principal {
        let entrance = passage.entrance
        switch entrance.surface.credential(of: passage.request, for: entrance.route) {
        case .administrator(let token)?:
            guard administration.isAdminToken(token) else { throw wrongAdminToken(passage) }
            try admitGuessable(token, passage)
            try await count(entrance.surface.rates(of: .adminToken, in: nil, at: entrance.route), &passage)
            return .adminToken
        case .own(let secret)?:
            let principal = Principal.other(try await surfacePrincipal(secret, passage).admitted)
            try await count(entrance.surface.rates(of: principal, in: nil, at: entrance.route), &passage)
            // An administrator of some projects doesn't administer the installation.
            guard principal.has(.admin), principal.rights.projects == nil else {
                throw ServiceError(.missingScope(KeyScope.admin.rawValue, parameter: nil))
            }
            return principal
        case .key?: throw ServiceError(.invalidCredential(.administrator))
        case nil: throw ServiceError(.missingCredential(.administrator))
        }
    }

    /// - Throws: 429 if the token is short enough to be guessed and the client's address has sent too many wrong tokens.
    private func admitGuessable(_ token: String, _ passage: Passage) throws {
        if isAdministrationLimited(passage) { try attempts.admit(token, from: passage.request.clientAddress) }
    }

    private func wrongAdminToken(_ passage: Passage) -> any Error {
        let request = passage.request
        do { try attempts.count(request.clientAddress) } catch  where isAdministrationLimited(passage) { return error } catch {}
        request.logger.warning("a request with a wrong admin token was rejected", metadata: ["client.address": "\(request.clientAddress)"])
        return ServiceError(.invalidCredential(.administrator))
    }

    private func isAdministrationLimited(_ passage: Passage) -> Bool {
        !passage.entrance.surface.rates(of: .adminToken, in: nil, at: passage.entrance.route).isEmpty
    }

    private func admitProjectAdministrator(_ token: String, _ passage: inout Passage) async throws -> Admitted {
        let route = passage.entrance.route, module = passage.entrance.module, surface = passage.entrance.surface
        let id = passage.request.pathParameters["id"] ?? ""
        if administration.isAdminToken(token) {
            try admitGuessable(token, passage)
            try await count(surface.rates(of: .adminToken, in: nil, at: route), &passage)
            guard let project = directory.project(id) else { throw ServiceError.notFound("Project", id) }
            // Modules can be checked only after the project is known.
            if let module { try directory.checkModule(module, route.access, project, .adminToken) }
            return Admitted(project: project, principal: .adminToken)
        }
        guard let key = directory.key(secret: token), let project = directory.project(key.projectID) else { throw wrongAdminToken(passage) }
        let principal = Principal.key(key)
        try await count(surface.rates(of: principal, in: project, at: route), &passage)
        guard key.has(.admin) else { throw ServiceError(.missingScope(KeyScope.admin.rawValue, parameter: nil)) }
        // If the key belongs to another project, the response is the same as if this project didn't exist.
        guard project.id == id.lowercased() else { throw ServiceError.notFound("Project", id) }
        if let module { try directory.checkModule(module, route.access, project, principal) }
        // Routes that belong to no module affect the whole project.
        guard module != nil || key.allowedModules == nil || route.isForRestrictedKeys else { throw ServiceError(.limitedToModules) }
        return Admitted(project: project, principal: principal)
    }

    // MARK: Parameters

    /// - Throws: 400 for an invalid value. Reporting and administration routes also reject unknown and repeated parameters: if they ignored
    ///   a misspelled parameter, the response would be for a different question. Pages and collection ignore unknown parameters, because
    ///   links and caches add parameters of their own.
    private static func checkParameters(_ entrance: Entrance, _ request: IncomingRequest) throws {
        let route = entrance.route
        let names = route.refusesUnknownParameters && !request.query.text.isEmpty ? request.query.names : []
        if !names.isEmpty { try checkKnown(names, route, entrance.surface.credentialParameters) }
        for parameter in route.parameters { try parameter.check(request.query) }
        var seen: Set<ExactText> = []
        for name in names where !seen.insert(ExactText(name)).inserted {
            throw ServiceError.parameter(name, "it was sent more than once; send it once.")
        }
    }

    private static func checkKnown(_ names: [String], _ route: Route, _ credentials: [String]) throws {
        let known = route.parameters.map(\.name)
        guard let unknown = names.first(where: { !credentials.contains($0) && !known.contains($0) }) else { return }
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

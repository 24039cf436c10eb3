import Common
import HTTPTypes
@_spi(Host) import Jobs
import Logging
import NIOCore

/// Work without a request: of a module itself, or of whoever made what now runs.
extension Gate {
    /// The request that a module makes of itself when it works for a project without one. It passes the same checks as a request: the maker
    /// still has its rights, among them `scope`; the project exists, the module is on in it and its level permits `access`; and the maker may
    /// use the module.
    /// - Throws: 404 for an unknown project; 403 if the module is off, or the maker has no rights any more or may not use it.
    /// - Parameter surface: writes sentences about errors of parts, such as of one dashboard among several, unless the maker has a surface of
    ///   its own.
    public func work(
        of module: String, for project: String, as maker: Maker, _ access: AccessMode, scope: KeyScope, surface: any Surface, logger: Logger
    ) async throws -> ProjectRequest {
        guard let found = directory.project(project) else { throw ServiceError.notFound("Project", project) }
        let request = Self.request(of: module, logger), principal: Principal
        switch maker {
        case .module: principal = .module(module, project: found.id)
        default: principal = try await self.principal(of: maker, in: found.id, request)
        }
        guard principal.has(scope) else { throw ServiceError(.makerScope(maker, scope: scope.rawValue)) }
        try directory.checkModule(module, access, found, principal)
        let own = if case .member(let name, _, _) = maker { surfaces[name] } else { nil as (any Surface)? }
        return ProjectRequest(
            request: request, services: services.forOneResponse(), bodySchema: nil, module: module, project: found, principal: principal,
            surface: own ?? surface, isWork: true)
    }

    /// Checks that whoever made a task may still have it run: that it has rights in the task's project, and may use the task's module.
    /// - Throws: 403 otherwise.
    public func admit(_ task: StoredTask, logger: Logger) async throws {
        guard task.maker != .module else { return }
        let module = String(task.kind.prefix { $0 != "." })
        try await principal(of: task.maker, in: task.project, Self.request(of: module, logger)).check(module)
    }

    /// The principal that `maker` is now.
    /// - Parameter project: the id of the project that it must have rights in; nil for none.
    /// - Throws: 403 if it has no rights any more.
    private func principal(of maker: Maker, in project: String?, _ request: IncomingRequest) async throws -> Principal {
        switch maker {
        case .administrator: return .adminToken
        case .key(let id):
            if let key = directory.key(id: id), project.map({ $0 == key.projectID }) ?? true { return .key(key) }
        case .member:
            if let member = try await member(maker, request), directory.current(.other(member)) != nil,
                project.map(member.rights.include(project:)) ?? true
            {
                return .other(member)
            }
        case .module, .nobody: break
        }
        throw ServiceError(.makerGone(maker))
    }

    /// The principal that only a surface knows, as the surface knows it now; nil if that surface isn't on, or knows it no more.
    private func member(_ maker: Maker, _ request: IncomingRequest) async throws -> SurfacePrincipal? {
        guard case .member(let name, let kind, let id) = maker, let surface = surfaces[name] else { return nil }
        return try await surface.principal(kind, id, for: AnonymousRequest(request: request, services: services, module: name))
    }

    /// `token` with its maker as the surface knows it now, if its maker is a surface's principal.
    func withMember(_ token: PublicToken, _ request: IncomingRequest) async throws -> PublicToken {
        guard case .member? = token.maker else { return token }
        var token = token
        token.member = try await member(token.maker ?? .nobody, request)
        return token
    }

    private static func request(of module: String, _ logger: Logger) -> IncomingRequest {
        IncomingRequest(
            method: .get, path: "", query: .init(""), headers: [:], pathParameters: [:], clientAddress: "", id: Identifiers.uuid(),
            logger: logger, module: module
        ) { _ in ByteBuffer() }
    }
}

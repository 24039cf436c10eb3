import Common
import HTTPTypes
import Logging
import NIOCore

/// On whose behalf a module works without a request. Work never may more than its maker may at that time.
public enum WorkMaker: Sendable {
    /// The module itself, such as to keep its facts in order. Only the project's switches limit it.
    case module
    /// The key with this id, such as the one that saved what now runs.
    case key(String)
}

extension Gate {
    /// The request that a module makes of itself when it works for a project without one. It passes the same checks as a request: the project
    /// exists, the module is on in it, its level permits `access`, and the maker may use the module.
    /// - Throws: 404 for an unknown project; 403 if the module is off or the maker may not use it, or no longer exists.
    /// - Parameter surface: writes sentences about errors of parts, such as of one dashboard among several.
    public func work(
        of module: String, for project: String, as maker: WorkMaker, _ access: AccessMode, surface: any Surface, logger: Logger
    ) throws -> ProjectRequest {
        guard let found = directory.project(project) else { throw ServiceError.notFound("Project", project) }
        let principal: Principal
        switch maker {
        case .module:
            // Not the administrator: what asks for more than the scope of a query gets 403.
            principal = .other(SurfacePrincipal(kind: "module", id: module, rights: Rights(scopes: [.query], projects: [found.id])))
        case .key(let id):
            guard let key = directory.key(id: id), key.projectID == found.id, key.has(.query) else {
                throw ServiceError(
                    status: 403, code: "maker_gone", message: "The key that this was made with no longer exists, or may not read.")
            }
            principal = .key(key)
        }
        try directory.checkModule(module, access, found, principal)
        let request = IncomingRequest(
            method: .get, path: "", query: .init(""), headers: [:], pathParameters: [:], clientAddress: "", id: Identifiers.uuid(),
            logger: logger, module: module
        ) { _ in ByteBuffer() }
        return ProjectRequest(
            request: request, services: services.forOneResponse(), bodySchema: nil, module: module, project: found, principal: principal,
            surface: surface)
    }
}

import Common

/// Who asks. An enum rather than an optional key, so a request without a key can't be mistaken for the administrator's.
public enum Principal: Sendable {
    case key(APIKey)
    case adminToken
    /// Someone with a public token, who may see what the token's maker may see.
    case publicToken(PublicToken)
    /// Someone whom only one surface knows, such as a user or a device.
    case other(SurfacePrincipal)
    /// A module that works for the project with this id, without a request and for nobody else.
    case module(String, project: String)

    /// What the principal may do.
    public var rights: Rights {
        switch self {
        case .key(let key):
            Rights(scopes: key.scopes, modules: key.allowedModules, projects: [key.projectID], expiresAt: key.expiresAt)
        case .adminToken: .everything
        case .publicToken(let token): Rights(scopes: [.query], modules: token.allowedModules, projects: [token.project], expiresAt: nil)
        case .other(let other): other.rights
        // Not the administrator's: what asks for more than other callers may is refused.
        case .module(_, let project): Rights(scopes: [.ingest, .query], projects: [project])
        }
    }

    /// The name in the audit log: `key <id>`, `admin token`, the holder of the public token, the kind and id of a surface's principal, or
    /// `module <name>`.
    public var name: String {
        switch self {
        case .key(let key): "key \(key.id)"
        case .adminToken: "admin token"
        case .publicToken(let token): token.holder
        case .other(let other): "\(other.kind) \(other.id)"
        case .module(let name, _): "module \(name)"
        }
    }

    /// Whether the principal has `scope`. The `admin` scope includes all others.
    public func has(_ scope: KeyScope) -> Bool {
        switch self {
        case .key(let key): key.has(scope)
        case .adminToken: true
        case .publicToken: false
        case .other(let other): other.rights.has(scope)
        case .module: scope != .admin
        }
    }

    /// The modules that the principal is limited to; nil for all.
    public var allowedModules: [String]? {
        switch self {
        case .key(let key): key.allowedModules
        case .adminToken: nil
        case .publicToken(let token): token.allowedModules
        case .other(let other): other.rights.modules
        case .module: nil
        }
    }

    /// The principal as it is stored with what it makes.
    /// - Parameter surface: where it made its request.
    func maker(on surface: any Surface) -> Maker {
        switch self {
        case .key(let key): .key(key.id)
        case .adminToken: .administrator
        case .publicToken: .nobody
        case .other(let other): .member(surface: surface.name, kind: other.kind, id: other.id)
        case .module: .module
        }
    }

    /// Whether the principal is a server, whose payloads may be about other people's browsers.
    var isServer: Bool { if case .key(let key) = self { key.isServer } else { false } }

    /// - Throws: 403 for a module that the principal may not use.
    func check(_ module: String) throws {
        guard allowedModules?.contains(module) == false else { return }
        throw ServiceError(.moduleForbidden(module, byLink: { if case .publicToken = self { true } else { false } }()))
    }
}

/// What a principal may do.
public struct Rights: Sendable, Equatable {
    /// The purposes. `admin` includes the others.
    public let scopes: Set<KeyScope>
    /// The only modules that may be used; nil for all.
    public let modules: [String]?
    /// The ids of the only projects that may be used; nil for all.
    public let projects: Set<String>?
    /// When the rights end; nil if only a revocation ends them.
    public let expiresAt: Instant?

    public init(scopes: Set<KeyScope>, modules: [String]? = nil, projects: Set<String>?, expiresAt: Instant? = nil) {
        self.scopes = scopes
        self.modules = modules
        self.projects = projects
        self.expiresAt = expiresAt
    }

    /// The rights of the administrator.
    public static let everything = Rights(scopes: Set(KeyScope.allCases), projects: nil)

    /// Whether the rights include `scope`.
    public func has(_ scope: KeyScope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }

    /// Whether the rights include the project with this id.
    func include(project: String) -> Bool { projects?.contains(project) ?? true }

    /// The id of the only project that the rights include; nil if they include none or several.
    var onlyProject: String? { projects.flatMap { $0.count == 1 ? $0.first : nil } }

    /// Whether a principal with these rights may create one with `others`: whether they permit at least as much, for at least as long.
    public func cover(_ others: Rights) -> Bool {
        others.scopes.allSatisfy(has)
            && modules.map { own in others.modules?.allSatisfy(own.contains) ?? false } ?? true
            && projects.map { own in others.projects?.isSubset(of: own) ?? false } ?? true
            && expiresAt.map { own in others.expiresAt.map { $0 <= own } ?? false } ?? true
    }
}

/// A principal that a surface brings, such as a user with the rights of a role.
public struct SurfacePrincipal: Sendable {
    /// The kind of principal, one word, such as `user`. Kind and id are its name in the audit log, and `Surface.principal` finds it by them.
    public let kind: String
    /// Its id, unique among those of its kind.
    public let id: String
    /// What it may do.
    public let rights: Rights
    /// The plan whose rates apply; nil if the surface has no plans.
    public let plan: String?
    /// Whether it still has its rights. Called about once a second while a long response is sent, so it must not wait for a store.
    public let isCurrent: @Sendable () -> Bool

    public init(
        kind: String, id: String, rights: Rights, plan: String? = nil, isCurrent: @escaping @Sendable () -> Bool = { true }
    ) {
        self.kind = kind
        self.id = id
        self.rights = rights
        self.plan = plan
        self.isCurrent = isCurrent
    }
}

extension Directory {
    /// `principal` with the rights that it has now; nil if it has none any more, because its key or session was revoked or has expired.
    public func current(_ principal: Principal) -> Principal? {
        switch principal {
        case .key(let key): self.key(id: key.id).map { .key($0) }
        case .adminToken, .module: principal
        case .publicToken(let token): current(token).map { .publicToken($0) }
        case .other(let other): isCurrent(other) ? principal : nil
        }
    }

    private func isCurrent(_ principal: SurfacePrincipal) -> Bool {
        principal.isCurrent() && principal.rights.expiresAt.map { $0 > time.now } ?? true
    }

    /// `token` with at most the rights that its maker has now; nil if the maker has none any more.
    func current(_ token: PublicToken) -> PublicToken? {
        let own: [String]?
        switch token.maker {
        case .module, .administrator, nil: return token
        case .nobody: return nil
        case .key(let id):
            guard let key = key(id: id), key.projectID == token.project, key.has(.query) else { return nil }
            own = key.allowedModules
        case .member:
            guard let member = token.member, isCurrent(member), member.rights.has(.query), member.rights.include(project: token.project)
            else { return nil }
            own = member.rights.modules
        }
        return own.map(token.limited) ?? token
    }
}

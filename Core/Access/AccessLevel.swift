import Common

/// The kind of access that a request needs to a module: `read` for reports and definitions, `write` for changes and collection.
public enum AccessMode: String, Sendable, Codable, CaseIterable { case read, write }

/// The kinds of access to a module that a project permits.
public enum AccessLevel: String, Sendable, Codable, CaseIterable {
    case read, write, all

    /// Whether the level permits `access`. `all` permits both kinds.
    public func allows(_ access: AccessMode) -> Bool { self == .all || rawValue == access.rawValue }
}

/// The purposes that a key may be used for. `admin` includes the others.
public enum KeyScope: String, Sendable, Codable, CaseIterable { case ingest, query, admin }

/// The callers that a route is open to.
public enum RouteScope: Sendable, Equatable {
    /// Callers with an API key of a project that has this scope.
    case key(KeyScope)
    /// Callers with an API key that has the `ingest` or `query` scope: for requests from the front end of a site.
    case frontend
    /// Callers with the admin token, or with an API key of the project in the path that has the `admin` scope. Both are sent as a bearer
    /// token.
    case admin
    /// Callers with the admin token, for routes about the whole installation.
    case installation
    /// Anyone who has the public token in the path. The token belongs to a project.
    case publicToken
    /// Everyone, without credentials.
    case anonymous

    /// Whether the route is for requests from the front end of a site.
    public var isForFrontends: Bool { self == .ingest || self == .frontend }

    /// The scope that `principal` needs for the route. Front-end routes accept `ingest` or `query`; if the principal has neither, the error
    /// names `ingest`.
    func needed(by principal: Principal) -> KeyScope {
        switch self {
        case .key(let needed): needed
        case .frontend: principal.has(.query) && !principal.has(.ingest) ? .query : .ingest
        case .admin, .installation, .publicToken, .anonymous: .admin
        }
    }

    /// The credential that callers of the route need.
    var credential: Evidence.Credential { self == .admin || self == .installation ? .administrator : .key }

    /// Callers with an API key that has the `ingest` scope.
    public static let ingest = RouteScope.key(.ingest)
    /// Callers with an API key that has the `query` scope.
    public static let query = RouteScope.key(.query)
}

/// The settings of a module in a project: its switch and its access level.
public struct ModuleState: Sendable, Equatable, Codable {
    /// Whether the module is on.
    public var isEnabled: Bool
    /// The access that is permitted while the module is on.
    public var access: AccessLevel

    public init(isEnabled: Bool, access: AccessLevel) {
        self.isEnabled = isEnabled
        self.access = access
    }
}

/// The kind of access that a request needs to a module: `read`, or `write` to change or collect something.
public enum AccessMode: String, Sendable, Codable, CaseIterable { case read, write }

/// The kinds of access to a module that a project permits.
public enum AccessLevel: String, Sendable, Codable, CaseIterable {
    case read, write, all

    /// Whether the level permits `access`.
    public func allows(_ access: AccessMode) -> Bool { self == .all || rawValue == access.rawValue }
}

/// The purposes that a key may be used for. `admin` includes the others.
public enum KeyScope: String, Sendable, Codable, CaseIterable { case ingest, query, admin }

/// The callers that a route is open to.
public enum RouteScope: Sendable, Equatable {
    /// An API key of the project with this scope.
    case key(KeyScope)
    /// An API key with the scope `ingest` or `query`: for calls that a site's front end makes.
    case frontend
    /// The admin token, or an API key of the project in the path with the scope `admin`. Either is sent as a bearer token.
    case admin
    /// Only the admin token, for routes about the whole installation.
    case installation
    /// Anyone who has the public token in the path. The token belongs to a project.
    case publicToken
    /// Anybody.
    case anonymous

    /// Whether a site's front end calls the route.
    public var isForFrontends: Bool { self == .ingest || self == .frontend }

    /// An API key with the scope `ingest`.
    public static let ingest = RouteScope.key(.ingest)
    /// An API key with the scope `query`.
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

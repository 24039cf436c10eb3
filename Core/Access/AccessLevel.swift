/// Whether a request only reads from a module, or changes or collects something (`write`).
public enum AccessMode: String, Sendable, Codable, CaseIterable { case read, write }

/// The kinds of access to a module that a project allows.
public enum AccessLevel: String, Sendable, Codable, CaseIterable {
    case read, write, all

    /// Whether the level permits `access`.
    public func allows(_ access: AccessMode) -> Bool { self == .all || rawValue == access.rawValue }
}

/// What a key may be used for. `admin` includes the others.
public enum KeyScope: String, Sendable, Codable, CaseIterable { case ingest, query, admin }

/// Who may call a route.
public enum RouteScope: Sendable, Equatable {
    /// An API key of the project with this scope.
    case key(KeyScope)
    /// An API key with the scope `ingest` or `query`: for calls that a site's front end makes.
    case frontend
    /// As the bearer: the admin token, or an API key of the project in the path with the scope `admin`.
    case admin
    /// The admin token only: for routes about the installation rather than a project.
    case installation
    /// Anyone with the public token in the path, which belongs to a project.
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

/// A module's switch in a project.
public struct ModuleState: Sendable, Equatable, Codable {
    /// Whether the module is on.
    public var isEnabled: Bool
    /// What is allowed while it is on.
    public var access: AccessLevel

    public init(isEnabled: Bool, access: AccessLevel) {
        self.isEnabled = isEnabled
        self.access = access
    }
}

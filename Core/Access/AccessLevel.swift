/// What a request does to a module: looks, or changes and collects.
public enum AccessMode: String, Sendable, Codable, CaseIterable { case read, write }

/// How far a module is open in a project.
public enum AccessLevel: String, Sendable, Codable, CaseIterable {
    case read, write, all

    public func allows(_ access: AccessMode) -> Bool { self == .all || rawValue == access.rawValue }
}

/// What a key may be used for. `admin` includes the others.
public enum KeyScope: String, Sendable, Codable, CaseIterable { case ingest, query, admin }

/// Who may call a route.
public enum RouteScope: Sendable, Equatable {
    /// An API key of the project with this scope.
    case key(KeyScope)
    /// An API key with either scope: calls that a site's front end makes.
    case frontend
    /// The admin token, or an admin-scoped key of the project in the path as the bearer.
    case admin
    /// The admin token alone: what concerns the installation and no single project.
    case installation
    /// Whoever has a token that stands in the path, and that a project made for the public.
    case publicToken
    /// Anybody.
    case anonymous

    /// Whether a site's front end makes the calls.
    public var isForFrontends: Bool { self == .ingest || self == .frontend }

    public static let ingest = RouteScope.key(.ingest)
    public static let query = RouteScope.key(.query)
}

/// A module's switch in a project.
public struct ModuleState: Sendable, Equatable, Codable {
    public var isEnabled: Bool
    public var access: AccessLevel

    public init(isEnabled: Bool, access: AccessLevel) {
        self.isEnabled = isEnabled
        self.access = access
    }
}

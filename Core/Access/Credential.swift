import Common

/// The credential that a request presents, as its surface reads it.
public enum Credential: Sendable {
    /// The secret of a project's key.
    case key(String)
    /// The admin token or, for routes of one project, the secret of a key with the scope `admin`.
    case administrator(String)
    /// A credential that the surface itself knows; see `Surface.admission`.
    case own(String)
}

/// Whom a surface's own credential belongs to, and the project that the request is for.
public struct Admission: Sendable {
    /// Who asks.
    public let principal: SurfacePrincipal
    /// The id of the project; nil on routes of the whole installation.
    public let project: String?

    public init(_ principal: SurfacePrincipal, project: String?) {
        self.principal = principal
        self.project = project
    }
}

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
    /// The id of the project that the request names, in whatever way the surface has for that. Nil if it names none: then a route of a project
    /// is for the only project of the principal's rights, and gets 400 if there are several. The gate answers 404 for a project that doesn't
    /// exist and for one that the rights don't include.
    public let project: String?

    public init(_ principal: SurfacePrincipal, project: String? = nil) {
        self.principal = principal
        self.project = project
    }
}

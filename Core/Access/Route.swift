import Common
import HTTPTypes

/// The access that a public token gives.
public struct PublicToken: Sendable {
    public let project: String
    /// The thing that the token belongs to, such as `embed <id>`.
    public let holder: String
    /// The modules that it may show: those of the key that made it, as of then. Nil for all.
    public let allowedModules: [String]?
    /// Id of the key that made it, with whose end it ends; nil for the administrator.
    public let maker: String?

    /// `allowedModules` and `maker` have no defaults: a token without the limits of its maker would show others what the maker may not read.
    public init(project: String, holder: String, allowedModules: [String]?, maker: String?) {
        self.maker = maker
        self.project = project
        self.holder = holder
        self.allowedModules = allowedModules
    }
}

/// Finds the access that a public token gives.
/// - Throws: 404 for a token that nobody made.
public typealias PublicTokenResolver = @Sendable (_ token: String, AnonymousRequest) async throws -> PublicToken

/// One endpoint, as data: the host serves it, the gate guards it, OpenAPI describes it.
public struct Route: Sendable {
    /// What a successful answer holds.
    public struct Success: Sendable {
        public let status: Int
        public let mediaType: String?
        public let schema: Schema?
        /// The status in place of `status` in some cases, with the same answer.
        public var otherStatus: Int?

        /// - Parameter other: the status where nothing was made, as there was one already.
        public static func json(_ schema: Schema, status: Int = 200, or other: Int? = nil) -> Success {
            Success(status: status, mediaType: "application/json", schema: schema, otherStatus: other)
        }
        /// A `ReportList`.
        public static func list(_ element: Schema) -> Success { .json(.object([.required("data", .list(element))])) }
        public static let noContent = Success(status: 204, mediaType: nil, schema: nil)
        public static func other(_ mediaType: String, status: Int = 200) -> Success {
            Success(status: status, mediaType: mediaType, schema: nil)
        }
    }

    enum Handler: Sendable {
        case project(@Sendable (ProjectRequest) async throws -> Answer)
        case installation(@Sendable (InstallationRequest) async throws -> Answer)
        case publicToken(PublicTokenResolver, @Sendable (ProjectRequest) async throws -> Answer)
        case anonymous(@Sendable (AnonymousRequest) async throws -> Answer)
    }

    public let method: HTTPRequest.Method
    /// With `{name}` for a part that varies.
    public let path: String
    public let summary: String
    public let scope: RouteScope
    public let access: AccessMode
    public let parameters: [Parameter]
    /// What the body must be; nil for a route without one.
    public let body: Schema?
    public let success: Success
    let handler: Handler
    /// Whether pages of other sites use it: they may read its answer, or load it as a script.
    public private(set) var isForSites: Bool
    /// Of routes of administration that belong to no module: whether a key that is limited to some modules may use them. They then see to
    /// it that it does no more than it may.
    public private(set) var isForRestrictedKeys = false
    /// Whether its answer may take as long as it does; the server gives up on others.
    public private(set) var isUnhurried = false

    /// A route of one project. `scope` and `access` have no default: whoever forgets one can't compile.
    public init(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, scope: RouteScope, access: AccessMode,
        parameters: [Parameter] = [], body: Schema? = nil, success: Success,
        use handler: @escaping @Sendable (ProjectRequest) async throws -> Answer
    ) {
        precondition(![.installation, .publicToken, .anonymous].contains(scope), "\(method) \(path): not the scope of one project")
        self.method = method
        self.path = path
        self.summary = summary
        self.scope = scope
        self.access = access
        self.parameters = parameters
        self.body = body
        self.success = success
        self.handler = .project(handler)
        isForSites = scope.isForFrontends
    }

    /// A route of the whole installation: the admin token alone opens it.
    public init(
        installation method: HTTPRequest.Method, _ path: String, _ summary: String, access: AccessMode,
        parameters: [Parameter] = [], body: Schema? = nil, success: Success,
        use handler: @escaping @Sendable (InstallationRequest) async throws -> Answer
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        scope = .installation
        self.access = access
        self.parameters = parameters
        self.body = body
        self.success = success
        self.handler = .installation(handler)
        isForSites = false
    }

    /// A route for whoever has the token that stands as `{token}` in the path: reading alone, and nothing of its query but `parameters`.
    /// - Parameter resolve: whose token it is.
    public init(
        publicToken method: HTTPRequest.Method, _ path: String, _ summary: String, parameters: [Parameter] = [], success: Success,
        resolve: @escaping PublicTokenResolver, use handler: @escaping @Sendable (ProjectRequest) async throws -> Answer
    ) {
        precondition(path.contains("{token}"), "\(method) \(path): no {token} in the path")
        self.method = method
        self.path = path
        self.summary = summary
        scope = .publicToken
        access = .read
        self.parameters = parameters
        body = nil
        self.success = success
        self.handler = .publicToken(resolve, handler)
        isForSites = false
    }

    /// A route for everybody.
    public init(
        anonymous method: HTTPRequest.Method, _ path: String, _ summary: String, parameters: [Parameter] = [],
        success: Success, use handler: @escaping @Sendable (AnonymousRequest) async throws -> Answer
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        scope = .anonymous
        access = .read
        self.parameters = parameters
        body = nil
        self.success = success
        self.handler = .anonymous(handler)
        isForSites = false
    }

    /// What OpenAPI calls it, where the rule for all would give the name of another.
    public private(set) var operationName: String?
    /// Whether OpenAPI describes it. Pages, and what only they use, are no part of the API.
    public private(set) var isDocumented = true
    /// The media type of refusals that its handler makes, where it is not JSON; they say why in the header `Pulse-Error`.
    public private(set) var refusalMediaType: String?

    /// The same route, called so in OpenAPI.
    public func named(_ operation: String) -> Route {
        var copy = self
        copy.operationName = operation
        return copy
    }

    /// The same route, which OpenAPI leaves out.
    public func undocumented() -> Route {
        var copy = self
        copy.isDocumented = false
        return copy
    }

    /// The same route, whose handler refuses with a body of this type and the header `Pulse-Error`.
    public func refusing(with mediaType: String) -> Route {
        var copy = self
        copy.refusalMediaType = mediaType
        return copy
    }

    /// Whether a parameter that the route does not declare is refused.
    public var refusesUnknownParameters: Bool {
        switch scope {
        case .key(.ingest), .frontend, .publicToken, .anonymous: false
        case .key, .admin, .installation: true
        }
    }

    /// The same route, open to keys that are limited to some modules.
    public func forRestrictedKeys() -> Route {
        var copy = self
        copy.isForRestrictedKeys = true
        return copy
    }

    /// The same route, open to pages of other sites.
    public func forSites() -> Route {
        var route = self
        route.isForSites = true
        return route
    }

    /// The same route, whose answer may take as long as it does: its work grows with the data, or has limits of its own.
    public func unhurried() -> Route {
        var route = self
        route.isUnhurried = true
        return route
    }

    /// The path with names taken out: two routes with the same shape and method clash.
    public var shape: String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { $0.hasPrefix("{") ? "{}" : String($0) }.joined(separator: "/")
    }

    /// The names in the path, in order.
    public var pathNames: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map { String($0.dropFirst().dropLast()) }
    }
}

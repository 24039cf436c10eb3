import Common
import HTTPTypes

/// The access that a public token gives.
public struct PublicToken: Sendable {
    /// Id of the project.
    public let project: String
    /// What the token belongs to, such as `embed <id>`.
    public let holder: String
    /// The modules that it may show: those that the key that made it could use at the time. Nil for all.
    public let allowedModules: [String]?
    /// Id of the key that made it; the token ends when the key does. Nil for the administrator.
    public let maker: String?

    /// `allowedModules` and `maker` have no defaults, because a token without its maker's limits would show others what the maker may
    /// not read.
    public init(project: String, holder: String, allowedModules: [String]?, maker: String?) {
        self.maker = maker
        self.project = project
        self.holder = holder
        self.allowedModules = allowedModules
    }
}

/// Finds the access that a public token gives.
/// - Throws: 404 for an unknown token.
public typealias PublicTokenResolver = @Sendable (_ token: String, AnonymousRequest) async throws -> PublicToken

/// One endpoint, as data: the host serves it, the gate guards it, OpenAPI describes it.
public struct Route: Sendable {
    /// The successful response of a route, as OpenAPI describes it.
    public struct Success: Sendable {
        /// The usual status.
        public let status: Int
        /// The media type of the body; nil for no body.
        public let mediaType: String?
        /// The schema of a JSON body; nil for other bodies.
        public let schema: Schema?
        /// Another status that the same response may have.
        public var otherStatus: Int?

        /// A JSON response.
        /// - Parameter other: the status when nothing was created because it already existed.
        public static func json(_ schema: Schema, status: Int = 200, or other: Int? = nil) -> Success {
            Success(status: status, mediaType: "application/json", schema: schema, otherStatus: other)
        }
        /// A `ReportList` as JSON.
        public static func list(_ element: Schema) -> Success { .json(.object([.required("data", .list(element))])) }
        /// A 204 without a body.
        public static let noContent = Success(status: 204, mediaType: nil, schema: nil)
        /// A response that is not JSON.
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

    /// The HTTP method.
    public let method: HTTPRequest.Method
    /// The path, with `{name}` for a part that varies.
    public let path: String
    /// What it does, in one sentence.
    public let summary: String
    /// Who may call it.
    public let scope: RouteScope
    /// Whether it reads, or changes or collects something.
    public let access: AccessMode
    /// Its query parameters.
    public let parameters: [Parameter]
    /// The schema of the body; nil for a route without one.
    public let body: Schema?
    /// Its successful response.
    public let success: Success
    let handler: Handler
    /// Whether pages of other sites use it: they may read its response, or load it as a script.
    public private(set) var isForSites: Bool
    /// For administration routes without a module: whether a key that is limited to some modules may use the route. The handler then
    /// enforces that limit.
    public private(set) var isForRestrictedKeys = false
    /// Whether its response may take any amount of time. On other routes, the server responds with 503 after its time limit.
    public private(set) var hasNoTimeLimit = false

    /// A route of one project. `scope` and `access` have no defaults, so forgetting one does not compile.
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

    /// A route of the whole installation, which requires the admin token.
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

    /// A route for anyone who has the token that is `{token}` in the path. It only reads. Of the query parameters, only
    /// those declared in `parameters` reach the handler.
    /// - Parameter resolve: finds the access that the token gives.
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

    /// Its operation name in OpenAPI, if the general rule would give it the name of another route.
    public private(set) var operationName: String?
    /// Whether OpenAPI describes it. Pages, and routes that only they use, aren't part of the API.
    public private(set) var isDocumented = true
    /// The media type of its handler's refusals, if it is not JSON; the header `Pulse-Error` says why.
    public private(set) var refusalMediaType: String?

    /// This route with another operation name in OpenAPI.
    public func named(_ operation: String) -> Route {
        var copy = self
        copy.operationName = operation
        return copy
    }

    /// This route, left out of OpenAPI.
    public func undocumented() -> Route {
        var copy = self
        copy.isDocumented = false
        return copy
    }

    /// This route, with a handler that refuses with a body of `mediaType` and the header `Pulse-Error`.
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

    /// This route, open to keys that are limited to some modules.
    public func forRestrictedKeys() -> Route {
        var copy = self
        copy.isForRestrictedKeys = true
        return copy
    }

    /// This route, open to pages of other sites.
    public func forSites() -> Route {
        var route = self
        route.isForSites = true
        return route
    }

    /// This route without the time limit of responses: its work grows with the data, or has its own limits.
    public func withoutTimeLimit() -> Route {
        var route = self
        route.hasNoTimeLimit = true
        return route
    }

    /// The path without the names of its parts. Two routes with the same shape and method clash.
    public var shape: String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { $0.hasPrefix("{") ? "{}" : String($0) }.joined(separator: "/")
    }

    /// The names in the path, in order.
    public var pathNames: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map { String($0.dropFirst().dropLast()) }
    }
}

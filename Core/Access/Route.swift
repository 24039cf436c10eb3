import Common
import HTTPTypes
import NIOCore

/// The access that a public token gives.
public struct PublicToken: Sendable {
    /// The id of the project that the token shows.
    public let project: String
    /// The resource that the token belongs to, such as `embed <id>`.
    public let holder: String
    /// The modules that the token may show: those that its maker could use when the token was created. Nil for all.
    public private(set) var allowedModules: [String]?
    /// Who created the token: `call.maker` of that request. The token shows at most what its maker may read now, and becomes invalid when the
    /// maker loses its rights. Nil if that is unknown, because an earlier version created the token.
    public let maker: Maker?
    /// The maker, if only a surface knows it, with its rights of now.
    var member: SurfacePrincipal?

    /// `allowedModules` and `maker` have no defaults: a token without its maker's limits could show what the maker may not read.
    public init(project: String, holder: String, allowedModules: [String]?, maker: Maker?) {
        self.maker = maker
        self.project = project
        self.holder = holder
        self.allowedModules = allowedModules
    }

    func limited(to modules: [String]) -> PublicToken {
        var token = self
        token.allowedModules = allowedModules?.filter(modules.contains) ?? modules
        return token
    }
}

/// Finds the access that a public token gives.
/// - Throws: 404 for an unknown token.
public typealias PublicTokenResolver = @Sendable (_ token: String, AnonymousRequest) async throws -> PublicToken

/// An endpoint, described as data: the host serves it, the gate checks its requests, and OpenAPI documents it.
///
/// ```swift
/// Route(
///     .get, "/api/v1/guestbook/longest", "The longest entry, in characters.", scope: .query, access: .read,
///     parameters: ScopeParameters.range, answer: LongestEntry.shape
/// ) { call in
///     try await LongestEntry.run(try await call.scope())
/// }
/// ```
///
/// A report takes less: see `Route.report`. The routes of definitions that people save come from `Resource`.
public struct Route: Sendable {
    /// A route's successful response, as OpenAPI documents it.
    public struct Success: Sendable {
        /// The HTTP status.
        public let status: Int
        /// The media type of the body; nil for no body.
        public let mediaType: String?
        /// The schema of a JSON body; nil for other bodies.
        public let schema: Schema?
        /// Another status that the response may have; nil if there is none.
        public var otherStatus: Int?
        /// A second media type that a request may ask for; nil for none.
        @_spi(Host) public var otherMediaType: String?
        /// What the response says, and the schema of what the handler answers; nil for bodies that no surface changes.
        @_spi(Host) public var value: (outcome: Answer.Outcome, schema: Schema)?

        /// A JSON document that no shape writes, such as the description of the API.
        @_spi(Host) public static let document = Success(status: 200, mediaType: "application/json", schema: nil)

        /// A JSON response: what a shape writes; with the status 201, what was created. On surfaces that have a status of their own for what
        /// was created, that takes its place.
        /// - Parameter other: the status if nothing was created because the resource already existed.
        @_spi(Host) public static func json(_ schema: Schema, status: Int = 200, or other: Int? = nil) -> Success {
            Success(
                status: status, mediaType: "application/json", schema: schema, otherStatus: other,
                value: (status == 201 ? .created : .one, schema))
        }
        /// A page of elements.
        /// - Parameter counted: whether the response says how many elements there are in all.
        static func page(_ element: Schema, counted: Bool) -> Success {
            Success(
                status: 200, mediaType: "application/json",
                schema: .object([.required("data", .list(element))] + (counted ? [.required("total", .count)] : [])),
                value: (.page(total: counted ? 0 : nil), .list(element)))
        }
        /// `Answer.nothing`: a 204 without a body, except on surfaces that write another response.
        public static let noContent = Success(status: 204, mediaType: nil, schema: nil)
        /// A response that is not JSON. JSON is written by a shape; see `Route.init(_:_:_:scope:access:parameters:body:answer:status:use:)`.
        public static func other(_ mediaType: String, status: Int = 200) -> Success {
            precondition(mediaType != "application/json", "JSON needs a shape")
            return Success(status: status, mediaType: mediaType, schema: nil)
        }
    }

    enum Handler: Sendable {
        case project(@Sendable (ProjectRequest) async throws -> Answer)
        case caller(@Sendable (CallerRequest) async throws -> Answer)
        case installation(@Sendable (InstallationRequest) async throws -> Answer)
        case publicToken(PublicTokenResolver, @Sendable (ProjectRequest) async throws -> Answer)
        case anonymous(@Sendable (AnonymousRequest) async throws -> Answer)
    }

    /// The HTTP method that the route accepts.
    public let method: HTTPRequest.Method
    /// The path, with `{name}` for each variable part.
    public let path: String
    /// One sentence that says what the route does.
    public let summary: String
    /// The callers that the route is open to.
    public let scope: RouteScope
    /// The access to the module that the route needs: `write` if it changes or collects something.
    public let access: AccessMode
    /// The query parameters that the route accepts.
    public let parameters: [Parameter]
    /// The schema of the request body; nil for a route without one.
    public let body: Schema?
    /// The response if the request succeeds.
    public let success: Success
    let handler: Handler
    /// Whether pages on other sites may read the response or load it as a script.
    public private(set) var isForSites: Bool
    /// For administration routes that belong to no module: whether a key limited to some modules may use the route. The handler then has to
    /// enforce the key's limits.
    public private(set) var isForRestrictedKeys = false
    /// Whether the route may take any amount of time. Other routes respond with 503 after the server's time limit.
    public private(set) var hasNoTimeLimit = false

    /// A route of a project. `scope` and `access` have no defaults, so forgetting one is a compile error.
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

    /// A route that is about the caller instead of one project, such as the list of a user's projects. Only callers that a surface knows can
    /// have several projects.
    /// - Parameter handler: can name one of the caller's projects: `call.project(id)`.
    public init(
        caller method: HTTPRequest.Method, _ path: String, _ summary: String, scope: KeyScope, access: AccessMode,
        parameters: [Parameter] = [], body: Schema? = nil, success: Success,
        use handler: @escaping @Sendable (CallerRequest) async throws -> Answer
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.scope = .key(scope)
        self.access = access
        self.parameters = parameters
        self.body = body
        self.success = success
        self.handler = .caller(handler)
        isForSites = false
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

    /// A read-only route for anyone who has the public token, which the path contains as `{token}`. Only query parameters that `parameters`
    /// declares reach the handler.
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

    /// A route that needs no credentials.
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

    /// The route's operation name in OpenAPI. Nil unless the generated name would clash with another route's.
    public private(set) var operationName: String?
    /// Whether OpenAPI includes the route. False for the dashboard's pages and for routes that only they use.
    public private(set) var isDocumented = true
    /// The media type of the handler's error responses; nil for JSON. If it is set, the `Pulse-Error` header has the reason.
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

    /// This route, documented as sending error responses with a body of `mediaType` and the `Pulse-Error` header.
    public func refusing(with mediaType: String) -> Route {
        var copy = self
        copy.refusalMediaType = mediaType
        return copy
    }

    /// Whether the route rejects query parameters that it doesn't declare.
    public var refusesUnknownParameters: Bool {
        switch scope {
        case .key(.ingest), .frontend, .publicToken, .anonymous: false
        case .key, .admin, .installation: true
        }
    }

    /// This route, available to keys that are limited to some modules.
    public func forRestrictedKeys() -> Route {
        var copy = self
        copy.isForRestrictedKeys = true
        return copy
    }

    /// This route, available to pages on other sites.
    public func forSites() -> Route {
        var route = self
        route.isForSites = true
        return route
    }

    /// Called once with a handler's response, on any thread.
    @_spi(Host) public typealias Completion = @Sendable (Result<Answer, any Error>) -> Void

    /// Answers a request without waiting for anything, on the thread that has read it.
    ///
    /// Returns true if it has called `done` or will call it. Returns false, and does nothing, if the request has to wait, or is so large that
    /// others would wait for it; the route's ordinary handler then gets the request.
    @_spi(Host) public typealias HandlerInPlace =
        @Sendable (_ call: ProjectRequest, _ body: ByteBuffer, _ done: @escaping Completion) -> Bool

    /// The handler for requests that can be answered in place; nil if all have to wait.
    @_spi(Host) public private(set) var handlerInPlace: HandlerInPlace?

    /// This route, whose small requests `handler` answers on the thread that has read them. For routes that pages call for each visitor:
    /// it costs much less than a task. Only routes for API keys that have no variable part in the path can have such a handler.
    @_spi(Host) public func answeringInPlace(_ handler: @escaping HandlerInPlace) -> Route {
        guard case .project = self.handler, scope != .admin, pathNames.isEmpty else {
            preconditionFailure("\(method) \(path) can't be answered in place")
        }
        var route = self
        route.handlerInPlace = handler
        return route
    }

    /// This route, exempt from the server's time limit. For work that grows with the data or has its own limits.
    public func withoutTimeLimit() -> Route {
        var route = self
        route.hasNoTimeLimit = true
        return route
    }

    /// Whether each request is for one project, which the gate has checked before the handler runs.
    public var isForProject: Bool {
        switch handler {
        case .project, .publicToken: true
        case .caller, .installation, .anonymous: false
        }
    }

    /// The path with `{}` for each variable part. Two routes with the same shape and method clash.
    public var shape: String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { $0.hasPrefix("{") ? "{}" : String($0) }.joined(separator: "/")
    }

    /// The names of the path's variable parts, in order.
    public var pathNames: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map { String($0.dropFirst().dropLast()) }
    }
}

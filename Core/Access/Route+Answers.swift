import Common
import HTTPTypes

/// Routes whose handlers return values. The shape writes the response and documents it, so the two can't differ.
extension Route {
    /// A route of a project that answers with a value as JSON.
    /// - Parameters:
    ///   - shape: the response.
    ///   - status: the HTTP status.
    public init<Value: Sendable>(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, scope: RouteScope, access: AccessMode,
        parameters: [Parameter] = [], body: Schema? = nil, answer shape: Shape<Value>, status: Int = 200,
        use handler: @escaping @Sendable (ProjectRequest) async throws -> Value
    ) {
        self.init(
            method, path, summary, scope: scope, access: access, parameters: parameters, body: body,
            success: .json(shape.schema, status: status)
        ) { call in .json(try await handler(call), shape, status: status) }
    }

    /// A route of a project that creates a resource, or finds that it exists already. Answers with 201 or 200.
    /// - Parameter handler: returns the resource, and whether it is new.
    public init<Value: Sendable>(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, scope: RouteScope, access: AccessMode,
        parameters: [Parameter] = [], body: Schema? = nil, creates shape: Shape<Value>,
        use handler: @escaping @Sendable (ProjectRequest) async throws -> (value: Value, isNew: Bool)
    ) {
        self.init(
            method, path, summary, scope: scope, access: access, parameters: parameters, body: body,
            success: .json(shape.schema, status: 201, or: 200)
        ) { call in
            let (value, isNew) = try await handler(call)
            return .json(value, shape, status: isNew ? 201 : 200)
        }
    }

    /// A route of a project that answers with a page of a list. On Pulse's own surface `{"data":[...],"total":7}`.
    /// - Parameters:
    ///   - shape: an element of the list.
    ///   - handler: returns the page, and the number of elements in the whole list.
    public init<Element: Sendable>(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, scope: RouteScope, access: AccessMode,
        parameters: [Parameter] = Parameter.page, pages shape: Shape<Element>,
        use handler: @escaping @Sendable (ProjectRequest) async throws -> (page: [Element], total: Int64)
    ) {
        self.init(
            method, path, summary, scope: scope, access: access, parameters: parameters, success: .page(shape.schema, counted: true)
        ) { call in
            let (page, total) = try await handler(call)
            return .page(page, of: shape, total: total)
        }
    }

    /// A route of a project that answers with a 204, without a body.
    public init(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, scope: RouteScope, access: AccessMode,
        parameters: [Parameter] = [], body: Schema? = nil, use handler: @escaping @Sendable (ProjectRequest) async throws -> Void
    ) {
        self.init(method, path, summary, scope: scope, access: access, parameters: parameters, body: body, success: .noContent) { call in
            try await handler(call)
            return .noContent
        }
    }

    /// A read-only route for anyone who has the public token, like `init(publicToken:)`, that answers with a value as JSON.
    /// - Parameter handler: returns the value, and header fields for the response.
    public init<Value: Sendable>(
        publicToken method: HTTPRequest.Method, _ path: String, _ summary: String, parameters: [Parameter] = [],
        answer shape: Shape<Value>, resolve: @escaping PublicTokenResolver,
        use handler: @escaping @Sendable (ProjectRequest) async throws -> (value: Value, headers: HTTPFields)
    ) {
        self.init(publicToken: method, path, summary, parameters: parameters, success: .json(shape.schema), resolve: resolve) { call in
            let (value, headers) = try await handler(call)
            var answer = Answer.json(value, shape)
            for field in headers { answer.headers.append(field) }
            return answer
        }
    }

    /// A route of the whole installation that answers with a value as JSON.
    public init<Value: Sendable>(
        installation method: HTTPRequest.Method, _ path: String, _ summary: String, access: AccessMode,
        parameters: [Parameter] = [], body: Schema? = nil, answer shape: Shape<Value>, status: Int = 200,
        use handler: @escaping @Sendable (InstallationRequest) async throws -> Value
    ) {
        self.init(
            installation: method, path, summary, access: access, parameters: parameters, body: body,
            success: .json(shape.schema, status: status)
        ) { call in .json(try await handler(call), shape, status: status) }
    }

    /// A route for everyone that answers with a value as JSON.
    public init<Value: Sendable>(
        anonymous method: HTTPRequest.Method, _ path: String, _ summary: String, parameters: [Parameter] = [],
        answer shape: Shape<Value>, use handler: @escaping @Sendable (AnonymousRequest) async throws -> Value
    ) {
        self.init(anonymous: method, path, summary, parameters: parameters, success: .json(shape.schema)) { call in
            .json(try await handler(call), shape)
        }
    }

    /// A route of a caller with several projects that answers with a value as JSON.
    public init<Value: Sendable>(
        caller method: HTTPRequest.Method, _ path: String, _ summary: String, scope: KeyScope, access: AccessMode,
        parameters: [Parameter] = [], body: Schema? = nil, answer shape: Shape<Value>, status: Int = 200,
        use handler: @escaping @Sendable (CallerRequest) async throws -> Value
    ) {
        self.init(
            caller: method, path, summary, scope: scope, access: access, parameters: parameters, body: body,
            success: .json(shape.schema, status: status)
        ) { call in .json(try await handler(call), shape, status: status) }
    }
}

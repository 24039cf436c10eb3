import Common
@_spi(Host) import Questions

extension Parameter {
    static let explain = Parameter(
        "explain", .choice(["sql"], default: nil), "Adds the SQL statements that the report ran. Requires the admin scope.")
}

extension Route {
    /// The field that `explain=sql` adds to a response.
    private static let statements = Shape<[StatementLog.Statement]>.Field.optional(
        "statements", { $0 }, .list(StatementLog.Statement.shape), "The SQL statements that the report ran. Only with explain=sql.")

    /// This route with the `explain` parameter. With `explain=sql`, the response includes the SQL statements that it ran. That requires the
    /// `admin` scope.
    public var explained: Route {
        guard case .project(let answer) = handler, case .object(let fields, _) = success.schema else {
            preconditionFailure("\(method) \(path): only a project route that returns a JSON object can be explained")
        }
        var explained = Success.json(.object(fields + [Self.statements.schema]), status: success.status, or: success.otherStatus)
        explained.otherMediaType = success.otherMediaType
        return Route(
            method, path, summary, scope: scope, access: access, parameters: parameters + [.explain], body: body, success: explained
        ) { call in
            guard call.text("explain") != nil else { return try await answer(call) }
            try call.requireAdmin(for: "explain")
            let (call, log) = call.logged()
            var explained = try await answer(call)
            explained.add(Self.statements, log.statements)
            return explained
        }
    }
}

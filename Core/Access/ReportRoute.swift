import Common
import HTTPTypes
import Storage

extension Route {
    /// A report over the scope that the request describes, answered to whoever may query. With `compare=previous` the answer
    /// also holds the same report over the equally long period before.
    /// - Parameters:
    ///   - fields: members of the report.
    ///   - run: makes the report; asked twice, with each of the periods, where they are compared.
    public static func report<Report: Encodable & Sendable>(
        _ path: String, _ summary: String, parameters: [Parameter] = ScopeParameters.list, fields: [Schema.Field],
        run: @escaping @Sendable (ProjectRequest, Scope) async throws -> Report
    ) -> Route {
        Route(
            .get, path, summary, scope: .query, access: .read, parameters: parameters + [ScopeParameters.compare],
            success: .json(.object(fields + [.optional("previous", .object(fields), "The period before, with compare=previous.")]))
        ) { call in
            let scope = try call.scope()
            guard call.text("compare") == "previous" else { return try .json(try await run(call, scope)) }
            async let current = run(call, scope)
            async let previous = run(call, scope.over(scope.range.previous))
            return try .json(Compared(current: try await current, previous: try await previous))
        }
    }

    /// A report's own members, and `previous` beside them.
    private struct Compared<Report: Encodable>: Encodable {
        let current: Report, previous: Report
        private enum CodingKeys: String, CodingKey { case previous }

        func encode(to encoder: any Encoder) throws {
            try current.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(previous, forKey: .previous)
        }
    }
}

/// A report that is a list and nothing else.
public struct ReportList<Element: Encodable & Sendable>: Encodable, Sendable {
    public let data: [Element]
    public init(data: [Element]) { self.data = data }

    /// The members of such a report, for `Route.report`.
    public static func fields(_ members: [Schema.Field]) -> [Schema.Field] { [.required("data", .list(.object(members)))] }
}

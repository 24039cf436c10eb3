import Common
import HTTPTypes
import Storage

extension Route {
    /// A report over the scope that the request describes, answered to whoever may query. With `compare=previous` the answer
    /// also holds the same report over the equally long period before, with `explain=sql` the statements that made it.
    /// - Parameters:
    ///   - fields: members of the report.
    ///   - run: makes the report; asked twice, with each of the periods, where they are compared.
    public static func report<Report: Encodable & Sendable>(
        _ path: String, _ summary: String, parameters: [Parameter] = ScopeParameters.list, fields: [Schema.Field],
        run: @escaping @Sendable (ProjectRequest, Scope) async throws -> Report
    ) -> Route {
        Route(
            .get, path, summary, scope: .query, access: .read, parameters: extended(parameters), success: extended(fields)
        ) { call in try await answer(call) { try await run(call, $0) } }.explained
    }

    /// The same for a report on what comes in the body and is not kept.
    public static func report<Report: Encodable & Sendable>(
        _ path: String, _ summary: String, parameters: [Parameter] = ScopeParameters.list, body: Schema, fields: [Schema.Field],
        run: @escaping @Sendable (ProjectRequest, JSON, Scope) async throws -> Report
    ) -> Route {
        Route(
            .post, path, summary, scope: .query, access: .read, parameters: extended(parameters), body: body, success: extended(fields)
        ) { call in
            let body = try await call.body()
            return try await answer(call) { try await run(call, body, $0) }
        }.explained
    }

    /// The same route with the parameter `explain`: with `explain=sql` whoever may administer gets, beside the answer, the statements that
    /// made it.
    public var explained: Route {
        guard case .project(let answer) = handler, case .object(let fields, _) = success.schema else {
            preconditionFailure("\(method) \(path): only an object that a project is answered can be explained")
        }
        return Route(
            method, path, summary, scope: scope, access: access, parameters: parameters + [ScopeParameters.explain], body: body,
            success: .json(.object(fields + [ScopeParameters.statements]), status: success.status, or: success.otherStatus)
        ) { call in
            guard call.text("explain") != nil else { return try await answer(call) }
            try call.requireAdmin(for: "explain")
            let (call, log) = call.logged()
            var explained = try await answer(call)
            try explained.add("statements", log.statements)
            return explained
        }
    }

    private static func extended(_ parameters: [Parameter]) -> [Parameter] { parameters + [ScopeParameters.compare] }

    private static func extended(_ fields: [Schema.Field]) -> Success {
        .json(.object(fields + [
            .optional("previous", .object(fields), "The period before, with compare=previous."),
            .optional("as_of", .timestamp, "What was collected after this is not all in it yet; only where that is so."),
        ]))
    }

    private static func answer<Report: Encodable & Sendable>(
        _ call: ProjectRequest, run: @escaping @Sendable (Scope) async throws -> Report
    ) async throws -> Answer {
        let scope = try await call.scope()
        var answer: Answer
        if call.text("compare") == "previous" {
            async let current = run(scope)
            async let previous = run(scope.over(scope.previousRange))
            answer = try .json(Compared(current: try await current, previous: try await previous))
        } else {
            answer = try .json(Compared(current: try await run(scope), previous: nil))
        }
        if let asOf = call.services.reports.asOf { try answer.add("as_of", asOf) }
        return answer
    }

    /// `path/drill`: the visitors behind a number of the report at `path`.
    /// - Parameter cell: dimensions of `filter`, which become parameters and name the number.
    public static func drill(_ path: String, by cell: [String]) -> Route {
        let parameters = cell.map { Parameter($0, .text(maximum: 2_048), "Its \($0), as the report has it.") }
        return report(path + "/drill", "The visitors behind a number of \(path).", parameters: ScopeParameters.list + parameters, fields: VisitorList.fields) {
            call, scope in
            let filters = cell.compactMap { name in call.text(name).flatMap { value in Filter.Dimension(name).map { Filter($0, .isOneOf, [value]) } } }
            return try await VisitorList.page("core.drill", of: scope.filtered(by: filters), visitors: "SELECT DISTINCT visitor FROM activity")
        }
    }

    /// A report's own members, and beside them the same of the period before.
    private struct Compared<Report: Encodable>: Encodable {
        let current: Report, previous: Report?
        private enum CodingKeys: String, CodingKey { case previous }

        func encode(to encoder: any Encoder) throws {
            try current.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(previous, forKey: .previous)
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

@_spi(Host) @_spi(Scopes) import Access
import Common
import HTTPTypes
import Questions
import Storage

extension Route {
    /// A GET route with the scope `query`, for a report over the range that the request describes. With `compare=previous`, the response
    /// includes the same report for the equally long period before. With `explain=sql`, it includes the SQL statements that were run.
    /// - Parameters:
    ///   - fields: the members of the report.
    ///   - run: makes the report. Called once per period if periods are compared.
    public static func report<Report: Encodable & Sendable>(
        _ path: String, _ summary: String, parameters: [Parameter] = ScopeParameters.list, fields: [Schema.Field],
        run: @escaping @Sendable (ProjectRequest, Scope) async throws -> Report
    ) -> Route {
        Route(
            .get, path, summary, scope: .query, access: .read, parameters: extended(parameters), success: extended(fields)
        ) { call in try await answer(call) { try await run(call, $0) } }.explained
    }

    /// Like `report(_:_:parameters:fields:run:)`, but a POST route. The report is about the definition in the body, which is not saved.
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

    private static func extended(_ parameters: [Parameter]) -> [Parameter] { parameters + [ScopeParameters.compare] }

    private static func extended(_ fields: [Schema.Field]) -> Success {
        .json(
            .object(
                fields + [
                    .optional("previous", .object(fields), "The period before, with compare=previous."),
                    .optional("as_of", .timestamp, "Events collected after this may be missing; absent if none are."),
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

    /// A route at `path/drill` that lists the visitors behind one number of the report at `path`.
    /// - Parameter cell: the filter dimensions that identify the number. Each becomes a query parameter.
    public static func drill(_ path: String, by cell: [String]) -> Route {
        let parameters = cell.map { Parameter($0, .text(maximum: 2_048), "Its \($0), as in the report.") }
        return report(
            path + "/drill", "The visitors behind a number of \(path).", parameters: ScopeParameters.list + parameters,
            fields: VisitorList.fields
        ) {
            call, scope in
            let filters = cell.compactMap { name in
                call.text(name).flatMap { value in Filter.Dimension(name).map { Filter($0, .isOneOf, [value]) } }
            }
            return try await VisitorList.page(
                "core.drill", of: scope.filtered(by: filters), visitors: "SELECT DISTINCT visitor FROM activity")
        }
    }

    /// The members of a report, plus the report for the period before.
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

/// A report that consists of a single list.
public struct ReportList<Element: Encodable & Sendable>: Encodable, Sendable {
    /// The elements of the list.
    public let data: [Element]
    public init(data: [Element]) { self.data = data }

    /// The members of a list report, for `Route.report`.
    public static func fields(_ members: [Schema.Field]) -> [Schema.Field] { [.required("data", .list(.object(members)))] }
}

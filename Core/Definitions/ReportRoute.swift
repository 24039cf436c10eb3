@_spi(Host) @_spi(Scopes) import Access
import Common
import HTTPTypes
import Questions
import Storage

extension Route {
    /// A GET route with the `query` scope for a report. With `compare=previous`, the response includes the same report for the previous
    /// period of the same length. With `explain=sql`, it includes the SQL statements that the report ran.
    /// - Parameters:
    ///   - shape: the report as JSON.
    ///   - run: runs the report over the scope that the request describes. Called a second time for the previous period.
    public static func report<Report: Sendable>(
        _ path: String, _ summary: String, parameters: [Parameter] = ScopeParameters.list, answer shape: Shape<Report>,
        run: @escaping @Sendable (ProjectRequest, Scope) async throws -> Report
    ) -> Route {
        let compared = compared(shape)
        return Route(
            .get, path, summary, scope: .query, access: .read, parameters: extended(parameters), success: success(compared)
        ) { call in try await answer(call, compared) { try await run(call, $0) } }.explained
    }

    /// Like `report(_:_:parameters:answer:run:)`, but a POST route. The report is for the definition in the body, which is not saved.
    public static func report<Report: Sendable>(
        _ path: String, _ summary: String, parameters: [Parameter] = ScopeParameters.list, body: Schema, answer shape: Shape<Report>,
        run: @escaping @Sendable (ProjectRequest, JSON, Scope) async throws -> Report
    ) -> Route {
        let compared = compared(shape)
        return Route(
            .post, path, summary, scope: .query, access: .read, parameters: extended(parameters), body: body, success: success(compared)
        ) { call in
            let body = try await call.body()
            return try await answer(call, compared) { try await run(call, body, $0) }
        }.explained
    }

    /// A report, and the same report for the previous period if the request asked for it.
    private struct Compared<Report: Sendable>: Sendable { let current: Report, previous: Report? }

    /// The report's own members, and `previous`.
    private static func compared<Report>(_ report: Shape<Report>) -> Shape<Compared<Report>> {
        Shape(
            report.fields(of: { $0.current }) + [
                .optional(
                    "previous", { $0.previous }, report, "The same report for the previous period. Only with compare=previous.")
            ])
    }

    private static let asOf = Shape<Instant>.Field.optional(
        "as_of", { $0 }, .timestamp, "Events collected after this time may be missing. Absent if no events are missing.")

    private static func success<Report>(_ shape: Shape<Report>) -> Success { .json(.object((shape.fields.map(\.schema)) + [asOf.schema])) }

    private static func answer<Report: Sendable>(
        _ call: ProjectRequest, _ shape: Shape<Compared<Report>>, run: @escaping @Sendable (Scope) async throws -> Report
    ) async throws -> Answer {
        let scope = try await call.scope()
        let report: Compared<Report>
        if call.text("compare") == "previous" {
            async let current = run(scope)
            async let previous = run(scope.over(scope.previousRange))
            report = Compared(current: try await current, previous: try await previous)
        } else {
            report = Compared(current: try await run(scope), previous: nil)
        }
        var answer = try Answer.json(report, shape)
        if let time = call.services.reports.asOf { try answer.add(asOf, time) }
        return answer
    }

    private static func extended(_ parameters: [Parameter]) -> [Parameter] { parameters + [ScopeParameters.compare] }

    /// A route at `path/drill` that lists the visitors behind one of the numbers in the report at `path`.
    /// - Parameter cell: the dimensions that identify the number, such as `path` for a report by page. Each becomes a query parameter.
    public static func drill(_ path: String, by cell: [String]) -> Route {
        let parameters = cell.map { Parameter($0, .text(maximum: 2_048), "The \($0) whose visitors to list, as in the report.") }
        return report(
            path + "/drill", "List the visitors behind one of the numbers in \(path).", parameters: ScopeParameters.list + parameters,
            answer: VisitorList.shape
        ) {
            call, scope in
            let filters = cell.compactMap { name in
                call.text(name).flatMap { value in Filter.Dimension(name).map { Filter($0, .isOneOf, [value]) } }
            }
            return try await VisitorList.page(
                "core.drill", of: scope.filtered(by: filters), visitors: "SELECT DISTINCT visitor FROM activity")
        }
    }
}

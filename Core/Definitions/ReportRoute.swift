@_spi(Host) @_spi(Scopes) import Access
import Blobs
import Common
import HTTPTypes
import NIOCore
@_spi(Scopes) import Questions
import Storage
import Synchronization

extension Route {
    /// A GET route with the `query` scope for a report. With `compare=previous`, the response includes the same report for the previous
    /// period of the same length. With `explain=sql`, it includes the SQL statements that the report ran. With `format=csv`, the response is a
    /// file of the rows in the report's lists, if it has any.
    /// - Parameters:
    ///   - shape: the report as JSON.
    ///   - run: runs the report over the scope that the request describes. Called a second time for the previous period.
    public static func report<Report: Sendable>(
        _ path: String, _ summary: String, parameters: [Parameter] = ScopeParameters.list, answer shape: Shape<Report>,
        run: @escaping @Sendable (ProjectRequest, Scope) async throws -> Report
    ) -> Route {
        let compared = compared(shape), file = ReportFile(shape), parameters = extended(parameters, file)
        return Route(
            .get, path, summary, scope: .query, access: .read, parameters: parameters, success: success(compared, file)
        ) { call in
            try await answer(call, compared, file, path, parameters) { try await run(call, $0) }
        }.explained
    }

    /// Like `report(_:_:parameters:answer:run:)`, but a POST route. The report is for the definition in the body, which is not saved.
    public static func report<Report: Sendable>(
        _ path: String, _ summary: String, parameters: [Parameter] = ScopeParameters.list, body: Schema, answer shape: Shape<Report>,
        run: @escaping @Sendable (ProjectRequest, JSON, Scope) async throws -> Report
    ) -> Route {
        let compared = compared(shape), file = ReportFile(shape), parameters = extended(parameters, file)
        return Route(
            .post, path, summary, scope: .query, access: .read, parameters: parameters, body: body, success: success(compared, file)
        ) { call in
            let body = try await call.body()
            return try await answer(call, compared, file, path, parameters) { try await run(call, body, $0) }
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

    private static func success<Report, Rows>(_ shape: Shape<Report>, _ file: ReportFile<Rows>?) -> Success {
        var success = Success.json(.object((shape.fields.map(\.schema)) + [asOf.schema]))
        if file != nil { success.otherMediaType = "text/csv" }
        return success
    }

    private static func answer<Report: Sendable>(
        _ call: ProjectRequest, _ shape: Shape<Compared<Report>>, _ file: ReportFile<Report>?, _ path: String, _ parameters: [Parameter],
        run: @escaping @Sendable (Scope) async throws -> Report
    ) async throws -> Answer {
        let scope = try await call.scope()
        if let file, call.text("format") == "csv" {
            for other in ["compare", "explain"] where call.text(other) != nil {
                throw ServiceError.parameter("format", "csv can't be combined with '\(other)'; leave one of them out.")
            }
            let isPaged = parameters.contains { $0.name == "offset" }  // exact: parameters are named in our source
            let name = path.split(separator: "/").dropFirst(2).filter { !$0.hasPrefix("{") }.joined(separator: "-") + ".csv"
            let isWhole = isPaged && call.text("limit") == nil && call.text("offset") == nil
            return .csv(try await rows(file, scope, isWhole: isWhole, run), fileName: name)
        }
        let report: Compared<Report>
        if call.text("compare") == "previous" {
            async let current = run(scope)
            async let previous = run(scope.over(scope.previousRange))
            report = Compared(current: try await current, previous: try await previous)
        } else {
            report = Compared(current: try await run(scope), previous: nil)
        }
        var answer = Answer.json(report, shape)
        if let time = call.services.reports.asOf { answer.add(asOf, time) }
        return answer
    }

    /// The most rows of a report's list that are in memory while it is sent as a file.
    private static let rowsAtATime = 10_000

    /// The rows of a report: the page that `scope` asks for, or all of them, page by page.
    private static func rows<Report: Sendable>(
        _ file: ReportFile<Report>, _ scope: Scope, isWhole: Bool, _ run: @escaping @Sendable (Scope) async throws -> Report
    ) async throws -> ByteStream {
        @Sendable func page(from offset: Int, _ bytes: inout [UInt8]) async throws -> Int? {
            let report = try await run(isWhole ? scope.page(limit: rowsAtATime, offset: offset) : scope)
            let count = try file.append(report, to: &bytes)
            return isWhole && count >= rowsAtATime ? offset + rowsAtATime : nil
        }
        // The first page is read before the response begins, so its errors, and whether events may be missing, are those of any report.
        var first: [UInt8] = []
        file.appendHeader(to: &first)
        let next = try await page(from: 0, &first)
        let state = Mutex<(piece: [UInt8]?, next: Int?)>((first, next))
        return ByteStream {
            let (piece, offset) = state.withLock { state in (state.piece.take(), state.next) }
            if let piece { return ByteBuffer(bytes: piece) }
            guard let offset else { return nil }
            var bytes: [UInt8] = []
            let next = try await page(from: offset, &bytes)
            state.withLock { $0.next = next }
            return bytes.isEmpty ? nil : ByteBuffer(bytes: bytes)
        }
    }

    private static func extended<Report>(_ parameters: [Parameter], _ file: ReportFile<Report>?) -> [Parameter] {
        parameters + [ScopeParameters.compare] + (file == nil ? [] : [ScopeParameters.format])
    }

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

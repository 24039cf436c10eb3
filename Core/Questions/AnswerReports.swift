import Common
import Storage
import Synchronization

/// Runs the statements of one response. They share a single wait for the events that were acknowledged before the first statement, so a
/// response with many statements waits no longer than a response with one.
final class AnswerReports: ReportReader {
    private struct State {
        var waits: [Int32: Task<Instant?, any Error>] = [:]
        var asOf: Instant?
    }

    private let reports: Reports
    private let state = Mutex(State())

    init(_ reports: Reports) { self.reports = reports }

    var dialect: Dialect { reports.dialect }
    var asOf: Instant? { state.withLock { $0.asOf } }

    func rows(_ query: PartedQuery, of project: Int32, over range: TimeRange) async throws -> Rows {
        try await settle(project)
        return try await reports.answer(query, of: project, over: range)
    }

    func stream(_ statement: SQL, of project: Int32) async throws -> RowStream {
        try await settle(project)
        return try await reports.start(statement, of: project)
    }

    func visitorBound(of project: Int32) async throws -> Int64? {
        try await settle(project)
        return try await reports.bound(of: project)
    }

    private func settle(_ project: Int32) async throws {
        let wait = state.withLock { state in
            if let wait = state.waits[project] { return wait }
            let wait = Task { [reports] in try await reports.settle(project) }
            state.waits[project] = wait
            return wait
        }
        guard let asOf = try await wait.value else { return }
        state.withLock { $0.asOf = min($0.asOf ?? asOf, asOf) }
    }
}

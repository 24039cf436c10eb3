import Core
import Foundation
import Synchronization

/// The queries that are under way on this host: so many at a time, and each can be stopped by its id.
final class RunningQueries: Sendable {
    // exact: ids are UUIDs
    private struct Key: Hashable {
        let project: String, id: String
    }

    private struct Running {
        let task: Task<QueryResult, any Error>
        var isStopped = false
    }

    /// Of a project, with those that wait.
    private static let maximum = 20

    private let running = Mutex<[Key: Running]>([:])
    private let turns: FairSemaphore

    /// - Parameter atATime: queries at once over all projects; more wait, and projects take turns. With two or more places, one project never holds
    ///   them all.
    init(atATime: Int) { turns = FairSemaphore(permits: atATime, permitsOfGroup: max(1, atATime - 1)) }

    /// `work` in its turn; what became of it is written down, refusals too.
    /// - Parameter id: of the run; nil for a new one.
    /// - Throws: 400 for an id that another run has, or when somebody stops it; what `work` throws.
    func run(
        _ kind: QueryRun.Kind, id: String? = nil, _ call: ProjectRequest, _ work: @escaping @Sendable () async throws -> QueryResult
    ) async throws -> QueryAnswer {
        let key = Key(project: call.project.id, id: id.map(Identifiers.plain) ?? Identifiers.uuid()), start = ContinuousClock.now
        let task = try begin(key) { [turns] in
            // Another database's statement waits for nothing of ours.
            kind == .externalSQL ? try await work() : try await turns.withPermit(of: key.project, work)
        }
        // Until it is recorded: stopping it meanwhile must not answer that there is no such run.
        defer { running.withLock { $0[key] = nil } }
        func record(_ rows: Int, _ error: String?) async throws -> QueryRun {
            let duration = ContinuousClock.now - start
            let run = QueryRun(
                id: key.id, queryType: kind.rawValue, status: error == nil ? "success" : "error", rowCount: rows,
                durationMS: Int64(duration / .milliseconds(1)), error: error?.excerpt(1_000), createdAt: call.now)
            do { try await run.store(call) } catch is UniqueViolation { throw Self.taken(key) }
            return run
        }
        do {
            let result = try await result(of: task, key)
            return QueryAnswer(run: try await record(result.rows.count, nil), result: result)
        } catch let error as ServiceError where error.status < 500 {
            _ = try await record(0, error.message)
            throw error
        }
    }

    private static func taken(_ key: Key) -> ServiceError {
        .body("field 'run_id': there is a run '\(key.id)' already; make a new id for each.")
    }

    private func begin(_ key: Key, _ work: @escaping @Sendable () async throws -> QueryResult) throws -> Task<QueryResult, any Error> {
        try running.withLock { running in
            if running[key] != nil { throw Self.taken(key) }
            guard running.keys.count(where: { $0.project == key.project }) < Self.maximum else {
                throw ServiceError(
                    status: 429, code: "too_many_queries",
                    message: "The project already has \(Self.maximum) queries running or waiting. Wait for one to finish, or stop one.", retryAfterSeconds: 5)
            }
            let task = Task { try await work() }
            running[key] = Running(task: task)
            return task
        }
    }

    private func result(of task: Task<QueryResult, any Error>, _ key: Key) async throws -> QueryResult {
        let outcome = await withTaskCancellationHandler { await task.result } onCancel: { task.cancel() }
        // What an engine says of a statement that was stopped is of no interest.
        if case .failure = outcome, running.withLock({ $0[key]?.isStopped }) == true { throw ServiceError.invalid("query_stopped", "The query was stopped.") }
        return try outcome.get()
    }

    /// Stops the run; its caller gets the refusal. A run that has ended stays as it is.
    /// - Throws: 404 where the project has no such run, or another host is at it.
    func stop(_ id: String, _ call: ProjectRequest) async throws {
        let key = Key(project: call.project.id, id: id)
        let task = running.withLock { running in
            running[key]?.isStopped = true
            return running[key]?.task
        }
        if let task { return task.cancel() }
        guard try await QueryRun.exists(id, call) else { throw ServiceError.notFound("Query run", id) }
    }
}

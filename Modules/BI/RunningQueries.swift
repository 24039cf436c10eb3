import Core
import Foundation
import Synchronization

/// The queries that run or wait on this host. Limits how many run at the same time, and can stop a query by its id.
final class RunningQueries: Sendable {
    // exact: ids are UUIDs
    private struct Key: Hashable {
        let project: String, id: String
    }

    private struct Running {
        let task: Task<QueryResult, any Error>
        var isStopped = false
    }

    /// Maximum number of queries that one project may have running or waiting.
    private static let maximum = 20

    private let running = Mutex<[Key: Running]>([:])
    private let turns: FairSemaphore

    /// - Parameter atATime: how many queries, of all projects together, may run at the same time. Further queries wait, and projects take
    ///   turns. If two or more queries may run, a single project never takes all places.
    init(atATime: Int) { turns = FairSemaphore(permits: atATime, permitsOfGroup: max(1, atATime - 1)) }

    /// Runs `work` when its turn comes, and records the run, including refusals (errors below status 500).
    /// - Parameter id: the run's id; nil for a new one.
    /// - Throws: 400 for an id that another run has, or when the run is stopped; 429 when too many queries of the project run or wait;
    ///   any error that `work` throws.
    func run(
        _ kind: QueryRun.Kind, id: String? = nil, _ call: ProjectRequest, _ work: @escaping @Sendable () async throws -> QueryResult
    ) async throws -> QueryAnswer {
        let key = Key(project: call.project.id, id: id.map(Identifiers.plain) ?? Identifiers.uuid()), start = ContinuousClock.now
        let task = try begin(key) { [turns] in
            // A statement for an external database needs none of our engine's capacity.
            kind == .externalSQL ? try await work() : try await turns.withPermit(of: key.project, work)
        }
        // Keep the query listed until its run is recorded, so `stop` doesn't return 404 in between.
        defer { running.withLock { $0[key] = nil } }
        func record(_ rows: Int, _ error: String?) async throws -> QueryRun {
            let duration = ContinuousClock.now - start
            let run = QueryRun(
                id: key.id, queryType: kind, status: error == nil ? .success : .error, rowCount: Int64(rows),
                durationMS: Int64(duration / .milliseconds(1)), error: error?.excerpt(1_000), createdAt: call.now)
            do { try await run.store(call) } catch is UniqueViolation { throw Self.taken(key) }
            return run
        }
        do {
            let result = try await result(of: task, key)
            return QueryAnswer(run: try await record(result.rows.count, nil), result: result)
        } catch let error as ServiceError where error.status < 500 {
            _ = try await record(0, call.sentence(about: error))
            throw error
        }
    }

    private static func taken(_ key: Key) -> ServiceError {
        .body(field: "run_id", because: "the run '\(key.id)' already exists; use a new id for each run.")
    }

    private func begin(_ key: Key, _ work: @escaping @Sendable () async throws -> QueryResult) throws -> Task<QueryResult, any Error> {
        try running.withLock { running in
            if running[key] != nil { throw Self.taken(key) }
            guard running.keys.count(where: { $0.project == key.project }) < Self.maximum else {
                throw ServiceError(
                    status: 429, code: "too_many_queries",
                    message: "The project already has \(Self.maximum) queries running or waiting. Wait for one to finish, or stop one.",
                    retryAfterSeconds: 5)
            }
            let task = Task { try await work() }
            running[key] = Running(task: task)
            return task
        }
    }

    private func result(of task: Task<QueryResult, any Error>, _ key: Key) async throws -> QueryResult {
        let outcome = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        // The engine's own error for a stopped statement would mislead the caller.
        if case .failure = outcome, running.withLock({ $0[key]?.isStopped }) == true {
            throw ServiceError.invalid("query_stopped", "The query was stopped.")
        }
        return try outcome.get()
    }

    /// Stops the run. Its caller gets a 400. Does nothing if the run has ended.
    /// - Throws: 404 if the project has no run with this id, or if another host is running it.
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

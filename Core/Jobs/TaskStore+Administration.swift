import Common
@_spi(Host) import Storage

/// What administrators see of the tasks, and what they can do.
extension TaskStore {
    /// A page of the tasks, those first that were enqueued last.
    /// - Parameters:
    ///   - state: only tasks in this state; nil for all.
    ///   - kind: only tasks of the kind with this full name; nil for all.
    public func tasks(in state: TaskState? = nil, of kind: String? = nil, limit: Int, offset: Int = 0) async throws -> [StoredTask] {
        try await control.read(
            """
            /* tasks.list */ SELECT \(StoredTask.columns) FROM tasks_queue WHERE \(Self.condition(state, kind))
            ORDER BY created_at DESC, id LIMIT \(limit) OFFSET \(offset)
            """
        ).map(StoredTask.init)
    }

    /// The number of tasks in this state and of this kind; nil for all.
    public func count(in state: TaskState? = nil, of kind: String? = nil) async throws -> Int {
        let rows = try await control.read(
            "/* tasks.count */ SELECT count(*) AS n FROM tasks_queue WHERE \(Self.condition(state, kind))")
        return Int(rows[0].int("n"))
    }

    /// The number of tasks in each state.
    public func counts() async throws -> [TaskState: Int] {
        let rows = try await control.read("/* tasks.counts */ SELECT state, count(*) AS n FROM tasks_queue GROUP BY state")
        return Dictionary(rows.compactMap { row in TaskState(rawValue: row.text("state")).map { ($0, Int(row.int("n"))) } }) { $0 + $1 }
    }

    private static func condition(_ state: TaskState?, _ kind: String?) -> SQL {
        SQL.all([state.map { "state = \($0.rawValue)" }, kind.map { "kind = \($0)" }].compactMap { $0 })
    }

    /// The task with this id.
    /// - Throws: 404 if there is none.
    public func task(_ id: String) async throws -> StoredTask {
        let rows = try await control.read("/* tasks.get */ SELECT \(StoredTask.columns) FROM tasks_queue WHERE id = \(id)")
        guard let row = rows.first else { throw ServiceError.notFound("Task", id) }
        return StoredTask(row)
    }

    /// A change that an administrator makes to a task.
    public enum Change: String, Sendable, CaseIterable {
        /// Runs a dead task again, with all its attempts, or a waiting one now.
        case retry
        /// Holds a waiting task back.
        case pause
        /// Lets a paused task run, when its time comes.
        case resume

        var from: [TaskState] {
            switch self {
            case .retry: [.dead, .waiting]
            case .pause: [.waiting]
            case .resume: [.paused]
            }
        }
    }

    /// Changes a task, and wakes the runners.
    /// - Parameter recording: runs in the same transaction, after the change.
    /// - Throws: 404 if there is no such task; 409 if its state doesn't permit the change.
    public func change(
        _ id: String, _ change: Change,
        recording: @escaping @Sendable (StoredTask, any ControlTransaction) async throws -> Void = { _, _ in }
    ) async throws -> StoredTask {
        let now = time.now.milliseconds
        let effect: SQL =
            switch change {
            case .retry: "state = 'waiting', run_at = \(now), attempts = 0, finished_at = NULL, waiting_key = \(Self.keyOrOwn)"
            case .pause: "state = 'paused'"
            case .resume: "state = 'waiting'"
            }
        let task = try await control.write { transaction in
            let rows = try await transaction.run(
                """
                /* tasks.change */ UPDATE tasks_queue SET \(effect) WHERE id = \(id) AND state IN \(list: change.from.map(\.rawValue))
                RETURNING \(StoredTask.columns)
                """)
            guard let row = rows.first else { throw try await Self.refusal(of: change, id, in: transaction) }
            let task = StoredTask(row)
            try await recording(task, transaction)
            return task
        }
        await announce()
        return task
    }

    /// Like `keyIfFree`, for a task that may have the key already.
    private static let keyOrOwn: SQL = "coalesce(waiting_key, \(keyIfFree))"

    private static func refusal(of change: Change, _ id: String, in transaction: any ControlTransaction) async throws -> ServiceError {
        let rows = try await transaction.run("/* tasks.state */ SELECT state FROM tasks_queue WHERE id = \(id)")
        guard let row = rows.first else { return .notFound("Task", id) }
        let states = change.from.map(\.rawValue).joined(separator: " or ")
        return ServiceError(
            status: 409, code: "task_state",
            message: "Task '\(id)' is \(row.text("state")); only a task that is \(states) accepts '\(change.rawValue)'.")
    }

    /// How much of the past is kept.
    public struct History: Sendable {
        var doneDays: Int64 = 7
        var deadDays: Int64 = 90
        /// The newest tasks that are kept, of done and of dead ones each.
        var maximumTasks = 10_000

        public init() {}

        init(doneDays: Int64, deadDays: Int64, maximumTasks: Int = 10_000) {
            self.doneDays = doneDays
            self.deadDays = deadDays
            self.maximumTasks = maximumTasks
        }
    }

    /// Forgets old finished tasks.
    public func forget(_ history: History = History()) async throws {
        let now = time.now
        try await control.write { transaction in
            for (state, days) in [(TaskState.done, history.doneDays), (.dead, history.deadDays)] {
                let oldest = try await transaction.run(
                    """
                    /* tasks.oldest */ SELECT finished_at FROM tasks_queue WHERE state = \(state.rawValue)
                    ORDER BY finished_at DESC LIMIT 1 OFFSET \(history.maximumTasks)
                    """
                ).first?.int("finished_at")
                let end = now.adding(days: -days).milliseconds
                try await transaction.run(
                    """
                    /* tasks.forget */ DELETE FROM tasks_queue
                    WHERE state = \(state.rawValue) AND finished_at <= \(max(end, oldest ?? end))
                    """)
            }
        }
    }
}

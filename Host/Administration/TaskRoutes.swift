@_spi(Host) import Access
import Common
import HTTPTypes
@_spi(Host) import Jobs
import Storage

/// `/api/admin/tasks`: what the durable tasks do, and how an administrator intervenes.
struct TaskRoutes: Sendable {
    let tasks: TaskStore

    private static let root = "/api/admin/tasks"
    private static let one = "/api/admin/tasks/{task_id}"

    var routes: [Route] {
        [
            Route(
                installation: .get, Self.root, "List tasks, those enqueued last first.", access: .read,
                parameters: [
                    Parameter("state", .choice(TaskState.allCases.map(\.rawValue), default: nil), "Only tasks in this state."),
                    Parameter("kind", .text(maximum: 200), "Only tasks of this kind, such as pulse.retention."),
                ] + Parameter.page,
                answer: List.shape, use: list),
            Route(
                installation: .get, Self.one, "Read a task, with what it was given to do.", access: .read, answer: StoredTask.Whole.shape
            ) { call in try .init(try await tasks.task(call.id("task_id"))) },
            change(.retry, "Run a dead task again, or a waiting one now."),
            change(.pause, "Hold a waiting task back."),
            change(.resume, "Let a paused task run."),
            Route(
                installation: .get, Self.kinds, "List the kinds of tasks, each with the number of its tasks.", access: .read,
                answer: .data(TaskStore.KindOverview.shape)
            ) { _ in try await tasks.kindOverviews() },
            Route(
                installation: .post, Self.kind + "/retry", "Run all dead tasks of a kind again.", access: .write, answer: Retried.shape
            ) { call in Retried(count: Int64(try await tasks.retryAll(of: call.path("kind"), by: call.actor))) },
            pause(true, "Hold all tasks of a kind back, those to come included."),
            pause(false, "Let the tasks of a kind run again."),
            Route(
                installation: .get, "/api/admin/task-schedules", "List schedules, those first whose time comes next.", access: .read,
                parameters: Parameter.page, answer: Schedules.shape, use: schedules),
        ]
    }

    private static let kinds = "/api/admin/task-kinds"
    private static let kind = "/api/admin/task-kinds/{kind}"

    private struct Retried: Sendable {
        let count: Int64
        static let shape = Shape<Retried>([.required("retried", \.count, .count, "The number of tasks that run again.")])
    }

    private struct Schedules: Sendable {
        let data: [TaskStore.StoredSchedule], total: Int64

        static let shape = Shape<Schedules>([
            .required("data", \.data, .list(TaskStore.StoredSchedule.shape)),
            .required("total", \.total, .count, "The number of schedules on all pages."),
        ])
    }

    @Sendable private func schedules(_ call: InstallationRequest) async throws -> Schedules {
        async let total = tasks.scheduleCount()
        let page = try await tasks.schedules(limit: call.limit, offset: call.offset)
        return Schedules(data: page, total: Int64(try await total))
    }

    private func pause(_ isPaused: Bool, _ summary: String) -> Route {
        Route(
            installation: .post, "\(Self.kind)/\(isPaused ? "pause" : "resume")", summary, access: .write,
            answer: TaskStore.KindOverview.shape
        ) { call in try await tasks.setPaused(isPaused, kind: call.path("kind")) }
    }

    private struct List: Sendable {
        let data: [StoredTask], total: Int64

        static let shape = Shape<List>([
            .required("data", \.data, .list(StoredTask.shape)),
            .required("total", \.total, .count, "The number of tasks that match, on all pages."),
        ])
    }

    @Sendable private func list(_ call: InstallationRequest) async throws -> List {
        let state = call.text("state").flatMap(TaskState.init), kind = call.text("kind")
        async let total = tasks.count(in: state, of: kind)
        let page = try await tasks.tasks(in: state, of: kind, limit: call.limit, offset: call.offset)
        return List(data: page, total: Int64(try await total))
    }

    private func change(_ change: TaskStore.Change, _ summary: String) -> Route {
        Route(installation: .post, "\(Self.one)/\(change.rawValue)", summary, access: .write, answer: StoredTask.shape) { call in
            try await tasks.change(call.id("task_id"), change, by: call.actor)
        }
    }
}

extension TaskStore {
    /// Runs all dead tasks of a kind again. The audit log of each of their projects records it.
    func retryAll(of kind: String, by actor: String) async throws -> Int {
        let retried = try await retryAll(of: kind) { [time] tasks, transaction in
            for (project, tasks) in Dictionary(grouping: tasks, by: \.project) {
                guard let project else { continue }
                try await AuditLog.record(
                    "task.retry", by: actor, on: "tasks \(kind)", metadata: ["tasks": "\(tasks.count)"], project: project, at: time.now,
                    in: transaction)
            }
        }
        return retried.count
    }

    /// Changes a task. The audit log of the task's project records it.
    func change(_ id: String, _ change: Change, by actor: String) async throws -> StoredTask {
        let now = time.now
        return try await self.change(id, change) { task, transaction in
            guard let project = task.project else { return }
            try await AuditLog.record(
                "task.\(change.rawValue)", by: actor, on: "task \(task.id)", metadata: ["kind": task.kind], project: project, at: now,
                in: transaction)
        }
    }
}

extension TaskStore.KindOverview {
    /// A kind as the admin API and the command line list it.
    static let shape = Shape<TaskStore.KindOverview>(
        [
            .required("kind", \.name, .text(200), "The module's name, a dot, and the kind's name within the module."),
            .required("summary", \.summary, .nullable(.text(500)), "What its tasks do; null if this host's modules don't have it."),
            .required("is_paused", \.isPaused, .boolean),
        ]
            + TaskState.allCases.map { state in
                .required(state.rawValue, { Int64($0.counts[state] ?? 0) }, .count, "The number of tasks in this state.")
            } + [
                .required("next_at", \.nextAt, .nullable(.timestamp), "When the next of its schedules comes; null without any."),
                .required("last_done_at", \.lastDoneAt, .nullable(.timestamp), "When a task of this kind was last done."),
            ])
}

extension TaskStore.StoredSchedule {
    /// A schedule as the admin API and the command line list it.
    static let shape = Shape<TaskStore.StoredSchedule>([
        .required("name", \.name, .text(400)), .required("kind", \.kind, .text(200)),
        .required("project_id", \.project, .nullable(.text(64)), "The project that its tasks are for; null for none."),
        .required("rhythm", \.rhythm, .text(200), "When it repeats, such as every 900 (seconds) or daily 03:00 Europe/Berlin."),
        .required("is_declared", \.isDeclared, .boolean, "Whether a module has it; otherwise somebody made it."),
        .required("next_at", \.nextAt, .timestamp), .required("last_at", \.lastAt, .nullable(.timestamp)),
    ])
}

extension StoredTask {
    /// A task as the admin API and the command line list it.
    static let shape = Shape<StoredTask>([
        .required("id", \.id, .uuid),
        .required("kind", \.kind, .text(200), "The module's name, a dot, and the kind's name within the module."),
        .required("project_id", \.project, .nullable(.text(64)), "The project that the task is for; null for none."),
        .required(
            "maker", \.maker.description, .text(600),
            "For whom the task runs: module, administrator, key and its id, or member and who that is."),
        .required("state", \.state, .choice), .required("run_at", \.runAt, .timestamp, "When the task runs, or was to run last."),
        .required("due_at", \.dueAt, .timestamp, "When the task was first to run."), .required("attempts", { Int64($0.attempts) }, .count),
        .required("last_error", \.lastError, .nullable(.text(2_000)), "Why the last attempt failed."),
        .required(
            "unique_key", \.uniqueKey, .nullable(.text(1_000)), "While a task of this kind with this key waits, no other one is enqueued."),
        .required("order_key", \.orderKey, .nullable(.text(1_000)), "Tasks with the same key run one after the other."),
        .required("owner", \.owner, .nullable(.text(400)), "The host that runs the task."),
        .required(
            "lease_until", \.leaseUntil, .nullable(.timestamp), "When another host may take the task, unless its host renews the lease."),
        .required("created_at", \.createdAt, .timestamp), .required("started_at", \.startedAt, .nullable(.timestamp)),
        .required("finished_at", \.finishedAt, .nullable(.timestamp)),
    ])

    /// A task with what it was given to do.
    struct Whole: Sendable {
        let task: StoredTask, payload: JSON

        init(_ task: StoredTask) throws {
            self.task = task
            payload = try JSON.parse(task.payload)
        }

        static let shape = Shape<Whole>(StoredTask.shape.fields(of: \.task) + [.required("payload", \.payload, .any)])
    }
}

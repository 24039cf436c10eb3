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
                success: .json(
                    .object([
                        .required("data", .list(.object(TaskAnswer.fields))),
                        .required("total", .count, "The number of tasks that match, on all pages."),
                    ])), use: list),
            Route(
                installation: .get, Self.one, "Read a task, with what it was given to do.", access: .read,
                success: .json(.object(TaskAnswer.fields + [.required("payload", .any)]))
            ) { call in
                try .json(TaskAnswer(try await tasks.task(call.id("task_id")), withPayload: true))
            },
            change(.retry, "Run a dead task again, or a waiting one now."),
            change(.pause, "Hold a waiting task back."),
            change(.resume, "Let a paused task run."),
        ]
    }

    private struct List: Encodable { let data: [TaskAnswer], total: Int }

    @Sendable private func list(_ call: InstallationRequest) async throws -> Answer {
        let state = call.text("state").flatMap(TaskState.init), kind = call.text("kind")
        async let total = tasks.count(in: state, of: kind)
        let page = try await tasks.tasks(in: state, of: kind, limit: call.limit, offset: call.offset)
        return try .json(List(data: page.map { TaskAnswer($0) }, total: try await total))
    }

    private func change(_ change: TaskStore.Change, _ summary: String) -> Route {
        Route(
            installation: .post, "\(Self.one)/\(change.rawValue)", summary, access: .write, success: .json(.object(TaskAnswer.fields))
        ) { call in
            try .json(TaskAnswer(try await tasks.change(call.id("task_id"), change, by: call.actor)))
        }
    }
}

extension TaskStore {
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

/// A task as the admin API and the command line show it.
struct TaskAnswer: Encodable {
    let task: StoredTask
    var withPayload = false

    init(_ task: StoredTask, withPayload: Bool = false) {
        self.task = task
        self.withPayload = withPayload
    }

    static let fields: [Schema.Field] = [
        .required("id", .uuid), .required("kind", .text(200), "The module's name, a dot, and the kind's name within the module."),
        .required("project_id", .nullable(.text(64)), "The project that the task is for; null for none."),
        .required("maker", .text(600), "For whom the task runs: module, administrator, key and its id, or member and who that is."),
        .required("state", .choice(TaskState.allCases.map(\.rawValue))),
        .required("run_at", .timestamp, "When the task runs, or was to run last."),
        .required("due_at", .timestamp, "When the task was first to run."),
        .required("attempts", .count), .required("last_error", .nullable(.text(2_000)), "Why the last attempt failed."),
        .required("unique_key", .nullable(.text(1_000)), "While a task of this kind with this key waits, no other one is enqueued."),
        .required("order_key", .nullable(.text(1_000)), "Tasks with the same key run one after the other."),
        .required("owner", .nullable(.text(400)), "The host that runs the task."),
        .required("lease_until", .nullable(.timestamp), "When another host may take the task, unless its host renews the lease."),
        .required("created_at", .timestamp), .required("started_at", .nullable(.timestamp)),
        .required("finished_at", .nullable(.timestamp)),
    ]

    enum CodingKeys: String, CodingKey {
        case id, kind, maker, state, attempts, owner, payload
        case project = "project_id", runAt = "run_at", dueAt = "due_at", lastError = "last_error", uniqueKey = "unique_key"
        case orderKey = "order_key", leaseUntil = "lease_until", createdAt = "created_at", startedAt = "started_at"
        case finishedAt = "finished_at"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(task.id, forKey: .id)
        try container.encode(task.kind, forKey: .kind)
        try container.encode(task.project, forKey: .project)
        try container.encode(task.maker.description, forKey: .maker)
        try container.encode(task.state.rawValue, forKey: .state)
        try container.encode(task.runAt, forKey: .runAt)
        try container.encode(task.dueAt, forKey: .dueAt)
        try container.encode(task.attempts, forKey: .attempts)
        try container.encode(task.lastError, forKey: .lastError)
        try container.encode(task.uniqueKey, forKey: .uniqueKey)
        try container.encode(task.orderKey, forKey: .orderKey)
        try container.encode(task.owner, forKey: .owner)
        try container.encode(task.leaseUntil, forKey: .leaseUntil)
        try container.encode(task.createdAt, forKey: .createdAt)
        try container.encode(task.startedAt, forKey: .startedAt)
        try container.encode(task.finishedAt, forKey: .finishedAt)
        if withPayload { try container.encode(try JSON.parse(task.payload), forKey: .payload) }
    }
}

import Common
@_spi(Host) import Storage

/// Kinds of tasks and schedules as administrators see them, and changes to all tasks of a kind.
extension TaskStore {
    /// A kind of task, and how many tasks of it there are.
    public struct KindOverview: Sendable {
        /// The full name.
        public let name: String
        /// The kind's summary; nil if this host doesn't have the kind.
        public let summary: String?
        /// Whether no task of this kind is begun.
        public let isPaused: Bool
        public let counts: [TaskState: Int]
        /// When the next of its schedules enqueues a task; nil if it has none.
        public let nextAt: Instant?
        /// When a task of this kind was last done; nil if none is remembered.
        public let lastDoneAt: Instant?
    }

    /// All kinds of this host, and those of stored tasks and schedules, in the order of their names.
    public func kindOverviews() async throws -> [KindOverview] {
        async let counted = control.read(
            "/* tasks.kinds */ SELECT kind, state, count(*) AS n, max(finished_at) AS last FROM tasks_queue GROUP BY kind, state")
        async let scheduled = control.read("/* tasks.kind_times */ SELECT kind, min(next_at) AS next FROM tasks_schedules GROUP BY kind")
        async let held = control.read("/* tasks.paused_kinds */ SELECT kind FROM tasks_paused_kinds")
        // exact: kinds are named in our source
        var counts: [String: [TaskState: Int]] = [:], last: [String: Instant] = [:], next: [String: Instant] = [:]
        for row in try await counted {
            let kind = row.text("kind")
            guard let state = TaskState(rawValue: row.text("state")) else { continue }
            counts[kind, default: [:]][state] = Int(row.int("n"))
            if state == .done { last[kind] = row["last"].int.map(Instant.init(milliseconds:)) }
        }
        for row in try await scheduled {
            let kind = row.text("kind")
            next[kind] = Instant(milliseconds: row.int("next"))
        }
        // exact: as above
        let paused = Set(try await held.map { $0.text("kind") }), kinds = kinds
        return Set(kinds.keys).union(counts.keys).union(next.keys).sorted().map { name in
            KindOverview(
                name: name, summary: kinds[name]?.summary, isPaused: paused.contains(name), counts: counts[name] ?? [:], nextAt: next[name],
                lastDoneAt: last[name])
        }
    }

    /// The kind with this full name.
    /// - Throws: 404 if neither this host nor a stored task or schedule has it.
    public func kind(_ name: String) async throws -> KindOverview {
        guard let kind = try await kindOverviews().first(where: { $0.name.isExactly(name) }) else {
            throw ServiceError.notFound("Kind of task", name)
        }
        return kind
    }

    /// Holds all tasks of a kind back, those to come included, or lets them run again. Running ones go on.
    /// - Throws: 404 if there is no such kind.
    public func setPaused(_ isPaused: Bool, kind name: String) async throws -> KindOverview {
        _ = try await kind(name)
        let now = time.now.milliseconds
        try await control.write(
            isPaused
                ? "/* tasks.pause_kind */ INSERT INTO tasks_paused_kinds (kind, paused_at) VALUES (\(name), \(now)) ON CONFLICT DO NOTHING"
                : "/* tasks.resume_kind */ DELETE FROM tasks_paused_kinds WHERE kind = \(name)")
        await announce()
        return try await kind(name)
    }

    /// Runs all dead tasks of a kind again, with all their attempts. Of those with the same unique key only the last one, as one does the
    /// work of all; the others are forgotten.
    /// - Parameter recording: runs in the same transaction, with the tasks that run again.
    /// - Returns: the tasks that run again.
    /// - Throws: 404 if there is no such kind.
    public func retryAll(
        of name: String, recording: @escaping @Sendable ([StoredTask], any ControlTransaction) async throws -> Void = { _, _ in }
    ) async throws -> [StoredTask] {
        _ = try await kind(name)
        let now = time.now.milliseconds
        let retried = try await control.write { transaction in
            try await transaction.run(
                """
                /* tasks.drop_repeated */ DELETE FROM tasks_queue
                WHERE kind = \(name) AND state = 'dead' AND unique_key IS NOT NULL AND EXISTS (
                  SELECT 1 FROM tasks_queue o WHERE o.kind = tasks_queue.kind AND o.unique_key = tasks_queue.unique_key
                    AND (o.state = 'waiting' OR o.state = 'dead' AND (o.created_at, o.id) > (tasks_queue.created_at, tasks_queue.id)))
                """)
            let tasks = try await transaction.run(
                """
                /* tasks.retry_all */ UPDATE tasks_queue
                SET state = 'waiting', run_at = \(now), attempts = 0, finished_at = NULL, waiting_key = \(Self.keyIfFree)
                WHERE kind = \(name) AND state = 'dead' RETURNING \(StoredTask.columns)
                """
            ).map(StoredTask.init)
            try await recording(tasks, transaction)
            return tasks
        }
        await announce()
        return retried
    }

    /// A schedule as it is stored.
    public struct StoredSchedule: Sendable {
        /// The module's name, a space, and the schedule's name within the module.
        public let name: String
        /// The full name of the kind of its tasks.
        public let kind: String
        /// The id of the project that its tasks are for; nil for none.
        public let project: String?
        /// When it repeats, such as `daily 03:00 Europe/Berlin`: see `Rhythm.description`.
        public let rhythm: String
        /// Whether it is in the source of a module; otherwise somebody made it.
        public let isDeclared: Bool
        public let nextAt: Instant
        /// The last time that it enqueued a task for; nil if it has not.
        public let lastAt: Instant?
    }

    /// A page of the schedules, those first whose time comes next.
    public func schedules(limit: Int, offset: Int = 0) async throws -> [StoredSchedule] {
        try await control.read(
            """
            /* tasks.schedules */ SELECT name, kind, project_id, rhythm, is_declared, next_at, last_at FROM tasks_schedules
            ORDER BY next_at, name LIMIT \(limit) OFFSET \(offset)
            """
        ).map { row in
            StoredSchedule(
                name: row.text("name"), kind: row.text("kind"), project: row.optionalText("project_id"), rhythm: row.text("rhythm"),
                isDeclared: row["is_declared"].bool ?? false, nextAt: Instant(milliseconds: row.int("next_at")),
                lastAt: row["last_at"].int.map(Instant.init(milliseconds:)))
        }
    }

    public func scheduleCount() async throws -> Int {
        Int(try await control.read("/* tasks.schedule_count */ SELECT count(*) AS n FROM tasks_schedules")[0].int("n"))
    }
}

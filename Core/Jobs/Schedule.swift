import Common
@_spi(Host) import Storage

/// Work of a module that repeats: a rhythm, and the kind of task that it enqueues.
///
/// Only one host enqueues the task of each time. Times that pass while no host runs are made up for once, when one starts: with one task for
/// all of them, whose `dueAt` is the last of them.
public struct Schedule: Sendable {
    /// The name, unique within the module.
    public let name: String
    public let rhythm: Rhythm
    /// The name of the module's kind of task.
    public let kind: String

    /// - Parameter kind: the name of the module's kind of task; nil if it is the schedule's.
    public init(_ name: String, _ rhythm: Rhythm, kind: String? = nil) {
        self.name = name
        self.rhythm = rhythm
        self.kind = kind ?? name
    }
}

/// A module's door to schedules that people make, such as that of a report. Those in the module's source are in its `schedules`.
///
/// The tasks of a schedule are for whoever set it last, with the rights that that maker has at each of its times.
public struct Schedules: Sendable {
    private let store: TaskStore
    private let module: String
    private let givenMaker: Maker?

    /// - Parameter maker: for whom the schedules are; nil for whoever the task that sets them is for, or else for the module.
    @_spi(Host) public init(_ store: TaskStore, module: String, maker: Maker? = nil) {
        self.store = store
        self.module = module
        givenMaker = maker
    }

    /// Stores a schedule, or replaces the one with this name. If only its payload changes, it keeps its place: what was missed is still made
    /// up for.
    /// - Parameters:
    ///   - payload: the payload of each task, stored as JSON.
    ///   - project: the id of the project that the tasks are for; nil for none.
    public func set(
        _ schedule: Schedule, _ payload: Shaped = .emptyObject, for project: String? = nil,
        in transaction: any ControlTransaction
    ) async throws {
        try await store.put(
            schedule, of: module, payload: payload.text().string, project: project,
            maker: givenMaker ?? RunningTask.currentMaker ?? .module, isDeclared: false, in: transaction)
        transaction.afterCommit { [store] in await store.announce() }
    }

    /// Removes the schedule with this name, if there is one. Tasks that it has enqueued still run.
    public func remove(_ name: String, in transaction: any ControlTransaction) async throws {
        try await transaction.whole.run("/* tasks.unschedule */ DELETE FROM tasks_schedules WHERE name = \("\(module) \(name)")")
    }
}

extension TaskStore {
    /// Stores the schedules in the source of this host's modules, and removes those that are no longer there.
    public func declare(_ schedules: [(module: String, schedules: [Schedule])]) async throws {
        let kinds = kinds
        for (module, schedules) in schedules {
            for schedule in schedules where kinds["\(module).\(schedule.kind)"] == nil {
                throw UnknownTaskKind(kind: "\(module).\(schedule.kind)")
            }
        }
        try await control.write { [self] transaction in
            for (module, schedules) in schedules {
                for schedule in schedules {
                    try await put(schedule, of: module, payload: "{}", project: nil, maker: .module, isDeclared: true, in: transaction)
                }
                let names = schedules.map { "\(module) \($0.name)" }
                let others: SQL = names.isEmpty ? "TRUE" : "NOT name IN \(list: names)"
                try await transaction.run(
                    "/* tasks.undeclare */ DELETE FROM tasks_schedules WHERE module = \(module) AND is_declared AND \(others)")
            }
        }
    }

    fileprivate func put(
        _ schedule: Schedule, of module: String, payload: String, project: String?, maker: Maker, isDeclared: Bool,
        in transaction: any ControlTransaction
    ) async throws {
        guard kinds["\(module).\(schedule.kind)"] != nil else { throw UnknownTaskKind(kind: "\(module).\(schedule.kind)") }
        try await transaction.whole.run(
            """
            /* tasks.schedule */ INSERT INTO tasks_schedules
              (name, module, kind, project_id, maker, payload, rhythm, is_declared, next_at)
            VALUES (\("\(module) \(schedule.name)"), \(module), \("\(module).\(schedule.kind)"), \(project), \(maker.description), \(payload),
              \("\(schedule.rhythm)"), \(isDeclared), \(schedule.rhythm.next(after: time.now).milliseconds))
            ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, project_id = excluded.project_id, maker = excluded.maker,
              payload = excluded.payload,
              rhythm = excluded.rhythm, is_declared = excluded.is_declared,
              next_at = CASE WHEN tasks_schedules.rhythm = excluded.rhythm THEN tasks_schedules.next_at ELSE excluded.next_at END
            """)
    }

    /// The next time of the schedules whose tasks this host can do; nil if there are none.
    func nextTime() async throws -> Instant? {
        try await control.read(
            "/* tasks.next_time */ SELECT min(next_at) AS at FROM tasks_schedules WHERE kind IN \(list: kinds.keys.sorted())"
        ).first?["at"].int.map(Instant.init(milliseconds:))
    }

    /// Enqueues the tasks of schedules whose time has come, one for each schedule.
    /// - Returns: how many. Zero if another host is doing it.
    func enqueueScheduled() async throws -> Int {
        let now = time.now
        let skipping: SQL = control.dialect == .postgresql ? "FOR UPDATE SKIP LOCKED" : ""
        let due: SQL = """
            /* tasks.due_schedules */ SELECT name, module, kind, project_id, maker, payload, rhythm, next_at, last_at FROM tasks_schedules
            WHERE kind IN \(list: kinds.keys.sorted()) AND next_at <= \(now.milliseconds) ORDER BY next_at, name LIMIT 100 \(skipping)
            """
        return try await control.write { [self] transaction in
            let rows = try await transaction.run(due)
            for row in rows {
                let name = row.text("name")
                // Text that can't be read was written by a newer version, which another host may run.
                var next = now.adding(seconds: 3_600), last = row["last_at"].int
                if let rhythm = Rhythm(row.text("rhythm")) {
                    let at = max(rhythm.last(upTo: now), Instant(milliseconds: row.int("next_at")))
                    _ = try await insert(
                        NewTask(
                            kind: row.text("kind"), payload: row.text("payload"), project: row.optionalText("project_id"),
                            maker: row.optionalText("maker").map(Maker.init(stored:)) ?? .module, runAt: at,
                            uniqueKey: rhythm.isInterchangeable ? name : "\(name) \(at.iso8601)", orderKey: "schedule: \(name)"),
                        in: transaction)
                    next = rhythm.next(after: now)
                    last = at.milliseconds
                }
                try await transaction.run(
                    "/* tasks.reschedule */ UPDATE tasks_schedules SET next_at = \(next.milliseconds), last_at = \(last) WHERE name = \(name)"
                )
            }
            return rows.count
        }
    }
}

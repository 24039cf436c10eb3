import Storage

/// The control-plane tables of tasks and schedules.
@_spi(Host) public enum TaskTables {
    static let queue = Table(
        "tasks_queue",
        [
            Column("id", .text), Column("kind", .text), Column("project_id", .text, nullable: true), Column("payload", .text),
            Column("state", .text),
            // When the task is to run. `due_at` is the first such time, and never changes.
            Column("run_at", .int64), Column("due_at", .int64),
            // `attempts` begins again when the task is retried by hand. `claims` only grows: it tells the present holder of the lease from
            // earlier ones.
            Column("attempts", .int32), Column("claims", .int32),
            // `waiting_key` has the kind and the unique key while the task waits, so the constraint holds among waiting tasks alone.
            Column("unique_key", .text, nullable: true), Column("waiting_key", .text, nullable: true),
            Column("order_key", .text, nullable: true), Column("position", .int64),
            Column("owner", .text, nullable: true), Column("lease_until", .int64, nullable: true),
            Column("last_error", .text, nullable: true),
            Column("created_at", .int64), Column("started_at", .int64, nullable: true), Column("finished_at", .int64, nullable: true),
        ],
        primaryKey: ["id"], unique: [["waiting_key"]], indexes: [["state", "run_at"], ["order_key", "position"]])

    static let schedules = Table(
        "tasks_schedules",
        [
            Column("name", .text), Column("module", .text), Column("kind", .text), Column("project_id", .text, nullable: true),
            Column("payload", .text), Column("rhythm", .text), Column("is_declared", .bool), Column("next_at", .int64),
        ],
        primaryKey: ["name"], indexes: [["next_at"]])

    /// Kinds of which no task is begun.
    static let pausedKinds = Table("tasks_paused_kinds", [Column("kind", .text), Column("paused_at", .int64)], primaryKey: ["kind"])

    /// The last time that a schedule enqueued a task for.
    private static let lastAt = Column("last_at", .int64, nullable: true)

    /// For whom the work is, as `Maker` writes it. Null in rows from before the column existed, which were all of modules.
    private static let maker = Column("maker", .text, nullable: true)

    /// The migrations of these tables, oldest first.
    public static let migrations = [
        Migration("001-create", on: .control, [.createTable(queue), .createTable(schedules)]),
        Migration("002-makers", on: .control, [queue, schedules].map { .addColumn(table: $0.name, maker) }),
        Migration("003-paused-kinds", on: .control, [.createTable(pausedKinds), .addColumn(table: schedules.name, lastAt)]),
    ]
}

import Common
import Storage

/// What becomes of a task.
@_spi(Host) public enum TaskState: String, Sendable, CaseIterable {
    /// It runs when its time comes: for the first time, or again after a failed attempt.
    case waiting
    /// A host holds its lease.
    case running
    /// An administrator holds it back.
    case paused
    /// Every attempt failed. It stays until an administrator retries it, or the history forgets it.
    case dead
    case done
}

/// A task as it is stored.
@_spi(Host) public struct StoredTask: Sendable {
    public let id: String
    /// The full name of the kind: the module's name, a dot, and the kind's name within the module.
    public let kind: String
    /// The id of the project that the task is for; nil for none.
    public let project: String?
    /// For whom the task is.
    public let maker: Maker
    /// What was enqueued, as JSON text.
    public let payload: String
    public let state: TaskState
    /// When the task is to run, or was to run.
    public let runAt: Instant
    /// When the task was first to run.
    public let dueAt: Instant
    /// The number of attempts begun since the task was enqueued, or retried by hand.
    public let attempts: Int
    /// The number of times that a host took the lease.
    let claims: Int
    /// Among waiting tasks of one kind, at most one has this key.
    public let uniqueKey: String?
    /// Tasks of one module with the same key run one after the other.
    public let orderKey: String?
    /// The host that holds the lease, and until when.
    public let owner: String?
    public let leaseUntil: Instant?
    /// Why the last attempt failed.
    public let lastError: String?
    public let createdAt: Instant
    /// When the last attempt began.
    public let startedAt: Instant?
    public let finishedAt: Instant?

    static let columns: SQL = """
        id, kind, project_id, maker, payload, state, run_at, due_at, attempts, claims, unique_key, order_key, owner, lease_until, last_error, \
        created_at, started_at, finished_at
        """

    init(_ row: Row) {
        func instant(_ column: String) -> Instant? { row[column].int.map(Instant.init(milliseconds:)) }
        id = row.text("id")
        kind = row.text("kind")
        project = row.optionalText("project_id")
        maker = row.optionalText("maker").map(Maker.init(stored:)) ?? .module
        payload = row.text("payload")
        state = TaskState(rawValue: row.text("state")) ?? .dead
        runAt = Instant(milliseconds: row.int("run_at"))
        dueAt = Instant(milliseconds: row.int("due_at"))
        attempts = Int(row.int("attempts"))
        claims = Int(row.int("claims"))
        uniqueKey = row.optionalText("unique_key")
        orderKey = row.optionalText("order_key")
        owner = row.optionalText("owner")
        leaseUntil = instant("lease_until")
        lastError = row.optionalText("last_error")
        createdAt = Instant(milliseconds: row.int("created_at"))
        startedAt = instant("started_at")
        finishedAt = instant("finished_at")
    }
}

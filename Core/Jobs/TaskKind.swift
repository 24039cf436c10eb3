import Common

/// A kind of durable task: its name, and the code that does the work.
///
/// A task is stored in the control plane until it is done, so it survives a crash and an outage. It runs on one host at a time, at least
/// once: a host that dies in the middle leaves it to another host, so the work must be harmless if it is done again.
///
/// ```swift
/// func tasks(_ context: ModuleContext) -> [TaskKind] {
///     [TaskKind("thank", "Thanks the author of an entry.") { task in try await Thanks(task.payload).send(context) }]
/// }
/// ```
public struct TaskKind: Sendable {
    /// The name, unique within the module. The full name of the kind, which administrators see, has the module's name before it:
    /// `guestbook.thank`.
    public let name: String
    /// One sentence that says what tasks of this kind do.
    public let summary: String
    /// After how many failed attempts a task is given up as dead.
    public let maximumAttempts: Int
    /// How long a task waits after a failed attempt.
    public let backoff: Backoff
    /// Does the work of one attempt. Cancelled when the host stops, and when it has lost the lease.
    let run: @Sendable (RunningTask) async throws -> Void

    /// - Parameter run: does the work of one attempt. If it throws, the task runs again later; if it throws `GiveUp`, it doesn't.
    public init(
        _ name: String, _ summary: String, maximumAttempts: Int = 10, backoff: Backoff = Backoff(),
        run: @escaping @Sendable (RunningTask) async throws -> Void
    ) {
        self.name = name
        self.summary = summary
        self.maximumAttempts = maximumAttempts
        self.backoff = backoff
        self.run = run
    }
}

/// An attempt to do a task.
public struct RunningTask: Sendable {
    /// The task's id, a UUID.
    public let id: String
    /// The id of the project that the task is for; nil for none.
    public let project: String?
    /// For whom the task is: whoever made the request that enqueued it, or the module itself. `ModuleContext.work` has that maker's rights.
    public let maker: Maker
    /// What was enqueued.
    public let payload: JSON
    /// The number of this attempt, from 1.
    public let attempt: Int
    /// When the task was first to run, whichever attempt this is. For a task of a schedule, the time in the schedule.
    public let dueAt: Instant

    /// For whom the task is that the current code runs for; nil outside of tasks.
    @TaskLocal @_spi(Host) public static var currentMaker: Maker?
}

/// An error after which a task is dead at once, because another attempt could not succeed.
public struct GiveUp: Error, CustomStringConvertible {
    public let description: String
    public init(_ reason: String) { description = reason }
}

/// How long a task waits after a failed attempt: a random time of at most `baseSeconds`, doubled with each attempt up to `maximumSeconds`.
///
/// Random from zero ("full jitter"), so tasks that failed together don't come back together.
/// - Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
public struct Backoff: Sendable, Equatable {
    public let baseSeconds: Int
    public let maximumSeconds: Int

    public init(baseSeconds: Int = 10, maximumSeconds: Int = 3_600) {
        self.baseSeconds = baseSeconds
        self.maximumSeconds = maximumSeconds
    }

    /// The longest wait in milliseconds after this many failed attempts, from 1.
    func ceiling(after attempts: Int) -> Int64 {
        let doublings = min(max(attempts - 1, 0), 30)
        return min(Int64(maximumSeconds), Int64(baseSeconds) << doublings) * 1_000
    }
}

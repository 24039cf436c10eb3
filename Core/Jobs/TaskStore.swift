import Common
import Coordination
@_spi(Host) import Storage
import Synchronization

/// The durable tasks of an installation, in the control plane. All hosts share them.
///
/// A host takes a task with a lease, renews the lease while it works, and gives it back with the outcome. A lease that has ended is free for
/// any host. Each taking counts the task's `claims`, and only the last taker can finish it.
@_spi(Host) public final class TaskStore: Sendable {
    let control: any ControlStore
    private let coordination: any Coordination
    public let time: any TimeSource
    /// Rings when there may be something to do.
    let alarm = Alarm()
    /// A number in a range, which backoff takes its jitter from.
    private let random: @Sendable (ClosedRange<Int64>) -> Int64
    private let kindsByName = Mutex<[String: TaskKind]>([:])

    /// The channel on which hosts tell each other that there is something to do.
    static let channel = "tasks"

    public init(
        control: any ControlStore, coordination: any Coordination, time: any TimeSource,
        random: @escaping @Sendable (ClosedRange<Int64>) -> Int64 = { .random(in: $0) }
    ) {
        self.control = control
        self.coordination = coordination
        self.time = time
        self.random = random
    }

    /// Adds the kinds of a module of this host. A host takes only tasks of its own kinds: the others are for hosts with other modules.
    public func declare(_ kinds: [TaskKind], of module: String) {
        kindsByName.withLock { all in for kind in kinds { all["\(module).\(kind.name)"] = kind } }
    }

    /// Forgets all kinds, whose code may refer to this store.
    public func close() { kindsByName.withLock { $0 = [:] } }

    /// The full names of this host's kinds, each with the kind.
    public var kinds: [String: TaskKind] { kindsByName.withLock { $0 } }

    /// Wakes the runners of all hosts.
    public func announce() async {
        alarm.ring()
        // A host that doesn't hear this finds the task with its next look.
        try? await coordination.publish(Self.channel, "")
    }

    func changes() -> AsyncStream<CoordinationEvent> { coordination.subscribe(Self.channel) }

    // MARK: Enqueueing

    /// Stores a task in `transaction`, and wakes the runners after it.
    func enqueue(_ task: NewTask, in transaction: any ControlTransaction) async throws -> String {
        let id = try await insert(task, in: transaction)
        transaction.afterCommit { [self] in await announce() }
        return id
    }

    func insert(_ task: NewTask, in transaction: any ControlTransaction) async throws -> String {
        guard kinds[task.kind] != nil else { throw UnknownTaskKind(kind: task.kind) }
        let id = Identifiers.uuid(), now = time.now, at = (task.runAt ?? now).milliseconds
        let waitingKey = task.uniqueKey.map { "\(task.kind) \($0)" }
        let made = try await transaction.whole.run(
            """
            /* tasks.enqueue */ INSERT INTO tasks_queue
              (id, kind, project_id, maker, payload, state, run_at, due_at, attempts, claims, unique_key, waiting_key, order_key, position,
               created_at)
            VALUES (\(id), \(task.kind), \(task.project), \(task.maker.description), \(task.payload), 'waiting', \(at), \(at), 0, 0,
              \(task.uniqueKey), \(waitingKey), \(task.orderKey),
              (SELECT coalesce(max(position), 0) + 1 FROM tasks_queue WHERE order_key = \(task.orderKey ?? "")),
              \(now.milliseconds))
            ON CONFLICT (waiting_key) DO NOTHING RETURNING id
            """)
        guard made.isEmpty else { return id }
        let waiting = try await transaction.whole.run(
            "/* tasks.waiting */ SELECT id FROM tasks_queue WHERE waiting_key = \(waitingKey)")
        return waiting[0].text("id")
    }

    // MARK: Leases

    /// Tasks that a host may take at `now`: due ones, and those whose lease has ended, unless their kind is paused.
    /// - Parameter held: the tasks that the asking host works on.
    private func free(_ held: [String]) -> SQL {
        let isFree: SQL = """
            q.kind IN \(list: kinds.keys.sorted()) AND q.state IN ('waiting', 'running')
            AND NOT q.kind IN (SELECT kind FROM tasks_paused_kinds) AND (q.order_key IS NULL OR NOT EXISTS (
              SELECT 1 FROM tasks_queue b
              WHERE b.order_key = q.order_key AND b.position < q.position AND b.state IN ('waiting', 'running', 'paused')))
            """
        return held.isEmpty ? isFree : "\(isFree) AND NOT q.id IN \(list: held)"
    }

    private static let freeAt: SQL = "CASE WHEN q.state = 'waiting' THEN q.run_at ELSE q.lease_until END"

    /// When a host has something to do next: a task to take, or a schedule's time. Nil if there is nothing. May be in the past.
    /// - Parameter held: the tasks that the asking host works on.
    func next(holding held: [String]) async throws -> Instant? {
        [try await nextTask(holding: held), try await nextTime()].compactMap { $0 }.min()
    }

    func nextTask(holding held: [String]) async throws -> Instant? {
        try await control.read("/* tasks.next */ SELECT min(\(Self.freeAt)) AS at FROM tasks_queue q WHERE \(free(held))")
            .first?["at"].int.map(Instant.init(milliseconds:))
    }

    /// Takes free tasks, those first that have been free the longest.
    /// - Returns: the tasks taken, and those found dead, whose last attempt ended with its host.
    func claim(
        atMost limit: Int, for owner: String, seconds: Int, holding held: [String]
    ) async throws -> (taken: [StoredTask], dead: [StoredTask]) {
        let now = time.now, until = now.adding(seconds: Int64(seconds)).milliseconds, kinds = kinds
        let skipping: SQL = control.dialect == .postgresql ? "FOR UPDATE OF q SKIP LOCKED" : ""
        let due: SQL = """
            /* tasks.due */ SELECT q.id, q.kind, q.attempts, q.lease_until FROM tasks_queue q
            WHERE \(free(held)) AND \(Self.freeAt) <= \(now.milliseconds)
            ORDER BY \(Self.freeAt), q.position, q.id LIMIT \(limit) \(skipping)
            """
        return try await control.write { transaction in
            var taken: [StoredTask] = [], dead: [StoredTask] = []
            for row in try await transaction.run(due) {
                let id = row.text("id"), attempts = Int(row.int("attempts"))
                // exact: kinds are named in our source
                let kind = kinds[row.text("kind")]
                guard row["lease_until"].isNull || attempts < kind?.maximumAttempts ?? 1 else {
                    let reason = "The host stopped or lost its lease during attempt \(attempts)."
                    dead += try await transaction.run(
                        """
                        /* tasks.abandon */ UPDATE tasks_queue SET state = 'dead', owner = NULL, lease_until = NULL, last_error = \(reason),
                          finished_at = \(now.milliseconds) WHERE id = \(id) RETURNING \(StoredTask.columns)
                        """
                    ).map(StoredTask.init)
                    continue
                }
                taken += try await transaction.run(
                    """
                    /* tasks.claim */ UPDATE tasks_queue SET state = 'running', owner = \(owner), lease_until = \(until),
                      attempts = attempts + 1, claims = claims + 1, started_at = \(now.milliseconds), waiting_key = NULL
                    WHERE id = \(id) RETURNING \(StoredTask.columns)
                    """
                ).map(StoredTask.init)
            }
            return (taken, dead)
        }
    }

    /// Renews leases.
    /// - Returns: the ids of the tasks among them whose lease this owner still has.
    func renew(_ held: [(id: String, claims: Int)], of owner: String, seconds: Int) async throws -> Set<String> {
        guard !held.isEmpty else { return [] }
        let until = time.now.adding(seconds: Int64(seconds)).milliseconds
        let rows = try await control.write(
            """
            /* tasks.renew */ UPDATE tasks_queue SET lease_until = \(until)
            WHERE id IN \(list: held.map(\.id)) AND owner = \(owner) AND state = 'running' RETURNING id, claims
            """)
        // exact: ids are UUIDs that we made
        let claims = Dictionary(rows.map { ($0.text("id"), Int($0.int("claims"))) }) { first, _ in first }
        return Set(held.filter { claims[$0.id] == $0.claims }.map(\.id))
    }

    // MARK: Outcomes

    /// How an attempt ended.
    enum Outcome: Sendable, Equatable {
        case done
        /// The attempt failed; the task waits for the next one, or is dead.
        case failed(String)
        /// No attempt can succeed.
        case hopeless(String)
        /// The host stops. The attempt doesn't count.
        case released
    }

    /// Stores how an attempt ended.
    /// - Returns: the task; nil if another host has taken it in the meantime, whose outcome alone counts.
    func finish(_ task: StoredTask, _ outcome: Outcome, for owner: String) async throws -> StoredTask? {
        let now = time.now.milliseconds
        let change: SQL
        switch outcome {
        case .done: change = "state = 'done', finished_at = \(now), last_error = NULL"
        case .released: change = "state = 'waiting', run_at = \(now), attempts = attempts - 1, waiting_key = \(Self.keyIfFree)"
        case .failed(let error):
            let kind = kinds[task.kind]
            if task.attempts >= kind?.maximumAttempts ?? 1 {
                change = "state = 'dead', finished_at = \(now), last_error = \(Self.storable(error))"
            } else {
                let pause = random(0...(kind?.backoff ?? Backoff()).ceiling(after: task.attempts))
                change = """
                    state = 'waiting', run_at = \(now + pause), last_error = \(Self.storable(error)), waiting_key = \(Self.keyIfFree)
                    """
            }
        case .hopeless(let error): change = "state = 'dead', finished_at = \(now), last_error = \(Self.storable(error))"
        }
        let rows = try await control.write(
            """
            /* tasks.finish */ UPDATE tasks_queue SET \(change), owner = NULL, lease_until = NULL
            WHERE id = \(task.id) AND owner = \(owner) AND claims = \(task.claims) AND state = 'running' RETURNING \(StoredTask.columns)
            """)
        return rows.first.map(StoredTask.init)
    }

    /// The unique key of a task that waits again. Nothing if another task with it has been enqueued since: then both run.
    static let keyIfFree: SQL = """
        CASE WHEN NOT EXISTS (SELECT 1 FROM tasks_queue o WHERE o.waiting_key = tasks_queue.kind || ' ' || tasks_queue.unique_key)
          THEN kind || ' ' || unique_key END
        """

    /// The text as the stores take it: without NUL, and not too long.
    private static func storable(_ error: String) -> String { String(error.unicodeScalars.filter { $0.value != 0 }).excerpt(1_000) }
}

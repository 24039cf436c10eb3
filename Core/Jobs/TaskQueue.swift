import Common
import Storage

/// A module's door to the durable tasks: it enqueues tasks of the module's own kinds.
///
/// A task has a maker, and runs with the rights that its maker has then. In a handler, that is whoever made the request; in a task, whoever
/// that task is for; elsewhere, the module itself.
public struct TaskQueue: Sendable {
    private let store: TaskStore
    private let module: String
    private let givenMaker: Maker?

    /// - Parameter maker: for whom the tasks are; nil for whoever the task that enqueues them is for, or else for the module.
    @_spi(Host) public init(_ store: TaskStore, module: String, maker: Maker? = nil) {
        self.store = store
        self.module = module
        givenMaker = maker
    }

    /// The queue for what the module does for itself, even if somebody's request is the reason: upkeep of its own data, which shows nothing
    /// to anybody. Such a task runs even if whoever caused it is gone.
    public var forModule: TaskQueue { TaskQueue(store, module: module, maker: .module) }

    private var maker: Maker { givenMaker ?? RunningTask.currentMaker ?? .module }

    /// Stores a task together with the change that caused it: both or neither are kept.
    ///
    /// The task starts at once if the transaction is one of the module's store.
    /// - Parameters:
    ///   - kind: the name of one of the module's kinds.
    ///   - payload: what the task needs to know, stored as JSON. It must not contain secrets.
    ///   - project: the id of the project that the task is for; nil for none.
    ///   - instant: when to run it; nil for as soon as possible.
    ///   - unique: while a task of this kind with this key and the same maker waits, nothing is enqueued, and the waiting task's id is
    ///     returned.
    ///   - order: the module's tasks with this key run one after the other, in the order in which they were enqueued. A paused task, and one
    ///     that waits for its next attempt, holds those behind it up; a dead one doesn't.
    /// - Returns: the task's id.
    @discardableResult
    public func enqueue(
        _ kind: String, _ payload: Shaped = .emptyObject, for project: String? = nil, at instant: Instant? = nil,
        unique: String? = nil, order: String? = nil, in transaction: any ControlTransaction
    ) async throws -> String {
        let task = try NewTask(
            module: module, kind: kind, payload: payload.text().string, project: project, maker: maker, at: instant,
            unique: unique, order: order)
        return try await store.enqueue(task, in: transaction)
    }

    /// Like `enqueue` with a transaction, but in one of its own. Prefer the other one if a change causes the task.
    @discardableResult
    public func enqueue(
        _ kind: String, _ payload: Shaped = .emptyObject, for project: String? = nil, at instant: Instant? = nil,
        unique: String? = nil, order: String? = nil
    ) async throws -> String {
        let task = try NewTask(
            module: module, kind: kind, payload: payload.text().string, project: project, maker: maker, at: instant,
            unique: unique, order: order)
        let id = try await store.control.write { try await store.insert(task, in: $0) }
        await store.announce()
        return id
    }
}

/// A task to be enqueued.
struct NewTask: Sendable {
    /// The full name of the kind.
    let kind: String
    let payload: String
    let project: String?
    let maker: Maker
    let runAt: Instant?
    let uniqueKey: String?
    let orderKey: String?

    init(
        module: String, kind: String, payload: String, project: String?, maker: Maker, at runAt: Instant?, unique: String?, order: String?
    ) {
        self.kind = "\(module).\(kind)"
        self.payload = payload
        self.project = project
        self.maker = maker
        self.runAt = runAt
        // One maker's task must not run in place of another's, which may show more, or less.
        uniqueKey = unique.map { maker == .module ? $0 : "\($0) for \(maker)" }
        orderKey = order.map { "\(module) \($0)" }
    }

    /// The task of a time of a schedule.
    init(kind: String, payload: String, project: String?, maker: Maker, runAt: Instant, uniqueKey: String, orderKey: String) {
        self.kind = kind
        self.payload = payload
        self.project = project
        self.maker = maker
        self.runAt = runAt
        self.uniqueKey = uniqueKey
        self.orderKey = orderKey
    }
}

/// A task of a kind that no module of this host has: a mistake in the module's source.
struct UnknownTaskKind: Error, CustomStringConvertible {
    let kind: String
    var description: String { "There is no task kind '\(kind)': add it to the module's tasks, or correct the name." }
}

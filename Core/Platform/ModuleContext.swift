@_spi(Host) import Access
import Common
@_spi(Host) import Jobs
import Logging
import Storage

/// What a module's tasks, jobs and services work with: what a handler has from its request.
///
/// ```swift
/// func tasks(_ context: ModuleContext) -> [TaskKind] {
///     [
///         TaskKind("count", "Counts a project's entries.") { task in
///             let call = try await context.work(for: task)
///             let longest = try await LongestEntry.run(call.wholeScope())
///             ...
///         }
///     ]
/// }
/// ```
public struct ModuleContext: Sendable {
    /// The module's name.
    public let module: String
    /// Logs with the module's name.
    public let logger: Logger
    private let gate: Gate
    private let surface: any Surface

    @_spi(Host) public init(_ module: String, gate: Gate, surface: any Surface, logger: Logger) {
        self.module = module
        self.gate = gate
        self.surface = surface
        var logger = logger
        logger[metadataKey: "module"] = "\(module)"
        self.logger = logger
    }

    /// The control plane as the module sees it: its own tables.
    public var store: ModuleStore { gate.services.store(of: module) }
    /// The module's durable tasks. In a task, those that are enqueued are for whoever that task is for.
    public var tasks: TaskQueue { gate.services.tasks(of: module, for: nil) }
    /// The schedules that people make.
    public var schedules: Schedules { gate.services.schedules(of: module, for: nil) }
    /// The clock; tests replace it.
    public var time: any TimeSource { gate.services.time }
    public var now: Instant { time.now }

    /// The projects in which the module is on, oldest first.
    public var projects: [Project] {
        gate.directory.projects.filter { gate.directory.state(of: module, in: $0).isEnabled }
    }

    /// The request with which the module works for a project: scopes, reports, definitions and recording of facts as in a handler. Make one
    /// for each piece of work, because rights change.
    /// - Parameters:
    ///   - project: the project's id.
    ///   - maker: for whom. Nil for whoever the running task is for or, outside of tasks, for the module itself. For what a module has stored
    ///     in its own tables, the maker that it stored there.
    ///   - access: `.write` to record facts or to change definitions.
    ///   - scope: what the maker must be allowed to do.
    /// - Throws: 404 for an unknown project; 403 if the module is off there, or the maker has no rights any more or may not use the module.
    ///   A task that lets the latter pass is dead at once, with that sentence.
    public func work(
        for project: String, as maker: Maker? = nil, _ access: AccessMode = .read, scope: KeyScope = .query
    ) async throws -> ProjectRequest {
        try await gate.work(
            of: module, for: project, as: maker ?? RunningTask.currentMaker ?? .module, access, scope: scope, surface: surface,
            logger: logger)
    }

    /// The request with which a task works for its project and its maker.
    /// - Throws: as `work(for:as:)` does, and `GiveUp` for a task without a project.
    public func work(for task: RunningTask, _ access: AccessMode = .read, scope: KeyScope = .query) async throws -> ProjectRequest {
        guard let project = task.project else { throw GiveUp("The task has no project.") }
        return try await work(for: project, as: task.maker, access, scope: scope)
    }

    /// Collects events for a project without a request, under the same rules as `/api/collect`: the switches of the module and of those that
    /// collect the events, privacy rules, steps, sessions, duplicates, ledger and the project's ingest rate. Events carry the address and user
    /// agent of their visitor themselves.
    ///
    /// ```swift
    /// let outcomes = try await context.collect([IncomingEvent("event", visitor: "ada", fields: fields)], for: project)
    /// ```
    /// - Parameters:
    ///   - project: the project's id.
    ///   - maker: for whom, as in `work`; it needs the scope `ingest`.
    /// - Returns: the outcome of each event, in order. Those that are accepted are on disk.
    /// - Throws: what `work` throws, and what `EventIntake.collect` throws if none of the events was judged.
    public func collect(
        _ events: [IncomingEvent], for project: String, as maker: Maker? = nil, _ options: CollectOptions = []
    ) async throws -> [EventOutcome] {
        let call = try await work(for: project, as: maker, .write, scope: .ingest)
        return try await gate.services.intake.collect(events, for: EventSender(call), options)
    }
}

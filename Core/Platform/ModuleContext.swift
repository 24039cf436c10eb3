@_spi(Host) import Access
import Common
import Jobs
import Logging
import Storage

/// What a module's tasks, jobs and services work with: what a handler has from its request.
///
/// ```swift
/// func tasks(_ context: ModuleContext) -> [TaskKind] {
///     [
///         TaskKind("count", "Counts a project's entries.") { task in
///             let call = try context.work(for: task.project ?? "")
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
    /// The module's durable tasks.
    public var tasks: TaskQueue { gate.services.tasks(of: module) }
    /// The schedules that people make.
    public var schedules: Schedules { gate.services.schedules(of: module) }
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
    ///   - maker: on whose behalf. Save the key of whoever made what runs later: it may not show more than its maker may then.
    ///   - access: `.write` to record facts or to change definitions.
    /// - Throws: 404 for an unknown project; 403 if the module is off there, or the maker may not use it or no longer exists.
    public func work(for project: String, as maker: WorkMaker = .module, _ access: AccessMode = .read) throws -> ProjectRequest {
        try gate.work(of: module, for: project, as: maker, access, surface: surface, logger: logger)
    }
}

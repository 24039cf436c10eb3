@_spi(Host) import Access
@_spi(Host) import Blobs
@_spi(Host) import Common
import Coordination
import Foundation
@_spi(Host) import Jobs
import Logging
@_spi(Host) import Platform
@_spi(Host) import Settings
@_spi(Host) import Storage

/// Access to projects and keys without opening the event store, for commands that work even while a host is running.
///
/// SQLite and PostgreSQL can be used by several processes. The running host notices changes by polling the log of changes every
/// second, or immediately if the host and the command use the same Redis.
struct ControlPlane: Sendable {
    let configuration: HostConfiguration
    let directory: Directory
    let tasks: TaskStore
    /// The actor that the audit log names for changes made by commands.
    static let actor = "command line"

    /// Opens the control store, migrates it if needed, runs `body`, and closes the store.
    /// - Parameters:
    ///   - creating: whether to create a control store if there is none.
    ///   - readsDirectory: whether `body` needs the projects and keys, which takes a second or more where there are very many.
    static func with<Result: Sendable>(
        _ configuration: HostConfiguration, creating: Bool = false, readsDirectory: Bool = true,
        _ body: @Sendable (ControlPlane) async throws -> Result
    ) async throws -> Result {
        do {
            let folder = DataFolder(configuration.storage.dataFolder)
            guard creating || configuration.storage.databaseURL != nil || folder.hasControlStore else {
                throw CommandError(
                    "The data folder \(folder.root) has no data yet; `pulse serve` or `pulse project create` sets it up.")
            }
            try folder.refuseUnfinishedRestore()
            guard configuration.storage.databaseURL != nil || folder.hasControlStore || !folder.hasEventStore else {
                throw CommandError(
                    "There is an event store in \(folder.root), but no control store: a new project would get the number of an old one. "
                        + "Restore a backup, or start `pulse serve`, which prevents that.")
            }
            if configuration.storage.databaseURL == nil, !folder.hasControlStore {
                StandardOutput.complain("This is a new installation; its data folder is \(URL(fileURLWithPath: folder.root).path).")
            }
            let logger = configuration.quietTelemetry.logger("pulse")
            let control = try Engines.control(configuration, maximumConnections: 2, logger: logger)
            let coordination: any Coordination
            do { coordination = try Engines.coordination(configuration, time: SystemTime(), logger: logger) } catch {
                await control.close()
                throw error
            }
            let outcome: Swift.Result<Result, any Error>
            do { outcome = .success(try await run(configuration, control, coordination, readsDirectory, body)) } catch {
                outcome = .failure(error)
            }
            await coordination.close()
            await control.close()
            return try outcome.get()
        } catch let error as CommandError { throw error } catch { throw CommandError(error) }
    }

    private static func run<Result: Sendable>(
        _ configuration: HostConfiguration, _ control: any ControlStore, _ coordination: any Coordination,
        _ readsDirectory: Bool, _ body: @Sendable (ControlPlane) async throws -> Result
    ) async throws -> Result {
        let modules = try ModuleList.current.load(configuration.modules)
        // Leave out the event plane's migrations, because the event store isn't open.
        let history = try ModuleRegistry.history(of: modules).map { ($0.module, $0.migrations.filter { $0.plane == .control }) }
        let blobs = Engines.blobs(configuration, time: SystemTime(), logger: configuration.quietTelemetry.logger("pulse"))
        let work = BlobStore(blobs, control: control, time: SystemTime()).work
        do {
            try await Migrator(control: control, events: NoEventStore(dialect: .duckdb), modules: history, work: work).run()
        } catch {
            await blobs.close()
            throw error
        }
        await blobs.close()
        let directory = Directory(
            control: control, coordination: coordination, time: SystemTime(),
            defaults: ModuleDefaults(modules: modules, settings: configuration.modules))
        if readsDirectory { try await directory.reload() }
        let tasks = TaskStore(control: control, coordination: coordination, time: SystemTime())
        return try await body(ControlPlane(configuration: configuration, directory: directory, tasks: tasks))
    }

    /// Returns the project with this id, or the project with this name if the name is unique.
    func project(_ text: String) throws -> Project {
        let all = directory.projects
        if let project = all.first(where: { $0.id == text.lowercased() }) { return project }
        let named =
            all.filter { $0.name == text }.isEmpty
            ? all.filter { $0.name.lowercased() == text.lowercased() } : all.filter { $0.name == text }
        if named.count == 1 { return named[0] }
        if named.isEmpty {
            let existing =
                all.isEmpty
                ? "There are none yet."
                : "There are: \(all.prefix(10).map { "'\($0.name)'" }.joined(separator: ", "))\(all.count > 10 ? " ..." : "")."
            throw CommandError("There is no project with the name or id '\(text)'. \(existing)")
        }
        throw CommandError(
            "\(named.count) projects are called '\(text)'; use an id instead: \(named.map(\.id).joined(separator: ", ")).")
    }

    /// - Throws: `CommandError` if the name is taken, because commands could then find neither project by name.
    func createProject(name: String, domain: String) async throws -> Project {
        if let twin = directory.projects.first(where: { $0.name.isExactly(name) }) {
            throw CommandError(
                "Project '\(name)' already exists, with domain \(twin.domain) and id \(twin.id). Choose another name, or use that project.")
        }
        return try await directory.createProject(
            name: name, domain: domain, privacy: PrivacyRules(configuration.privacy), by: Self.actor)
    }
}

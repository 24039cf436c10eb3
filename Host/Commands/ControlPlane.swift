import Access
import Common
import Coordination
import Foundation
import Logging
import Platform
import Settings
import Storage

/// Projects and keys without the events: what a command needs that works beside a running host.
///
/// SQLite and PostgreSQL take several processes at once; the host that serves looks at the audit log every two seconds and
/// then knows too (at once where both have the same Redis).
struct ControlPlane: Sendable {
    let configuration: HostConfiguration
    let directory: Directory
    /// Who acts, for the audit log.
    static let actor = "command line"

    /// Opens the control store, brings its schema up to date where that is missing, and closes it after `body`.
    /// - Parameter creating: whether a store is made where there is none.
    static func with<Result: Sendable>(
        _ configuration: HostConfiguration, creating: Bool = false, _ body: @Sendable (ControlPlane) async throws -> Result
    ) async throws -> Result {
        do {
            let folder = DataFolder(configuration.storage.dataFolder)
            guard creating || configuration.storage.databaseURL != nil || folder.hasControlStore else {
                throw CommandError("There is nothing in the data folder \(folder.root) yet; `pulse serve` or `pulse project create` makes it.")
            }
            try folder.refuseUnfinishedRestore()
            guard configuration.storage.databaseURL != nil || folder.hasControlStore || !folder.hasEventStore else {
                throw CommandError(
                    "There is an event store in \(folder.root), and no control store beside it: a new project would get the number of an old one. "
                        + "Restore a backup, or start `pulse serve`, which sees to it.")
            }
            let logger = configuration.quietTelemetry.logger("pulse")
            let control = try Engines.control(configuration, maximumConnections: 2, logger: logger)
            let coordination: any Coordination
            do { coordination = try Engines.coordination(configuration, time: SystemTime(), logger: logger) } catch {
                await control.close()
                throw error
            }
            let outcome: Swift.Result<Result, any Error>
            do { outcome = .success(try await run(configuration, control, coordination, body)) } catch { outcome = .failure(error) }
            await coordination.close()
            await control.close()
            return try outcome.get()
        } catch let error as CommandError { throw error } catch { throw CommandError(error) }
    }

    private static func run<Result: Sendable>(
        _ configuration: HostConfiguration, _ control: any ControlStore, _ coordination: any Coordination,
        _ body: @Sendable (ControlPlane) async throws -> Result
    ) async throws -> Result {
        let modules = try ModuleList.load(configuration.modules)
        // The event plane's history is left out: its store stays closed.
        let history = try ModuleRegistry.history(of: modules).map { ($0.module, $0.migrations.filter { $0.plane == .control }) }
        try await Migrator(control: control, events: NoEventStore(dialect: .duckdb), modules: history).run()
        let directory = Directory(
            control: control, coordination: coordination, time: SystemTime(),
            defaults: ModuleDefaults(modules: modules, settings: configuration.modules))
        try await directory.reload()
        return try await body(ControlPlane(configuration: configuration, directory: directory))
    }

    /// The project with this id or, where just one has it, this name.
    func project(_ text: String) throws -> Project {
        let all = directory.projects
        if let project = all.first(where: { $0.id == text.lowercased() }) { return project }
        let named = all.filter { $0.name == text }.isEmpty ? all.filter { $0.name.lowercased() == text.lowercased() } : all.filter { $0.name == text }
        if named.count == 1 { return named[0] }
        if named.isEmpty {
            let known = all.isEmpty ? "There are none yet." : "There are: \(all.prefix(10).map { "'\($0.name)'" }.joined(separator: ", "))\(all.count > 10 ? " ..." : "")."
            throw CommandError("There is no project with the name or id '\(text)'. \(known)")
        }
        throw CommandError(
            "\(named.count) projects are called '\(text)'; name one by its id: \(named.map(\.id).joined(separator: ", ")).")
    }

    /// - Throws: where a project has the name already: other commands could no longer find either of the two by it.
    func createProject(name: String, domain: String) async throws -> Project {
        if let twin = directory.projects.first(where: { $0.name.isExactly(name) }) {
            throw CommandError("There is a project '\(name)' already, for \(twin.domain); its id is \(twin.id). Choose another name, or use that one.")
        }
        return try await directory.createProject(
            name: name, domain: domain, privacy: PrivacyRules(configuration.privacy), by: Self.actor)
    }
}

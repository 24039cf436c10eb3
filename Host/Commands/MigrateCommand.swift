import ArgumentParser
@_spi(Host) import Blobs
@_spi(Host) import Common
import Foundation
@_spi(Host) import Platform
@_spi(Host) import Settings
import SQLiteEngine
@_spi(Host) import Storage

/// `pulse migrate`: migrates the tables of both planes to this version's schema. `pulse serve` does this automatically. Use this
/// command to see pending migrations first, or to choose when they run.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Migrate the databases to this version's schema.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(name: .long, help: "Show pending migrations with their SQL, and change nothing.")
    var dryRun = false
    @Flag(name: .long, help: "Print JSON.")
    var json = false

    func run() async throws {
        let configuration = try options.load(), modules = try configuration.loadModules()
        let migrations: [Migrator.PendingMigration]
        do {
            if dryRun, configuration.storage.databaseURL == nil, !DataFolder(configuration.storage.dataFolder).hasControlStore {
                // The stores don't exist yet, and a dry run must not create them.
                migrations = try await Migrator(forNoStores: modules).pending()
            } else {
                migrations = try await configuration.withEngines { engines in
                    let migrator = try Migrator(engines, modules)
                    return dryRun ? try await migrator.pending() : try await migrator.run()
                }
            }
        } catch { throw CommandError(error) }
        if json { return try StandardOutput.json(migrations.map(Shown.init)) }
        if migrations.isEmpty { return print("Everything is up to date.") }
        for migration in migrations {
            print("\(migration.id) (\(migration.plane.rawValue))")
            if dryRun { for statement in migration.statements { print("    \(statement);") } }
        }
        print(dryRun ? "\(migrations.count) pending; nothing was changed." : "\(migrations.count) applied.")
    }

    private struct Shown: Encodable {
        let id: String, plane: String, statements: [String]

        init(_ migration: Migrator.PendingMigration) {
            id = migration.id
            plane = migration.plane.rawValue
            statements = migration.statements
        }
    }
}

extension Migrator {
    init(_ engines: Engines, _ modules: [any AnalyticsModule]) throws {
        self.init(engines, modules: try ModuleRegistry.history(of: modules))
    }

    /// A migrator for stores that don't exist yet. It only shows what is pending.
    init(forNoStores modules: [any AnalyticsModule]) throws {
        let control = NoControlStore(dialect: .sqlite)
        self.init(
            control: control, events: NoEventStore(dialect: .duckdb), modules: try ModuleRegistry.history(of: modules),
            work: BlobStore(NoBlobEngine(), control: control, time: SystemTime()).work)
    }

    init(_ engines: Engines, modules: [(module: String, migrations: [Migration])]) {
        let blobs = BlobStore(engines.blobs, control: engines.control, time: SystemTime())
        self.init(control: engines.control, events: engines.events, modules: modules, work: blobs.work)
    }
}

extension ModuleRegistry {
    /// All migrations of a Pulse with these modules, in order.
    static func history(of modules: [any AnalyticsModule]) throws -> [(module: String, migrations: [Migration])] {
        try ModuleRegistry(modules: modules, hostRoutes: []).migrations
    }
}

extension HostConfiguration {
    /// Opens the stores, runs `body`, and closes the stores. For commands that need only the stores.
    /// - Throws: `FolderInUse` while another process is using the data folder.
    func withEngines<Result: Sendable>(_ body: @Sendable (Engines) async throws -> Result) async throws -> Result {
        let engines = try await Engines.open(self, time: SystemTime(), logger: quietTelemetry.logger("pulse"))
        do {
            let result = try await body(engines)
            await engines.close()
            return result
        } catch {
            await engines.close()
            throw error
        }
    }
}

extension DataFolder {
    /// The file of the embedded control store.
    var controlFile: String { path("control.sqlite") }
    /// The file of the embedded event store.
    var eventsFile: String { path("events.duckdb") }
    var hasEventStore: Bool { FileManager.default.fileExists(atPath: eventsFile) }
    var hasControlStore: Bool { FileManager.default.fileExists(atPath: controlFile) }
}

import ArgumentParser
import Common
import Foundation
import Settings

/// `pulse restore FOLDER`: restores a backup, and verifies that the restored data matches the backup.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Restore a backup and verify it. Pulse must not be running.",
        discussion: """
            On PostgreSQL, stop every host of the installation first: this command detects only those that use this data folder.
            """)

    @Argument(help: "The folder of the backup.")
    var folder: String
    @Flag(name: .long, help: "Replace existing data. Files are set aside first; PostgreSQL tables are not.")
    var force = false
    @OptionGroup var options: ConfigurationOptions
    @Flag(name: .long, help: "Print JSON.")
    var json = false

    func run() async throws {
        let configuration = try options.load()
        let restore: Restore, outcome: Restore.Outcome
        do {
            restore = try Restore(from: URL(fileURLWithPath: folder).standardizedFileURL.path, into: configuration)
            outcome = try await restore.run(replacing: force)
        } catch { throw CommandError(error) }
        let manifest = restore.manifest
        if json {
            return try StandardOutput.json(
                Restored(
                    created_at: manifest.createdAt, version: manifest.version,
                    rows: ["control": manifest.control, "events": manifest.events],
                    migrated: outcome.migrated, set_aside: outcome.setAside))
        }
        print(
            """
            Restored the backup from \(manifest.createdAt.iso8601) (Pulse \(manifest.version)).
              \(manifest.files.count) files match their checksums.
              \(manifest.control.tables.count + manifest.events.tables.count) tables have their original number of rows: \
            \(manifest.control.total) of configuration, \(manifest.events.total) of events.
            """)
        if !outcome.migrated.isEmpty { print("  Migrated: \(outcome.migrated.joined(separator: ", ")).") }
        if let aside = outcome.setAside { print("  The previous data is in \(aside); delete it when you no longer need it.") }
    }

    private struct Restored: Encodable {
        let created_at: Instant, version: String, rows: [String: TableCounts], migrated: [String], set_aside: String?
    }
}

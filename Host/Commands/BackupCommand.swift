import ArgumentParser
@_spi(Host) import Common
import Foundation
@_spi(Host) import Ingest
import NIOCore
import NIOHTTP1
@_spi(Host) import Platform
@_spi(Host) import Settings
@_spi(Host) import Storage

/// `pulse backup FOLDER`: backs up the whole installation, even while it is running.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the whole installation into a new folder, even while Pulse is running.",
        discussion: """
            A backup contains neither your configuration file nor the secrets that Pulse generated in the data folder (admin-token,
            cookie-secret). Keep those where you keep your other secrets.
            """)

    @Argument(help: "The folder to create.")
    var folder: String
    @OptionGroup var options: ConfigurationOptions
    @Flag(name: .long, help: "Print JSON.")
    var json = false

    func run() async throws {
        let configuration = try options.load()
        let target = URL(fileURLWithPath: folder).standardizedFileURL.path
        guard !FileManager.default.fileExists(atPath: target) else {
            throw CommandError("\(folder) already exists; a backup needs a new folder.")
        }
        do {
            try FileManager.default.createDirectory(
                atPath: URL(fileURLWithPath: target).deletingLastPathComponent().path, withIntermediateDirectories: true)
            if let host = RunningHost(of: configuration) {
                try await Self.fetch(from: host, to: target)
            } else {
                try await Self.make(configuration, at: target)
            }
            try report(try BackupManifest.read(from: target), at: target)
            if configuration.objects.isBucket, !json {
                print("  It has no blobs, such as source maps: they are in the bucket of objects.url, which has to be backed up by itself.")
            }
        } catch let error as CommandError { throw error } catch { throw CommandError(error) }
    }

    private struct Made: Encodable {
        let path: String, bytes: Int64, files: Int, created_at: Instant, version: String, rows: [String: TableCounts]
    }

    private func report(_ manifest: BackupManifest, at target: String) throws {
        if json {
            return try StandardOutput.json(
                Made(
                    path: target, bytes: manifest.bytes, files: manifest.files.count, created_at: manifest.createdAt,
                    version: manifest.version,
                    rows: ["control": manifest.control, "events": manifest.events]))
        }
        print(
            """
            \(target)
              \(manifest.files.count) files, \(Bytes.text(manifest.bytes)); \(manifest.control.total) rows of configuration, \(manifest.events.total) of events
              To use it: pulse restore \(folder)
            """)
    }

    /// Has the running host make the backup in its data folder, then moves it to `target`.
    private static func fetch(from host: RunningHost, to target: String) async throws {
        // Backing up a large installation takes a long time.
        let reply = try await host.administerPatiently(.POST, "/api/admin/backups", body: "{}", timeout: .hours(12))
        guard reply.status == 201 else {
            throw CommandError("Pulse (process \(host.process)) at \(host.base) could not make a backup: \(reply.message)")
        }
        let made = try reply.json()["path"]?.string ?? ""
        guard FileManager.default.fileExists(atPath: made + "/" + BackupManifest.fileName) else {
            throw CommandError(
                "The backup is at \(made) on the running host's machine or in its container; it can't be reached from here.")
        }
        if rename(made, target) != 0 { try move(made, to: target) }
    }

    /// Moves a backup to another file system: copies it, checks the copy, and removes the original. If the move fails, it removes
    /// both, because otherwise a nightly backup to a full disk would gradually fill the source disk too.
    static func move(_ source: String, to target: String) throws {
        let files = FileManager.default, partial = target + ".partial"
        defer { try? files.removeItem(atPath: source) }
        do {
            // Remove what a killed attempt has left behind.
            if files.fileExists(atPath: partial) { try files.removeItem(atPath: partial) }
            try files.copyItem(atPath: source, toPath: partial)
            try BackupManifest.read(from: partial).checkFiles(in: partial)
            try files.moveItem(atPath: partial, toPath: target)
        } catch {
            try? files.removeItem(atPath: partial)
            throw CommandError("The backup was made, but can't be copied to \(target): \(FileFailure.reason(error)) It has been deleted.")
        }
    }

    /// Makes the backup in this process, when no host is serving.
    private static func make(_ configuration: HostConfiguration, at target: String) async throws {
        let folder = DataFolder(configuration.storage.dataFolder)
        guard configuration.storage.databaseURL != nil || folder.hasControlStore else {
            throw CommandError("There is nothing in the data folder \(folder.root) to back up.")
        }
        let modules = try configuration.loadModules()
        try await configuration.withEngines { engines in
            let isOlder = try await !Migrator(engines, modules).pending().isEmpty
            let backup = Backup(
                engines: engines,
                // After a crash, the journal may hold events that aren't in the store yet. If the tables are from an older version,
                // copy them as they are, because storing the events would require a migration.
                settle: { if !isOlder { try await configuration.catchUp(engines, modules) } },
                time: SystemTime())
            if isOlder {
                StandardOutput.complain(
                    "The data is from an older version of Pulse and is copied unchanged. Events still in the journal are not backed up.")
            }
            _ = try await backup.write(to: target)
        }
    }
}

extension HostConfiguration {
    /// Stores the events that are waiting in the journal.
    fileprivate func catchUp(_ engines: Engines, _ modules: [any AnalyticsModule]) async throws {
        let telemetry = quietTelemetry
        let tables = ModuleRegistry.factTables(of: modules)
        let journal = try Journal(
            folder: DataFolder(storage.dataFolder).path("journal"), heading: SegmentHeading(tables),
            maximumBytes: Int64(storage.journalMaxMB) << 20)
        defer { journal.close() }
        let writer = IngestWriter(
            journal: journal, events: engines.events, tables: tables, unnamed: try ModuleList.tablesBeforeHeadings(modules),
            counters: IngestCounters(metrics: telemetry.metrics), logger: telemetry.logger("pulse"), applied: { _, _ in })
        try await writer.recover()
    }
}

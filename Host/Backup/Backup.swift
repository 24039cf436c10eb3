import Common
import Foundation
import Ingest
import Storage

/// Copies a whole installation into a folder, while it serves.
///
/// Events come first and configuration second, so that the copy of the configuration knows every project that the copy of
/// the facts names. Not in it: the configuration file, and the secrets that Pulse made for itself (`admin-token`), so that
/// a backup opens no door; and the salts of anonymous visitors, which are thrown away after their day.
struct Backup: Sendable {
    let engines: Engines
    /// Returns when everything acknowledged so far is in the event store.
    let settle: @Sendable () async throws -> Void
    let time: any TimeSource

    /// Where each plane's files are, inside the folder of a backup.
    static let controlFolder = "control", eventsFolder = "events"

    /// Makes `folder`, which gets its name when everything in it is on disk.
    /// - Throws: `BackupError` when the folder is there already, or what a store or the disk refused; then nothing is left.
    func write(to folder: String) async throws -> BackupManifest {
        let files = FileManager.default, partial = folder + Self.partialSuffix
        guard !files.fileExists(atPath: folder) else { throw BackupError("\(folder) is there already; a backup takes a new folder.") }
        do {
            if files.fileExists(atPath: partial) { try files.removeItem(atPath: partial) }
            for plane in [Self.eventsFolder, Self.controlFolder] {
                try files.createDirectory(
                    atPath: partial + "/" + plane, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
            let manifest = try await copy(into: partial)
            try manifest.write(to: partial)
            for written in [partial + "/" + Self.eventsFolder, partial + "/" + Self.controlFolder, partial] { Folder.sync(written) }
            try files.moveItem(atPath: partial, toPath: folder)
            Folder.sync(Folder.of(folder))
            return manifest
        } catch {
            try? files.removeItem(atPath: partial)
            throw error
        }
    }

    private func copy(into folder: String) async throws -> BackupManifest {
        let now = time.now
        try await settle()
        let events = try await engines.events.backup(to: folder + "/" + Self.eventsFolder)
        let control = try await engines.control.backup(to: folder + "/" + Self.controlFolder, emptying: [VisitorIdentity.saltTable])
        return BackupManifest(
            format: BackupManifest.currentFormat, version: Version.current, createdAt: now,
            storage: engines.storage, files: try BackupManifest.files(in: folder),
            control: TableCounts(exactly: control), events: TableCounts(exactly: events))
    }

    /// Deletes what backups that were killed have left in `folder`. While none is made there.
    static func removeUnfinished(in folder: String) {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] where name.hasSuffix(Self.partialSuffix) {
            try? files.removeItem(atPath: folder + "/" + name)
        }
    }

    /// No finished backup has a name that ends so.
    static let partialSuffix = ".partial"

    /// `pulse-2026-03-02T12-00-00Z`
    static func name(at instant: Instant) -> String {
        "pulse-" + Instant(seconds: instant.milliseconds / 1_000).iso8601.replacing(":", with: "-")
    }
}

extension Engines {
    var storage: BackupManifest.Storage { control.dialect == .postgresql ? .postgresql : .embedded }
}

@_spi(Host) import Blobs
@_spi(Host) import Common
import Foundation
@_spi(Host) import Ingest
@_spi(Host) import Storage

/// Copies a whole installation into a folder, while it is running.
///
/// The event store is copied before the control store, so the copied control store has every project that the copied facts refer
/// to.
///
/// Blobs are copied where they are files. A bucket is not: back it up with its own service.
///
/// A backup leaves out the configuration file and the secrets that Pulse generated (`admin-token`), so nobody gains access through
/// a backup. It leaves out the salts of anonymous visitors too, because salts must not outlive their day.
struct Backup: Sendable {
    let engines: Engines
    /// Returns when everything acknowledged so far is in the event store.
    let settle: @Sendable () async throws -> Void
    let time: any TimeSource

    /// The subfolders of a backup for the control plane's and the event plane's files.
    static let controlFolder = "control", eventsFolder = "events"
    /// The subfolder for the content of blobs. It is missing if there is none, or if it is in a bucket.
    static let objectsFolder = "objects"

    /// Writes a backup to a new folder, which gets its final name once everything in it is on disk.
    /// - Throws: `BackupError` if the folder exists, or the error of a store or the disk. A failed backup leaves nothing behind.
    func write(to folder: String) async throws -> BackupManifest {
        let files = FileManager.default, partial = folder + Self.partialSuffix
        guard !files.fileExists(atPath: folder) else { throw BackupError("\(folder) already exists; a backup needs a new folder.") }
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
        let control = try await engines.control.backup(
            to: folder + "/" + Self.controlFolder, emptying: [VisitorIdentity.saltTable, BlobStore.unclaimedTable])
        // After the control store, so the content of every blob that has a row is there, unless it was deleted meanwhile.
        if let source = engines.blobs.folder { try ObjectFiles.copy(from: source, to: folder + "/" + Self.objectsFolder) }
        return BackupManifest(
            format: BackupManifest.currentFormat, version: Version.current, createdAt: now,
            storage: engines.storage, files: try BackupManifest.files(in: folder),
            control: TableCounts(exactly: control), events: TableCounts(exactly: events))
    }

    /// Deletes the unfinished backups that killed processes have left in `folder`. Must not run while a backup is being made there.
    static func removeUnfinished(in folder: String) {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] where name.hasSuffix(Self.partialSuffix) {
            try? files.removeItem(atPath: folder + "/" + name)
        }
    }

    /// The suffix of an unfinished backup's name. A finished backup's name never has it.
    static let partialSuffix = ".partial"

    /// The default name of a backup: `pulse-2026-03-02T12-00-00Z`.
    static func name(at instant: Instant) -> String {
        "pulse-" + Instant(seconds: instant.milliseconds / 1_000).iso8601.replacing(":", with: "-")
    }
}

extension Engines {
    var storage: BackupManifest.Storage { control.dialect == .postgresql ? .postgresql : .embedded }
}

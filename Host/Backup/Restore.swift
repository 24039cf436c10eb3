@_spi(Host) import Blobs
@_spi(Host) import Common
import Foundation
import Platform
@_spi(Host) import Settings
@_spi(Host) import Storage

/// Replaces an installation with a backup: checks the files, restores both stores, compares their row counts, and migrates the
/// stores if the backup was made by an older version of Pulse.
struct Restore: Sendable {
    let backup: String
    let manifest: BackupManifest
    let configuration: HostConfiguration
    private let folder: DataFolder

    /// Reads the manifest and checks every file of the backup. Changes nothing.
    /// - Throws: `BackupError`.
    init(from backup: String, into configuration: HostConfiguration) throws {
        self.backup = backup
        self.configuration = configuration
        folder = DataFolder(configuration.storage.dataFolder)
        manifest = try BackupManifest.read(from: backup)
        let wanted: BackupManifest.Storage = configuration.storage.databaseURL == nil ? .embedded : .postgresql
        guard manifest.storage == wanted else {
            throw BackupError("The backup at \(backup) is from \(manifest.storage.words); this configuration uses \(wanted.words).")
        }
        guard !Self.isNewer(manifest.version, than: Version.current) else {
            throw BackupError(
                "The backup at \(backup) was made by Pulse \(manifest.version), which is newer than this one (\(Version.current)).")
        }
        try manifest.checkFiles(in: backup)
    }

    /// The result of a restore.
    struct Outcome: Sendable {
        /// The ids of the migrations that were applied because the backup lacked them.
        let migrated: [String]
        /// The folder with the previous files; nil if there were none.
        let setAside: String?
    }

    /// Restores the backup. If the restore fails, the previous files are moved back. If the process is killed, a mark stays in the
    /// data folder, and Pulse does not start with that folder until a restore finishes.
    /// - Parameter replacing: whether existing data may be replaced. Existing files move into a folder next to the new ones; the
    ///   existing tables in PostgreSQL are lost.
    /// - Throws: `FolderInUse` while a host is running; `BackupError` if there is data that may not be replaced, or if the restored
    ///   data differs from what was backed up.
    func run(replacing: Bool, now: Instant = SystemTime().now) async throws -> Outcome {
        let isAgain = folder.isRestoreUnfinished
        let setAside = try self.setAside(replacing: replacing, now: now)
        do {
            let migrated = try await fill(replacing: replacing)
            try folder.markRestoreFinished()
            return Outcome(migrated: migrated, setAside: setAside)
        } catch let error as FolderInUse {
            // Another process locked the folder first, so the folder's contents now belong to that process.
            throw setAside.map { BackupError("\(error) Its previous data is in \($0).") } ?? error
        } catch {
            try folder.takeBack(setAside)
            if !isAgain { try folder.markRestoreFinished() }
            throw error
        }
    }

    /// Moves the existing files aside. Returns their new folder; nil if there were no files.
    private func setAside(replacing: Bool, now: Instant) throws -> String? {
        let lock = try folder.lock()
        defer { lock.release() }
        guard replacing || folder.dataFiles.isEmpty else {
            throw BackupError(
                "There is data in \(folder.root): \(folder.dataFiles.joined(separator: ", ")). Use a new data folder, or --force to set the data aside."
            )
        }
        let aside = DataFolder.asidePrefix + Backup.name(at: now).dropFirst("pulse-".count)
        // Mark the restore before the first file moves. On repeated attempts, keep the first mark, because it names the folder with
        // the previous data.
        if !folder.isRestoreUnfinished { try folder.markRestoreBegun(aside: folder.dataFiles.isEmpty ? nil : aside) }
        return try folder.setDataAside(in: aside)
    }

    private func fill(replacing: Bool) async throws -> [String] {
        let logger = configuration.quietTelemetry.logger("pulse")
        let engines = try await Engines.open(configuration, isRestoring: true, time: SystemTime(), logger: logger)
        do {
            let migrated = try await fill(engines, replacing: replacing)
            await engines.close()
            return migrated
        } catch {
            await engines.close()
            throw error
        }
    }

    private func fill(_ engines: Engines, replacing: Bool) async throws -> [String] {
        let existing =
            manifest.storage == .embedded ? 0 : try await TableCounts.of(engines.control).total + TableCounts.of(engines.events).total
        guard replacing || existing == 0 else {
            throw BackupError("The database already has \(existing) rows of Pulse data. Use an empty database, or --force to replace them.")
        }
        try await engines.control.restore(from: backup + "/" + Backup.controlFolder)
        try await engines.events.restore(from: backup + "/" + Backup.eventsFolder)
        if let target = engines.blobs.folder { try ObjectFiles.copy(from: backup + "/" + Backup.objectsFolder, to: target) }
        let differences =
            try await TableCounts.of(engines.control).differences(from: manifest.control)
            + TableCounts.of(engines.events).differences(from: manifest.events)
        guard differences.isEmpty else {
            throw BackupError("The restored data differs from the backup: \(differences.joined(separator: "; ")).")
        }
        return try await Migrator(engines, configuration.loadModules()).run().map(\.id)
    }

    /// Whether `version` is a higher version than `other`.
    static func isNewer(_ version: String, than other: String) -> Bool {
        func parts(_ text: String) -> [Int] { text.split(separator: ".").map { Int($0.prefix(while: \.isNumber)) ?? 0 } }
        let left = parts(version), right = parts(other)
        for index in 0..<max(left.count, right.count) {
            let (a, b) = (index < left.count ? left[index] : 0, index < right.count ? right[index] : 0)
            if a != b { return a > b }
        }
        return false
    }
}

extension BackupManifest.Storage {
    fileprivate var words: String { self == .embedded ? "the built-in databases" : "PostgreSQL" }
}

extension DataFolder {
    fileprivate static let asidePrefix = "before-restore-"

    /// The names of the files and folders that a restore replaces. The secrets, the lock and older backups stay in place.
    var dataFiles: [String] {
        let kept: Set = ["lock", Self.restoreMark, Self.adminToken, Self.cookieSecret, "backups"]
        let all = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return all.filter { !kept.contains($0) && !$0.hasPrefix(Self.asidePrefix) }.sorted()
    }

    /// Moves all data into the subfolder `name`. Returns its path; nil if there is no data.
    fileprivate func setDataAside(in name: String) throws -> String? {
        let names = dataFiles
        guard !names.isEmpty else { return nil }
        let aside = path(name)
        try FileManager.default.createDirectory(atPath: aside, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        for name in names { try FileManager.default.moveItem(atPath: path(name), toPath: aside + "/" + name) }
        return aside
    }

    /// Deletes the restored data, and moves the previous data back.
    fileprivate func takeBack(_ aside: String?) throws {
        for name in dataFiles { try FileManager.default.removeItem(atPath: path(name)) }
        guard let aside else { return }
        for name in try FileManager.default.contentsOfDirectory(atPath: aside) {
            try FileManager.default.moveItem(atPath: aside + "/" + name, toPath: path(name))
        }
        try FileManager.default.removeItem(atPath: aside)
    }
}

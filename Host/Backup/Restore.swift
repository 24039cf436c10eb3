import Common
import Foundation
import Platform
import Settings
import Storage

/// Puts a backup in the place of an installation: checks the files, restores both stores, counts their rows, and brings
/// them up to date where the backup is older than this Pulse.
struct Restore: Sendable {
    let backup: String
    let manifest: BackupManifest
    let configuration: HostConfiguration
    private let folder: DataFolder

    /// Reads the manifest and every file of the backup; changes nothing.
    /// - Throws: `BackupError`.
    init(from backup: String, into configuration: HostConfiguration) throws {
        self.backup = backup
        self.configuration = configuration
        folder = DataFolder(configuration.storage.dataFolder)
        manifest = try BackupManifest.read(from: backup)
        let wanted: BackupManifest.Storage = configuration.storage.databaseURL == nil ? .embedded : .postgresql
        guard manifest.storage == wanted else {
            throw BackupError("The backup at \(backup) is of \(manifest.storage.words); this configuration uses \(wanted.words).")
        }
        guard !Self.isNewer(manifest.version, than: Version.current) else {
            throw BackupError("The backup at \(backup) was made by Pulse \(manifest.version), which is newer than this one (\(Version.current)).")
        }
        try manifest.checkFiles(in: backup)
    }

    /// What a restore did.
    struct Outcome: Sendable {
        /// Migrations that the backup lacked.
        let migrated: [String]
        /// Where the files are that were there before; nil where there were none.
        let setAside: String?
    }

    /// - Parameter replacing: whether data that is there may give way. Files go into a folder beside the new ones;
    ///   PostgreSQL's tables are gone afterwards.
    /// - Throws: `FolderInUse` while a host runs; `BackupError` when there is data, or when what was restored is not what
    ///   was backed up. Files that were there are then where they were. A process that is killed meanwhile leaves a mark, with
    ///   which nothing starts on the folder before it was restored again.
    func run(replacing: Bool, now: Instant = SystemTime().now) async throws -> Outcome {
        let isAgain = folder.isRestoreUnfinished
        let setAside = try self.setAside(replacing: replacing, now: now)
        do {
            let migrated = try await fill(replacing: replacing)
            try folder.markRestoreFinished()
            return Outcome(migrated: migrated, setAside: setAside)
        } catch let error as FolderInUse {
            // Somebody was quicker; what is in the folder now is theirs.
            throw setAside.map { BackupError("\(error) What was in it is in \($0).") } ?? error
        } catch {
            try folder.takeBack(setAside)
            if !isAgain { try folder.markRestoreFinished() }
            throw error
        }
    }

    /// Where the files are that were there; nil for none.
    private func setAside(replacing: Bool, now: Instant) throws -> String? {
        let lock = try folder.lock()
        defer { lock.release() }
        guard replacing || folder.dataFiles.isEmpty else {
            throw BackupError(
                "There is data in \(folder.root): \(folder.dataFiles.joined(separator: ", ")). Give a new data folder, or --force to set it aside.")
        }
        let aside = DataFolder.asidePrefix + Backup.name(at: now).dropFirst("pulse-".count)
        // Before the first file moves. The first of several attempts says where the data is.
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
        let existing = manifest.storage == .embedded ? 0 : try await TableCounts.of(engines.control).total + TableCounts.of(engines.events).total
        guard replacing || existing == 0 else {
            throw BackupError("The database holds \(existing) rows of a Pulse already. Give an empty one, or --force to replace them.")
        }
        try await engines.control.restore(from: backup + "/" + Backup.controlFolder)
        try await engines.events.restore(from: backup + "/" + Backup.eventsFolder)
        let differences = try await TableCounts.of(engines.control).differences(from: manifest.control)
            + TableCounts.of(engines.events).differences(from: manifest.events)
        guard differences.isEmpty else {
            throw BackupError("What was restored is not what was backed up: \(differences.joined(separator: "; ")).")
        }
        return try await Migrator(engines.control, engines.events, configuration.loadModules()).run().map(\.id)
    }

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

    /// What a restore would replace; the secrets, the lock and older backups stay where they are.
    var dataFiles: [String] {
        let kept: Set = ["lock", Self.restoreMark, Self.adminToken, Self.cookieSecret, "backups"]
        let all = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return all.filter { !kept.contains($0) && !$0.hasPrefix(Self.asidePrefix) }.sorted()
    }

    /// Moves all data into the folder `name` inside this one. Nil where there is none.
    fileprivate func setDataAside(in name: String) throws -> String? {
        let names = dataFiles
        guard !names.isEmpty else { return nil }
        let aside = path(name)
        try FileManager.default.createDirectory(atPath: aside, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        for name in names { try FileManager.default.moveItem(atPath: path(name), toPath: aside + "/" + name) }
        return aside
    }

    /// Removes what came instead, and moves everything back.
    fileprivate func takeBack(_ aside: String?) throws {
        for name in dataFiles { try FileManager.default.removeItem(atPath: path(name)) }
        guard let aside else { return }
        for name in try FileManager.default.contentsOfDirectory(atPath: aside) {
            try FileManager.default.moveItem(atPath: aside + "/" + name, toPath: path(name))
        }
        try FileManager.default.removeItem(atPath: aside)
    }
}

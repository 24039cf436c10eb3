import Common
import Crypto
import Foundation

/// The list of a backup's contents, so a restore can check that the backup is complete. It is stored as `manifest.json`, next to
/// the stores' files.
struct BackupManifest: Codable, Sendable, Equatable {
    static let currentFormat = "pulse-backup-1"
    static let fileName = "manifest.json"

    /// The kind of engines that can read the backup.
    enum Storage: String, Codable, Sendable { case embedded, postgresql }

    struct File: Codable, Sendable, Equatable {
        /// The file's path, relative to the backup's folder.
        let path: String
        let bytes: Int64
        /// The file's SHA-256 checksum in lower-case hex.
        let sha256: String
    }

    let format: String
    /// The version of Pulse that made the backup.
    let version: String
    let createdAt: Instant
    let storage: Storage
    let files: [File]
    /// The row counts of the control plane's tables and of the event plane's tables.
    let control: TableCounts
    let events: TableCounts

    enum CodingKeys: String, CodingKey {
        case format, version, storage, files, control, events
        case createdAt = "created_at"
    }

    var bytes: Int64 { files.reduce(0) { $0 + $1.bytes } }

    // MARK: Writing and reading

    func write(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let path = folder + "/" + Self.fileName
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
            throw BackupError("\(path) can't be written.")
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.write(contentsOf: try encoder.encode(self))
        try file.synchronize()
    }

    /// - Throws: `BackupError` if there is no backup or this version of Pulse can't read it.
    static func read(from folder: String) throws -> BackupManifest {
        guard let data = FileManager.default.contents(atPath: folder + "/" + fileName) else {
            throw BackupError("There is no backup at \(folder): it has no \(fileName).")
        }
        struct Opening: Decodable { let format: String }
        guard let opening = try? JSONDecoder().decode(Opening.self, from: data) else {
            throw BackupError("\(folder)/\(fileName) is damaged.")
        }
        guard opening.format == currentFormat, let manifest = try? JSONDecoder().decode(BackupManifest.self, from: data) else {
            throw BackupError(
                "The backup at \(folder) has the format '\(opening.format.excerpt(40))'; this version of Pulse reads '\(currentFormat)'.")
        }
        return manifest
    }

    // MARK: Files

    /// All files below `folder` except the manifest, in path order.
    static func files(in folder: String) throws -> [File] {
        let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return try all.sorted().filter { $0 != fileName && Self.isFile(folder + "/" + $0) }.map { path in
            let (bytes, sha256) = try measure(folder + "/" + path)
            return File(path: path, bytes: bytes, sha256: sha256)
        }
    }

    private static func isFile(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
    }

    private static func measure(_ path: String) throws -> (bytes: Int64, sha256: String) {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        var hash = SHA256(), bytes: Int64 = 0
        while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
            hash.update(data: piece)
            bytes += Int64(piece.count)
        }
        return (bytes, Digest.hex(hash.finalize()))
    }

    /// Checks the size and checksum of every file of the backup in `folder`.
    /// - Throws: `BackupError` that lists all missing and damaged files.
    func checkFiles(in folder: String) throws {
        let problems = files.compactMap { file -> String? in
            // Reject paths that could lead out of the folder. Pulse never writes such paths.
            guard !file.path.hasPrefix("/"), !file.path.split(separator: "/").contains("..") else {
                return "\(file.path) is not a valid file name in a backup"
            }
            guard let measured = try? Self.measure(folder + "/" + file.path) else { return "\(file.path) is missing or can't be read" }
            if measured.bytes != file.bytes { return "\(file.path) has \(measured.bytes) bytes instead of \(file.bytes)" }
            return measured.sha256 == file.sha256 ? nil : "\(file.path) is damaged: its SHA-256 has changed since it was written"
        }
        guard problems.isEmpty else {
            throw BackupError("The backup at \(folder) is incomplete or damaged: \(problems.joined(separator: "; ")).")
        }
    }
}

/// A backup can't be made or can't be used.
struct BackupError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

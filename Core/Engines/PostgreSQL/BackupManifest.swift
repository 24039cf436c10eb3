import Foundation

/// The contents of a schema backup: how to re-create each table, and which file holds its rows.
struct BackupManifest: Codable, Equatable {
    static let currentFormat = "pulse-postgresql-1"
    static let fileName = "manifest.json"

    struct Table: Codable, Equatable {
        let name: String
        /// In the order of the values in the table's file.
        let columns: [String]
        /// The `CREATE TABLE` statement with columns and keys.
        let creation: String
        /// Statements that create its partitions.
        let partitions: [String]
        /// Statements that create its indexes and foreign keys, to run after the rows are loaded.
        let completion: [String]
        let file: String
        let rows: Int
    }

    let format: String
    /// When the copy was taken, by the server's clock.
    let takenAt: String
    let tables: [Table]

    /// Reads the manifest of a backup folder.
    /// - Throws: `PostgreSQLError` when it is missing, damaged or of another format.
    static func read(from folder: String) throws -> BackupManifest {
        guard let data = FileManager.default.contents(atPath: folder + "/" + fileName) else {
            throw PostgreSQLError.misuse("there is no backup at \(folder)")
        }
        guard let manifest = try? JSONDecoder().decode(BackupManifest.self, from: data), manifest.format == currentFormat else {
            throw PostgreSQLError.misuse("\(folder)/\(fileName) is damaged, or was written by another version of Pulse")
        }
        return manifest
    }

    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}

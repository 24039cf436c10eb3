import Foundation

/// The contents of a schema backup: how to re-create each table, and which file holds its rows.
struct BackupManifest: Codable, Equatable {
    static let currentFormat = "pulse-postgresql-1"
    static let fileName = "manifest.json"

    struct Table: Codable, Equatable {
        let name: String
        /// The table's columns, in the order of the values in its file.
        let columns: [String]
        /// The `CREATE TABLE` statement, including columns and keys.
        let creation: String
        /// The statements that create the table's partitions.
        let partitions: [String]
        /// The statements that create the table's indexes and foreign keys. They run after the rows are loaded.
        let completion: [String]
        let file: String
        let rows: Int
    }

    let format: String
    /// The time of the copy, by the server's clock.
    let takenAt: String
    let tables: [Table]

    /// Reads the manifest of a backup folder.
    /// - Throws: `PostgreSQLError` if the manifest is missing, damaged or in another format.
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

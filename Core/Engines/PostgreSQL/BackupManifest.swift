import Foundation

/// What a backup of a schema consists of: how each table is made again, and where its rows are.
struct BackupManifest: Codable, Equatable {
    static let currentFormat = "pulse-postgresql-1"
    static let fileName = "manifest.json"

    struct Table: Codable, Equatable {
        let name: String
        /// As they stand in a line of the table's file.
        let columns: [String]
        /// `CREATE TABLE` with its columns and keys.
        let creation: String
        /// Statements that make its partitions.
        let partitions: [String]
        /// Statements that make its indexes and foreign keys, once the rows are there.
        let completion: [String]
        let file: String
        let rows: Int
    }

    let format: String
    /// When the copy was taken, by the server's clock.
    let takenAt: String
    let tables: [Table]

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

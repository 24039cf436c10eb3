import Common
import Foundation
import GRDB
import Storage

extension SQLiteControlStore {
    /// The file's name in the folder of a backup.
    static let backupName = "control.sqlite"

    /// Copies the database as it is at one instant to `control.sqlite` in the folder `path`, while others read and
    /// write. The copy is checked before it gets its name, so that a file of this name is a whole backup.
    @discardableResult
    public func backup(to path: String, emptying emptied: Set<String>) async throws -> [String: Int64] {
        let target = path + "/" + Self.backupName, partial = target + ".partial"
        try? FileManager.default.removeItem(atPath: partial)
        try PrivateFile.create(at: partial)
        do {
            // All pages in one step of SQLite's backup: a reader's snapshot, that writers neither change nor wait for.
            let counts = try await pool.read { source in
                let copy = try DatabaseQueue(path: partial)
                let counts = try copy.writeWithoutTransaction { copy in
                    try source.backup(to: copy)
                    // Overwritten, and not just unlinked.
                    try copy.execute(sql: "PRAGMA secure_delete = ON")
                    for table in emptied where try copy.tableExists(table) { try copy.execute(sql: "DELETE FROM \"\(table)\"") }
                    // One file alone, without a WAL beside it.
                    _ = try String.fetchOne(copy, sql: "PRAGMA journal_mode = DELETE")
                    try Self.check(copy, partial)
                    return try TableRows.count(.sqlite) { try StatementCache().run($0.rendered(for: .sqlite).text, [], in: copy) }
                }
                try copy.close()
                return counts
            }
            try PrivateFile.move(partial, to: target)
            return counts
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw SQLiteError.named(error, "backup to \(target)")
        }
    }

    /// Replaces everything by the backup in the folder `path`. Who reads meanwhile sees either all of the old or all of
    /// the new.
    /// - Throws: `SQLiteError` when there is no backup or it is damaged; then nothing has changed.
    public func restore(from path: String) async throws {
        let file = path + "/" + Self.backupName
        guard FileManager.default.fileExists(atPath: file) else {
            throw SQLiteError.misuse("there is no backup of the configuration database at \(file)")
        }
        try await gate.withPermit {
            try await onWriter { database in
                do {
                    var configuration = Configuration()
                    configuration.readonly = true
                    let source = try DatabaseQueue(path: file, configuration: configuration)
                    try source.read { source in
                        try Self.check(source, file)
                        try source.backup(to: database)
                    }
                    try source.close()
                } catch {
                    throw SQLiteError.named(error, "restore from \(file)")
                }
            }
        }
    }

    private static func check(_ database: Database, _ file: String) throws {
        let answer = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
        guard answer == "ok" else {
            throw SQLiteError(
                code: ResultCode.SQLITE_CORRUPT.rawValue, message: "\(file) is damaged: \(answer)", statement: nil
            )
        }
    }
}

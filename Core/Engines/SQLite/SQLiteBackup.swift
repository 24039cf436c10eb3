import Common
import Foundation
import GRDB
@_spi(Host) import Storage

extension SQLiteControlStore {
    /// The name of the database's file in a backup folder.
    static let backupName = "control.sqlite"

    /// Copies a consistent snapshot of the database to `control.sqlite` in the folder `path`, while others read and write.
    /// The copy is checked before it gets its final name, so a file with that name is always a complete backup.
    /// - Parameter emptied: tables to back up without their rows.
    /// - Returns: the number of rows of each table in the copy.
    @discardableResult
    public func backup(to path: String, emptying emptied: Set<String>) async throws -> [String: Int64] {
        let target = path + "/" + Self.backupName, partial = target + ".partial"
        try? FileManager.default.removeItem(atPath: partial)
        try PrivateFile.create(at: partial)
        do {
            // Copies all pages in one step from a reader's snapshot. Concurrent writers neither change the snapshot nor wait for
            // the copy.
            let counts = try await pool.read { source in
                let copy = try DatabaseQueue(path: partial)
                let counts = try copy.writeWithoutTransaction { copy in
                    try source.backup(to: copy)
                    // Overwrite deleted rows, instead of only unlinking their pages.
                    try copy.execute(sql: "PRAGMA secure_delete = ON")
                    for table in emptied where try copy.tableExists(table) { try copy.execute(sql: "DELETE FROM \"\(table)\"") }
                    // Makes the copy a single file without a WAL.
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

    /// Replaces everything with the backup in the folder `path`. Concurrent readers see either the old state or the new one.
    /// - Throws: `SQLiteError` if there is no backup or it is damaged. In either case nothing has changed.
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
        let answer = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no result"
        guard answer == "ok" else {
            throw SQLiteError(
                code: ResultCode.SQLITE_CORRUPT.rawValue, message: "\(file) is damaged: \(answer)", statement: nil
            )
        }
    }
}

import Foundation
import Storage

/// Backs up a whole schema to a folder of files, and restores it.
///
/// A backup has one file per table, in the text format of COPY, which every later version of PostgreSQL can read. `manifest.json`
/// says how to create the tables. A restored schema has the version it had at the time of the backup. The migrator updates it at
/// the next start.
struct SchemaBackup: Sendable {
    /// The name of the backup's subfolder.
    let name: String

    // MARK: Backup

    /// Writes the backup to a subfolder of `path`. The subfolder gets its final name once all its files are on disk, replacing
    /// an earlier backup.
    /// - Parameters:
    ///   - emptied: tables to back up without their rows.
    ///   - omitted: tables to leave out.
    ///   - hold: holds up those who write while the backup is made, for databases whose machines don't share a snapshot.
    /// - Returns: the number of rows of each table in the backup.
    func write(
        to path: String, from pool: PostgreSQLPool, emptying emptied: Set<String> = [], omitting omitted: Set<String> = [],
        hold: @escaping @Sendable (PostgreSQLSession) throws -> Void = { _ in }
    ) async throws -> [String: Int64] {
        let target = path + "/" + name, partial = target + ".partial"
        let connection = pool.extraConnection()
        defer { connection.stop() }
        return try await connection.perform { session in
            try session.ready()
            do {
                try Self.recreate(partial)
                let tables = try session.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ") {
                    // Before the first statement, which decides what the transaction sees.
                    try hold(session)
                    try session.command("SET TRANSACTION READ ONLY")
                    return try Self.copy(session, to: partial, emptied, omitted)
                }
                try BackupFile.move(partial, to: target)
                return Dictionary(tables.map { ($0.name, Int64($0.rows)) }) { $1 }
            } catch {
                try? FileManager.default.removeItem(atPath: partial)
                throw error
            }
        }
    }

    private static func recreate(_ folder: String) throws {
        if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    private static func copy(
        _ session: PostgreSQLSession, to folder: String, _ emptied: Set<String>, _ omitted: Set<String>
    ) throws -> [BackupManifest.Table] {
        let takenAt = try session.execute("SELECT now() AS now", prepared: false)[0].text("now")
        var tables: [BackupManifest.Table] = []
        for table in try SchemaCatalog(session: session).tables() where !omitted.contains(table.name) {
            let file = try BackupFile(writing: folder + "/" + table.name + ".copy")
            let columns = table.columns.joined(separator: ", ")
            let filter = emptied.contains(table.name) ? " WHERE FALSE" : ""
            let rows = try session.copyOut("COPY (SELECT \(columns) FROM \"\(table.name)\"\(filter)) TO STDOUT") { try file.write($0) }
            try file.finish()
            tables.append(table.with(file: table.name + ".copy", rows: rows))
        }
        let manifest = BackupManifest(format: BackupManifest.currentFormat, takenAt: takenAt, tables: tables)
        let file = try BackupFile(writing: folder + "/" + BackupManifest.fileName)
        try manifest.encoded().withUnsafeBytes { try file.write($0) }
        try file.finish()
        return tables
    }

    // MARK: Restore

    /// Replaces all tables of the schema with those of the backup in `path`, in one transaction.
    /// - Parameters:
    ///   - before: runs before the transaction.
    ///   - begin: runs at the start of the transaction.
    ///   - afterCreation: runs in the transaction, after the tables have been created and before rows are loaded.
    func restore(
        from path: String, into pool: PostgreSQLPool, before: @escaping @Sendable (PostgreSQLSession) throws -> Void = { _ in },
        begin: @escaping @Sendable (PostgreSQLSession) throws -> Void = { _ in },
        afterCreation: @escaping @Sendable (PostgreSQLSession) throws -> Void = { _ in }
    ) async throws {
        let folder = path + "/" + name
        let connection = pool.extraConnection()
        defer { connection.stop() }
        try await connection.perform { session in
            let manifest = try BackupManifest.read(from: folder)
            try session.ready()
            try before(session)
            try session.transaction {
                try begin(session)
                try Self.dropTables(session)
                for table in manifest.tables { try session.execute(table.creation, prepared: false) }
                try afterCreation(session)
                for table in manifest.tables { try Self.fill(table, from: folder, session) }
                for statement in manifest.tables.flatMap(\.completion) { try session.execute(statement, prepared: false) }
            }
            // Without this, PostgreSQL would plan the first reports as if the tables were empty.
            try session.command("ANALYZE")
        }
    }

    private static func dropTables(_ session: PostgreSQLSession) throws {
        let tables = try SchemaCatalog(session: session).tables().map { "\"\($0.name)\"" }
        if !tables.isEmpty { try session.execute("DROP TABLE \(tables.joined(separator: ", "))", prepared: false) }
    }

    private static func fill(_ table: BackupManifest.Table, from folder: String, _ session: PostgreSQLSession) throws {
        for statement in table.partitions { try session.execute(statement, prepared: false) }
        let path = folder + "/" + table.file
        let rows = try session.copyIn("COPY \"\(table.name)\" (\(table.columns.joined(separator: ", "))) FROM STDIN") { send in
            try BackupFile.read(path, send)
        }
        guard rows == table.rows else {
            throw PostgreSQLError.misuse("\(path) is damaged: it holds \(rows) rows instead of \(table.rows)")
        }
    }
}

extension BackupManifest.Table {
    fileprivate func with(file: String, rows: Int) -> Self {
        Self(name: name, columns: columns, creation: creation, partitions: partitions, completion: completion, file: file, rows: rows)
    }
}

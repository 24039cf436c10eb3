import Common
import Foundation
@_spi(Host) import Storage

extension DuckDBEventStore {
    /// The name of the database's file in a backup folder.
    static let backupName = "events.duckdb"

    /// Copies a consistent snapshot of the database to `events.duckdb` in the folder `path`, while others read and write.
    ///
    /// A checkpoint first writes all committed data to the file. Until the next checkpoint, DuckDB doesn't change anything in the
    /// file that this checkpoint refers to, because it must be able to recover from a crash at any time. New commits go to the WAL,
    /// and large ones to free blocks. An open transaction that blocks checkpoints is therefore enough to copy the file safely.
    /// - Returns: the number of rows of each table in the copy.
    @discardableResult
    public func backup(to path: String) async throws -> [String: Int64] {
        try await unavailableWhenBroken {
            let guardian = try await writer.run { [slot, checkpoints] connection in
                try checkpoints.run(on: connection)
                return try CheckpointGuard(slot, checkpoints)
            }
            return try await Self.onThread { [options, slot] in
                defer { guardian.end() }
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                let target = path + "/" + Self.backupName, partial = target + ".partial"
                do {
                    let source = try slot.current { try $0.readingDescriptor(options.path) }
                    try DatabaseFile.copy(source, to: partial)
                    let counts = try DatabaseFile.count(partial)
                    try Files.move(partial, to: target)
                    return counts
                } catch {
                    unlink(partial)
                    throw error
                }
            }
        }
    }

    /// Replaces everything with the backup in the folder `path`. Nothing else may use the store in the meantime.
    /// - Throws: `DuckDBError` if there is no backup or it can't be read. In that case nothing has changed.
    public func restore(from path: String) async throws {
        try await Self.onThread { [self] in
            let source = path + "/" + Self.backupName, partial = options.path + ".restored"
            _ = try DatabaseFile.count(source)
            let descriptor = open(source, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Files.failure("can't read \(source)") }
            defer { Foundation.close(descriptor) }
            do {
                try DatabaseFile.copy(descriptor, to: partial)
                try replace(by: partial)
            } catch {
                unlink(partial)
                throw error
            }
        }
        schemaChanged()
    }

    private func replace(by file: String) throws {
        try pauseAll {
            // Closing the database checkpoints the WAL. Anything left in the WAL belongs to the old file.
            slot.close()
            batches.forget()
            defer { try? slot.open(options) }
            for rest in [".wal", ".wal.checkpoint", ".wal.recovery"] { unlink(options.path + rest) }
            try Files.move(file, to: options.path)
        }
        guard slot.isOpen else { throw ServiceError.eventStoreUnavailable() }
    }
}

/// An open transaction with an uncommitted change. It blocks checkpoints until it ends.
private final class CheckpointGuard: Sendable {
    private let connection: Connection
    private let checkpoints: Checkpoints

    init(_ slot: DatabaseSlot, _ checkpoints: Checkpoints) throws {
        self.checkpoints = checkpoints
        connection = try slot.connect()
        do {
            try connection.execute("BEGIN TRANSACTION")
            try connection.execute("CREATE TABLE pulse_backup_under_way (nothing INTEGER)")
            checkpoints.backupBegins()
        } catch {
            connection.close()
            throw error
        }
    }

    func end() {
        checkpoints.backupEnds()
        try? connection.execute("ROLLBACK")
        connection.close()
    }
}

/// Copies and checks DuckDB's file, which consists of a main header and two alternating database headers of 4 KiB each, and then blocks.
private enum DatabaseFile {
    private static let headerSize = 3 * 4_096

    /// Copies the file up to its current length. Returns when the copy is on disk.
    /// - Throws: `DuckDBError` when a checkpoint changed the file during the copy.
    static func copy(_ source: Int32, to path: String) throws {
        let target = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw Files.failure("can't write \(path)") }
        defer { close(target) }
        let before = try header(source)
        var information = stat()
        guard fstat(source, &information) == 0 else { throw Files.failure("can't read the database file") }
        var offset = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4_096)
        defer { buffer.deallocate() }
        while offset < Int(information.st_size) {
            let count = pread(source, buffer.baseAddress, min(buffer.count, Int(information.st_size) - offset), offset)
            guard count > 0 else { throw Files.failure("can't read the database file") }
            var written = 0
            while written < count {
                let step = pwrite(target, buffer.baseAddress! + written, count - written, offset + written)
                guard step > 0 else { throw Files.failure("can't write \(path)") }
                written += step
            }
            offset += count
        }
        guard fsync(target) == 0 else { throw Files.failure("can't write \(path)") }
        guard try header(source) == before else {
            throw DuckDBError(code: "io", message: "the database file was checkpointed while it was copied")
        }
    }

    private static func header(_ file: Int32) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: headerSize)
        guard pread(file, &bytes, bytes.count, 0) == bytes.count else { throw Files.failure("can't read the database file") }
        return bytes
    }

    /// Opens the file as a separate database, as a restore would, and returns the number of rows of each table.
    static func count(_ path: String) throws -> [String: Int64] {
        let database = try Database(path: path, settings: [("access_mode", "READ_ONLY"), ("threads", "1"), ("memory_limit", "256MB")])
        defer { database.close() }
        let connection = try database.connect()
        defer { connection.close() }
        return try TableRows.count(.duckdb) { try connection.read($0.rendered(for: .duckdb).text, []) }
    }
}

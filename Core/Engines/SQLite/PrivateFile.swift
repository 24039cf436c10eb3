@_spi(Host) import Common
import Foundation
import GRDB

/// Files that hold the installation's secrets, readable only by the user that runs Pulse.
enum PrivateFile {
    /// Creates an empty file and its parent folders, unless they exist. SQLite gives its WAL the same permissions as the file.
    static func create(at path: String) throws {
        try FileManager.default.createDirectory(atPath: Folder.of(path), withIntermediateDirectories: true)
        let file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw failure(.SQLITE_CANTOPEN, "can't open \(path)")
        }
        Foundation.close(file)
    }

    /// Renames `path` to `target` atomically. Returns when the change is on disk.
    static func move(_ path: String, to target: String) throws {
        guard rename(path, target) == 0 else {
            throw failure(.SQLITE_IOERR, "can't write \(target)")
        }
        Folder.sync(Folder.of(target))
    }

    private static func failure(_ code: ResultCode, _ what: String) -> SQLiteError {
        SQLiteError(code: code.rawValue, message: "\(what): \(String(cString: strerror(errno)))", statement: nil)
    }
}

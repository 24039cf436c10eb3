@_spi(Host) import Common
import Foundation

/// File helpers for backups.
enum Files {
    /// Returns the error for a failed system call: `what`, and the reason from `errno`.
    static func failure(_ what: String) -> DuckDBError {
        DuckDBError(code: "io", message: "\(what): \(String(cString: strerror(errno)))")
    }

    /// Renames `path` to `target` atomically. Returns when the change is on disk.
    static func move(_ path: String, to target: String) throws {
        guard rename(path, target) == 0 else { throw failure("can't write \(target)") }
        Folder.sync(Folder.of(target))
    }
}

import Common
import Foundation

/// Files that the engine itself reads and writes, for backups.
enum Files {
    static func failure(_ what: String) -> DuckDBError {
        DuckDBError(code: "io", message: "\(what): \(String(cString: strerror(errno)))")
    }

    /// Gives `path` the name `target` in one step, and waits until that is on disk.
    static func move(_ path: String, to target: String) throws {
        guard rename(path, target) == 0 else { throw failure("can't write \(target)") }
        Folder.sync(Folder.of(target))
    }
}

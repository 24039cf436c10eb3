import Foundation

/// Files that the engine itself reads and writes, for backups.
enum Files {
    static func failure(_ what: String) -> DuckDBError {
        DuckDBError(code: "io", message: "\(what): \(String(cString: strerror(errno)))")
    }

    /// Waits until the folder's entries are on disk.
    static func sync(folder: String) {
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Gives `path` the name `target` in one step.
    static func move(_ path: String, to target: String) throws {
        guard rename(path, target) == 0 else { throw failure("can't write \(target)") }
        sync(folder: URL(fileURLWithPath: target).deletingLastPathComponent().path)
    }
}

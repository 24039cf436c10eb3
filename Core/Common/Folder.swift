import Foundation

/// Operations on folders in the file system.
@_spi(Host) public enum Folder {
    /// Waits until the folder's entries are on disk, so files created, renamed or removed in the folder stay that way after a power
    /// failure. Does nothing if the folder can't be opened or its file system does not support syncing folders.
    public static func sync(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// The folder that contains `path`.
    public static func of(_ path: String) -> String { URL(fileURLWithPath: path).deletingLastPathComponent().path }
}

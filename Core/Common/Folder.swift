import Foundation

public enum Folder {
    /// Waits until the names in the folder are on disk, so that what was made, renamed or removed in it stays so after a power
    /// failure. Where the folder can't be opened or its file system does not do this, nothing happens.
    public static func sync(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// The folder that `path` lies in.
    public static func of(_ path: String) -> String { URL(fileURLWithPath: path).deletingLastPathComponent().path }
}

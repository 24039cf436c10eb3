import Common
import Foundation

/// The mark of a restore that has begun and not ended: with it there may be some of the backup, some of what was there
/// before, or an empty database in place of either.
extension DataFolder {
    static let restoreMark = "restore-unfinished"

    var isRestoreUnfinished: Bool { FileManager.default.fileExists(atPath: path(Self.restoreMark)) }

    /// - Parameter aside: the folder into which goes what was there before; nil where there was nothing.
    func markRestoreBegun(aside: String?) throws {
        let file = path(Self.restoreMark)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FolderError("Can't write \(file): \(String(cString: strerror(errno))).") }
        defer { close(descriptor) }
        let text = aside ?? ""
        guard text.withCString({ write(descriptor, $0, strlen($0)) }) == text.utf8.count, fsync(descriptor) == 0 else {
            throw FolderError("Can't write \(file): \(String(cString: strerror(errno))).")
        }
        Folder.sync(root)
    }

    func markRestoreFinished() throws {
        guard unlink(path(Self.restoreMark)) == 0 || errno == ENOENT else {
            throw FolderError("Can't delete \(path(Self.restoreMark)): \(String(cString: strerror(errno))).")
        }
        Folder.sync(root)
    }

    /// - Throws: `FolderError` that says how to go on, where a restore did not end.
    func refuseUnfinishedRestore() throws {
        guard isRestoreUnfinished else { return }
        let aside = (try? String(contentsOfFile: path(Self.restoreMark), encoding: .utf8)) ?? ""
        let wayBack = aside.isEmpty
            ? "" : " What was there before is in \(path(aside)); to go back to it instead, put its files in the place of those in \(root) and delete \(path(Self.restoreMark))."
        throw FolderError(
            "A restore into the data folder \(root) did not end, so what is there is not whole. Run it again, with pulse restore FOLDER --force, and let it end.\(wayBack)")
    }
}

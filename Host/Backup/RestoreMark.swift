@_spi(Host) import Common
import Foundation

/// The mark of an unfinished restore. While the mark exists, the folder may contain parts of the backup, parts of the previous
/// data, or an empty database instead.
extension DataFolder {
    static let restoreMark = "restore-unfinished"

    var isRestoreUnfinished: Bool { FileManager.default.fileExists(atPath: path(Self.restoreMark)) }

    /// - Parameter aside: the folder into which the previous data is moved; nil if there was none.
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

    /// - Throws: `FolderError` if a restore did not finish. The error says what to do.
    func refuseUnfinishedRestore() throws {
        guard isRestoreUnfinished else { return }
        let aside = (try? String(contentsOfFile: path(Self.restoreMark), encoding: .utf8)) ?? ""
        let wayBack =
            aside.isEmpty
            ? ""
            : " The previous data is in \(path(aside)); to go back to it instead, put its files into \(root) in place of the current ones and delete \(path(Self.restoreMark))."
        throw FolderError(
            "A restore into the data folder \(root) did not finish, so its data is incomplete. Run it again, with pulse restore FOLDER --force, and let it finish.\(wayBack)"
        )
    }
}

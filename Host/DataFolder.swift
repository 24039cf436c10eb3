import Common
import Foundation
import Synchronization

/// The folder of the embedded engines, the journal, and the secrets that Pulse makes for itself.
struct DataFolder: Sendable {
    let root: String

    init(_ root: String) { self.root = root }

    func path(_ name: String) -> String { root + "/" + name }

    /// Makes the folder, readable by its owner alone.
    func create() throws {
        try FileManager.default.createDirectory(
            atPath: root, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Takes the folder for this process: two would write over each other's journal.
    /// - Throws: when another process has it.
    func lock() throws -> FolderLock { try FolderLock(root, file: path("lock")) }

    /// The secret in file `name`, made at the first start and kept.
    func secret(_ name: String, prefix: String) throws -> String {
        let file = path(name)
        if let text = try? String(contentsOfFile: file, encoding: .utf8) {
            let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
            if !secret.isEmpty { return secret }
        }
        let secret = Identifiers.token(prefix: prefix, length: 43)
        // Created with its final rights, so that it is never readable by others, not even for an instant.
        guard FileManager.default.createFile(atPath: file, contents: Data((secret + "\n").utf8), attributes: [.posixPermissions: 0o600])
        else { throw ServiceError.unavailable("data_folder", "Can't write \(file). Is the folder writable?") }
        return secret
    }
}

/// A data folder that is ours until `release`, or until the process is gone, however it went.
final class FolderLock: Sendable {
    private let descriptor: Mutex<Int32>

    fileprivate init(_ folder: String, file: String) throws {
        let opened = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw ServiceError.unavailable("data_folder", "Can't write \(file). Is the folder writable?") }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            close(opened)
            let owner = (try? String(contentsOfFile: file, encoding: .utf8)).flatMap { Int($0) }.map { " (process \($0))" } ?? ""
            throw ServiceError.unavailable(
                "data_folder",
                "The data folder \(folder) is in use by another process of Pulse\(owner). Stop that one first, or give this one a folder of its own with PULSE_DATA.")
        }
        let number = String(getpid())
        ftruncate(opened, 0)
        pwrite(opened, number, number.utf8.count, 0)
        descriptor = Mutex(opened)
    }

    deinit { release() }

    func release() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }
}

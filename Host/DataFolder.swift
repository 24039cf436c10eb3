import Common
import Foundation
import Synchronization

/// The folder of the embedded engines, the journal, and the secrets that Pulse makes for itself.
///
/// Besides what the engines put there: `journal/`, `spill/`, `backups/`, `admin-token`, `cookie-secret` and `lock`.
struct DataFolder: Sendable {
    let root: String

    init(_ root: String) { self.root = root }

    func path(_ name: String) -> String { root + "/" + name }

    /// Makes the folder, readable by its owner alone.
    /// - Throws: `FolderError` that says what is in the way.
    func create() throws { try Self.make(root) }

    private static func make(_ path: String) throws {
        if mkdir(path, 0o700) == 0 { return }
        var isFolder: ObjCBool = false
        if errno == EEXIST, FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue { return }
        let parent = Folder.of(path)
        if errno == ENOENT, parent != path, !FileManager.default.fileExists(atPath: parent) {
            try make(parent)
            if mkdir(path, 0o700) == 0 { return }
        }
        let reason = errno == EEXIST ? "there is a file of this name" : String(cString: strerror(errno))
        throw FolderError("Can't make the data folder \(path): \(reason). Make it, owned by the user that runs Pulse, or set another (PULSE_DATA).")
    }

    /// What Pulse puts there, besides the folders' contents.
    private static let names = ["events.duckdb", "control.sqlite", "journal", "spill", "backups", "before-restore-", adminToken, cookieSecret, lockName]

    /// Takes from others the right to read what is there, which an earlier Pulse, a copy or a backup program may have left them. Touches
    /// nothing that is not Pulse's own, as the folder may be anything.
    func makePrivate() {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: root)) ?? [] where Self.names.contains(where: name.hasPrefix) {
            Self.makePrivate(path(name))
            for inner in (try? files.subpathsOfDirectory(atPath: path(name))) ?? [] { Self.makePrivate(path(name) + "/" + inner) }
        }
    }

    private static func makePrivate(_ path: String) {
        var status = stat()
        // Not what a link leads to.
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFLNK, status.st_mode & 0o077 != 0 else { return }
        chmod(path, status.st_mode & 0o700)
    }

    /// Names of the secrets that Pulse makes when the configuration has none.
    static let adminToken = "admin-token"
    static let cookieSecret = "cookie-secret"

    /// The secret in file `name`; nil where none was made yet, or it can't be read.
    func existingSecret(_ name: String) -> String? {
        let text = try? String(contentsOfFile: path(name), encoding: .utf8)
        return text.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The secret in file `name`, made at the first start and kept.
    func secret(_ name: String, prefix: String) throws -> String {
        let file = path(name)
        if let secret = existingSecret(name) { return secret }
        let secret = Identifiers.token(prefix: prefix, length: 43)
        // Created with its final rights, so that it is never readable by others, not even for an instant.
        guard FileManager.default.createFile(atPath: file, contents: Data((secret + "\n").utf8), attributes: [.posixPermissions: 0o600])
        else { throw ServiceError.unavailable("data_folder", "Can't write \(file). Is the folder writable?") }
        return secret
    }
}

// MARK: One process for each folder

extension DataFolder {
    /// The process that uses a folder.
    struct Holder: Sendable, Equatable {
        /// 0 where the file does not say.
        let process: Int32
        /// Where it answers, `127.0.0.1:8080`; nil for a command, and for a host that is still starting.
        let address: String?
    }

    private static let lockName = "lock"

    /// Makes this process the only one that uses the folder, until the lock is released or the process ends. The folder
    /// is made when it is missing.
    /// - Throws: `FolderInUse` when another process has it.
    func lock() throws -> FolderLock {
        try create()
        let file = path(Self.lockName)
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FolderError("Can't open \(file): \(String(cString: strerror(errno))).") }
        // `holder()` of another process has it for an instant, so look again before believing that it is taken.
        for attempt in 0..<5 {
            if attempt > 0 { usleep(20_000) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return FolderLock(descriptor: descriptor) }
        }
        close(descriptor)
        throw FolderInUse(folder: root, holder: readHolder() ?? Holder(process: 0, address: nil))
    }

    /// Who uses the folder; nil for nobody. Takes nothing and makes nothing.
    func holder() -> Holder? {
        let descriptor = open(path(Self.lockName), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        return readHolder() ?? Holder(process: 0, address: nil)
    }

    private func readHolder() -> Holder? {
        guard let text = try? String(contentsOfFile: path(Self.lockName), encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n")
        guard let process = lines.first.flatMap({ Int32($0) }) else { return nil }
        return Holder(process: process, address: lines.count > 1 ? String(lines[1]) : nil)
    }
}

/// This process's hold on a data folder. The kernel lets go of it when the process ends, however that happens; so a file
/// that was left behind means nothing.
final class FolderLock: Sendable {
    private let descriptor: Mutex<Int32>

    fileprivate init(descriptor: Int32) {
        self.descriptor = Mutex(descriptor)
        write(nil)
    }

    /// Tells commands where this host answers, `127.0.0.1:8080`.
    func announce(_ address: String) { write(address) }

    private func write(_ address: String?) {
        let text = ([String(getpid())] + [address].compactMap(\.self)).joined(separator: "\n") + "\n"
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            ftruncate(descriptor, 0)
            _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        }
    }

    func release() {
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            ftruncate(descriptor, 0)
            close(descriptor)  // lets go of the lock
            descriptor = -1
        }
    }

    deinit { release() }
}

/// Another process uses the data folder.
struct FolderInUse: Error, CustomStringConvertible {
    let folder: String
    let holder: DataFolder.Holder

    var description: String {
        let process = holder.process > 0 ? " (process \(holder.process))" : ""
        return "Another Pulse\(process) uses the data folder \(folder). Stop it first, or give this one a folder of its own (PULSE_DATA)."
    }
}

/// The data folder can't be used.
struct FolderError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

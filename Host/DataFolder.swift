@_spi(Host) import Common
import Foundation
import Synchronization

/// The folder that holds the embedded databases, the journal, and the secrets that Pulse generates.
///
/// Besides the databases' files it contains `journal/`, `spill/`, `backups/`, `objects/`, `admin-token`, `cookie-secret` and `lock`.
struct DataFolder: Sendable {
    let root: String

    init(_ root: String) { self.root = root }

    func path(_ name: String) -> String { root + "/" + name }

    /// Creates the folder, accessible only to its owner.
    /// - Throws: `FolderError` with the reason.
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
        let reason = errno == EEXIST ? "a file with this name exists" : String(cString: strerror(errno))
        throw FolderError(
            "Can't create the data folder \(path): \(reason). Create it, owned by the user that runs Pulse, or use another (PULSE_DATA).")
    }

    /// Name prefixes of the files and folders that Pulse creates.
    private static let names = [
        "events.duckdb", "control.sqlite", "journal", "spill", "backups", objects, "before-restore-", adminToken, cookieSecret, lockName,
    ]

    /// Removes other users' permissions on Pulse's files. An older version of Pulse, a copy or a backup program may have
    /// granted them. Ignores all other files, because the folder may contain anything.
    func makePrivate() {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: root)) ?? [] where Self.names.contains(where: name.hasPrefix) {
            Self.makePrivate(path(name))
            for inner in (try? files.subpathsOfDirectory(atPath: path(name))) ?? [] { Self.makePrivate(path(name) + "/" + inner) }
        }
    }

    private static func makePrivate(_ path: String) {
        var status = stat()
        // Don't follow symbolic links.
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFLNK, status.st_mode & 0o077 != 0 else { return }
        chmod(path, status.st_mode & 0o700)
    }

    /// The folder of the blobs, unless the configuration names another place.
    static let objects = "objects"

    /// The file names of the secrets that Pulse generates if the configuration does not set them.
    static let adminToken = "admin-token"
    static let cookieSecret = "cookie-secret"

    /// The secret in the file `name`; nil if the file doesn't exist yet or can't be read.
    func existingSecret(_ name: String) -> String? {
        let text = try? String(contentsOfFile: path(name), encoding: .utf8)
        return text.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The secret in the file `name`. Generates it on first use.
    func secret(_ name: String, prefix: String) throws -> String {
        let file = path(name)
        if let secret = existingSecret(name) { return secret }
        let secret = Identifiers.token(prefix: prefix, length: 43)
        // The file is created with its final permissions, so other users can't read it even for a moment.
        guard FileManager.default.createFile(atPath: file, contents: Data((secret + "\n").utf8), attributes: [.posixPermissions: 0o600])
        else { throw ServiceError.unavailable("data_folder", "Can't write \(file). Is the folder writable?") }
        return secret
    }
}

// MARK: One process per folder

extension DataFolder {
    /// The process that uses a folder.
    struct Holder: Sendable, Equatable {
        /// The process id; 0 if the lock file does not contain one.
        let process: Int32
        /// The address that the process listens on, such as `127.0.0.1:8080`. Nil for a command, and for a host that is still
        /// starting.
        let address: String?
    }

    private static let lockName = "lock"

    /// Reserves the folder for this process until the lock is released or the process ends. Creates the folder if it is missing.
    /// - Throws: `FolderInUse` when another process is using the folder.
    func lock() throws -> FolderLock {
        try create()
        let file = path(Self.lockName)
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FolderError("Can't open \(file): \(String(cString: strerror(errno))).") }
        // A call to `holder()` in another process holds the lock for a moment, so try again before reporting the folder as in use.
        for attempt in 0..<5 {
            if attempt > 0 { usleep(20_000) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return FolderLock(descriptor: descriptor) }
        }
        close(descriptor)
        throw FolderInUse(folder: root, holder: readHolder() ?? Holder(process: 0, address: nil))
    }

    /// The process that is using the folder; nil if there is none. This call doesn't keep the lock and creates no files.
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

/// This process's lock on a data folder. The kernel releases the lock whenever the process ends, even in a crash. A leftover lock
/// file therefore doesn't mean that the folder is in use.
final class FolderLock: Sendable {
    private let descriptor: Mutex<Int32>

    fileprivate init(descriptor: Int32) {
        self.descriptor = Mutex(descriptor)
        write(nil)
    }

    /// Writes the address that this host listens on, such as `127.0.0.1:8080`, into the lock file, where commands read it.
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
            close(descriptor)  // releases the lock
            descriptor = -1
        }
    }

    deinit { release() }
}

/// Another process is using the data folder.
struct FolderInUse: Error, CustomStringConvertible {
    let folder: String
    let holder: DataFolder.Holder

    var description: String {
        let process = holder.process > 0 ? " (process \(holder.process))" : ""
        return "Another Pulse\(process) is using the data folder \(folder). Stop it first, or give this one its own folder (PULSE_DATA)."
    }
}

/// The data folder can't be used.
struct FolderError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

@_spi(Host) import Common
import Foundation

/// A backup file, readable only by this user and written in large pieces.
final class BackupFile {
    private static let pieceBytes = 1 << 20

    private let path: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []

    init(writing path: String) throws {
        self.path = path
        descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("write", path) }
        buffer.reserveCapacity(Self.pieceBytes * 2)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.pieceBytes { try flush() }
    }

    /// Flushes the buffer. Returns when the file is on disk.
    func finish() throws {
        try flush()
        guard fsync(descriptor) == 0 else { throw Self.failure("write", path) }
    }

    private func flush() throws {
        try buffer.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress!, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Self.failure("write", path) }
                rest = rest.dropFirst(count)
            }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Passes the file's bytes to `receive`, piece by piece.
    static func read(_ path: String, _ receive: (UnsafeRawBufferPointer) throws -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = Foundation.read(descriptor, buffer.baseAddress!, pieceBytes)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return }
            try receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Renames the folder to `target`, replacing an older folder of that name. Returns when the change is on disk.
    static func move(_ folder: String, to target: String) throws {
        let old = target + ".old"
        try? FileManager.default.removeItem(atPath: old)
        let isReplacing = rename(target, old) == 0
        guard rename(folder, target) == 0 else {
            let failure = failure("write", target)
            if isReplacing { rename(old, target) }
            throw failure
        }
        for path in [target, Folder.of(target)] { Folder.sync(path) }
        try? FileManager.default.removeItem(atPath: old)
    }

    private static func failure(_ what: String, _ path: String) -> PostgreSQLError {
        .misuse("can't \(what) \(path): \(String(cString: strerror(errno)))")
    }
}

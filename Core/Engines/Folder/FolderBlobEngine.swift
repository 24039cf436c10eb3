@_spi(Host) import Blobs
@_spi(Host) import Common
import Crypto
import Foundation
import NIOCore

/// Blobs as files in a folder: `<project>/<module>/<id>`.
///
/// A file is written under a temporary name, synced, and renamed, so a name never stands for half a file.
@_spi(Host) public final class FolderBlobEngine: BlobEngine {
    private let root: String
    /// File operations block, so they run on threads of their own.
    private let queue = DispatchQueue(label: "blobs", attributes: .concurrent)

    /// The folder for unfinished files. Its name is no project's.
    private static let unfinished = ".unfinished"

    public init(_ root: String) { self.root = root }

    public var place: String { "the folder \(root)" }
    public var folder: String? { root }

    public func put(_ key: BlobKey, _ content: ByteStream, maximumBytes: Int64) async throws -> StoredContent {
        let temporary = root + "/" + Self.unfinished + "/" + key.id
        let file = try await run { [self] in
            try makeFolder(root + "/" + Self.unfinished)
            return try OpenFile(temporary, O_CREAT | O_EXCL | O_WRONLY)
        }
        do {
            var hash = SHA256(), bytes: Int64 = 0
            while let piece = try await content.next() {
                bytes += Int64(piece.readableBytes)
                guard bytes <= maximumBytes else { throw ServiceError.blobTooLarge(maximumBytes) }
                piece.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
                try await run { try file.write(piece) }
            }
            try await run { [self] in
                try file.sync()
                let folder = root + "/" + key.project + "/" + key.module
                try makeFolder(folder)
                guard rename(temporary, folder + "/" + key.id) == 0 else { throw Failure("rename") }
                Folder.sync(folder)
            }
            return StoredContent(bytes: bytes, sha256: Digest.hex(hash.finalize()))
        } catch {
            unlink(temporary)
            throw error
        }
    }

    public func get(_ key: BlobKey, _ range: Range<Int64>) async throws -> ByteStream? {
        let path = path(of: key)
        guard let file = try await run({ try OpenFile(existing: path) }) else { return nil }
        let reader = FileReader(file, range)
        return ByteStream { [self] in try await run { try reader.next() } }
    }

    public func size(of key: BlobKey) async throws -> Int64? {
        let path = path(of: key)
        return try await run {
            var status = stat()
            if lstat(path, &status) == 0 { return Int64(status.st_size) }
            guard errno == ENOENT || errno == ENOTDIR else { throw Failure("stat") }
            return nil
        }
    }

    public func delete(_ key: BlobKey) async throws {
        let path = path(of: key)
        try await run { guard unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR else { throw Failure("unlink") } }
    }

    public func list(project: String, _ body: @Sendable ([BlobKey]) async throws -> Void) async throws {
        // The name comes from control, but only a key's characters may lead to a folder.
        guard BlobKey(project: project, module: "any", id: "any") != nil else { return }
        for module in try await names(in: "\(root)/\(project)") {
            let keys = try await names(in: "\(root)/\(project)/\(module)").compactMap {
                BlobKey(project: project, module: module, id: $0)
            }
            for start in stride(from: 0, to: keys.count, by: 500) { try await body(Array(keys[start..<min(start + 500, keys.count)])) }
        }
    }

    public func ping() async throws {
        try await run { [self] in
            try makeFolder(root)
            guard access(root, W_OK | X_OK) == 0 else { throw Failure("access") }
        }
    }

    /// Deletes the files of writes that did not end, and are older than a day. Call it at start.
    public func removeUnfinished(now: Instant) {
        let folder = root + "/" + Self.unfinished
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            var status = stat()
            let path = folder + "/" + name
            if lstat(path, &status) == 0, Instant(seconds: Int64(status.st_mtim.tv_sec)) < now.adding(days: -1) { unlink(path) }
        }
    }

    public func close() async {}

    // MARK: Files

    private func path(of key: BlobKey) -> String { root + "/" + key.description }

    private func names(in folder: String) async throws -> [String] {
        try await run {
            guard FileManager.default.fileExists(atPath: folder) else { return [] }
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
        }
    }

    /// Creates the folder and those above it, and syncs the entries.
    private func makeFolder(_ path: String) throws {
        if mkdir(path, 0o700) == 0 { return Folder.sync(Folder.of(path)) }
        if errno == EEXIST { return }
        guard errno == ENOENT, Folder.of(path) != path else { throw Failure("mkdir") }
        try makeFolder(Folder.of(path))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Failure("mkdir") }
        Folder.sync(Folder.of(path))
    }

    private func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                queue.async { continuation.resume(with: Swift.Result { try body() }) }
            }
        } catch is Failure {
            throw ServiceError.blobsUnavailable
        }
    }
}

/// A file operation failed.
private struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ operation: String) { description = "\(operation): \(String(cString: strerror(errno)))" }
}

/// An open file, closed when it is released. Used by one thread at a time.
private final class OpenFile: Sendable {
    let descriptor: Int32

    init(_ path: String, _ flags: Int32) throws {
        descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Failure("open") }
    }

    /// Opens a file for reading. Returns nil if there is none.
    init?(existing path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Failure("open")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func write(_ piece: ByteBuffer) throws {
        try piece.withUnsafeReadableBytes { bytes in
            var written = 0
            while written < bytes.count {
                let step = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
                if step < 0, errno == EINTR { continue }
                guard step > 0 else { throw Failure("write") }
                written += step
            }
        }
    }

    func sync() throws { guard fsync(descriptor) == 0 else { throw Failure("fsync") } }
}

/// Reads a part of a file piece by piece.
///
/// `@unchecked Sendable`: a `ByteStream` is asked for one piece at a time.
private final class FileReader: @unchecked Sendable {
    private static let bytesOfPiece = 128 << 10

    private let file: OpenFile
    private var offset: Int64
    private let end: Int64

    init(_ file: OpenFile, _ range: Range<Int64>) {
        self.file = file
        offset = range.lowerBound
        end = range.upperBound
    }

    func next() throws -> ByteBuffer? {
        guard offset < end else { return nil }
        let wanted = Int(min(Int64(Self.bytesOfPiece), end - offset))
        var failure: Failure?
        let piece = ByteBuffer(
            ByteBufferAllocator().buffer(capacity: wanted),
            filledBy: { space in
                while true {
                    let count = pread(file.descriptor, space.baseAddress, wanted, off_t(offset))
                    if count >= 0 { return count }
                    if errno == EINTR { continue }
                    failure = Failure("read")
                    return 0
                }
            })
        if let failure { throw failure }
        // A file that is shorter than its row says must not look complete.
        guard piece.readableBytes > 0 else { throw Failure("short file") }
        offset += Int64(piece.readableBytes)
        return piece
    }
}

extension ByteBuffer {
    /// The buffer with the bytes that `fill` writes.
    fileprivate init(_ buffer: ByteBuffer, filledBy fill: (UnsafeMutableRawBufferPointer) -> Int) {
        self = buffer
        writeWithUnsafeMutableBytes(minimumWritableBytes: buffer.capacity) { fill($0) }
    }
}

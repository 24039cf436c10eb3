import Common
import Foundation
import Storage

/// The files of a journal's folder: its id, and segments named `<number>.journal`.
enum JournalFiles {
    static let idFile = "id"

    static func path(_ folder: String, _ segment: Int64) -> String {
        let digits = String(segment)
        return folder + "/" + String(repeating: "0", count: max(0, 16 - digits.count)) + digits + ".journal"
    }

    /// Bytes in each segment that is there.
    static func segments(in folder: String) throws -> [Int64: Int64] {
        var found: [Int64: Int64] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".journal") {
            guard let number = Int64(name.dropLast(".journal".count)) else { continue }
            var status = stat()
            guard stat(folder + "/" + name, &status) == 0 else { throw JournalError("can't look at \(name)", errno) }
            found[number] = Int64(status.st_size)
        }
        return found
    }

    /// What stands in the folder's file `idFile`, which its first owner writes.
    static func identity(in descriptor: Int32, isOwner: Bool) throws -> String {
        let known = try read(descriptor, from: 0, count: 100, "the journal's id")
        guard known.isEmpty, isOwner else {
            return String(decoding: known, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        // Synced: were it lost in a power failure, all that is in the journal would be stored a second time.
        let id = Identifiers.uuid()
        try write(Array(id.utf8), to: descriptor, at: 0)
        return id
    }

    /// Opens a segment for writing behind its whole records, and cuts off what a crash tore; makes it when it is missing.
    /// - Throws: when it was no crash: records that are whole lie behind one that is not.
    static func open(_ folder: String, _ segment: Int64) throws -> (descriptor: Int32, bytes: Int64) {
        let path = path(folder, segment)
        let whole = FileManager.default.fileExists(atPath: path) ? try wholeBytes(of: path) : 0
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalError("can't open \(path)", errno) }
        guard ftruncate(descriptor, off_t(whole)) == 0 else {
            defer { Foundation.close(descriptor) }
            throw JournalError("can't shorten \(path)", errno)
        }
        Folder.sync(folder)
        return (descriptor, whole)
    }

    /// The bytes of whole records at the beginning of the newest segment. Behind them is nothing, or what a crash tore.
    private static func wholeBytes(of path: String) throws -> Int64 {
        let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        return try data.withUnsafeBytes { bytes in
            var at = 0
            while let record = Frame.next(in: bytes, at: at), record.isWhole { at = record.end }
            guard !Frame.isDamage(in: bytes, at: at) else { throw JournalError("\(path): the record at byte \(at) is damaged") }
            return Int64(at)
        }
    }

    /// Writes all of it, and returns when it is on disk.
    static func write(_ bytes: [UInt8], to descriptor: Int32, at offset: Int64) throws {
        try bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = pwrite(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + done)
                if count < 0 {
                    if errno == EINTR { continue }
                    throw JournalError("can't write to the journal", errno)
                }
                done += count
            }
        }
        guard fdatasync(descriptor) == 0 else { throw JournalError("can't sync the journal", errno) }
    }

    /// So many bytes of a segment, or fewer where the file ends.
    static func read(_ path: String, from offset: Int64, count: Int) throws -> [UInt8] {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw JournalError("can't open \(path)", errno) }
        defer { Foundation.close(descriptor) }
        return try read(descriptor, from: offset, count: count, path)
    }

    private static func read(_ descriptor: Int32, from offset: Int64, count: Int, _ name: String) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let read = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset) + filled)
                if read < 0 {
                    if errno == EINTR { continue }
                    throw JournalError("can't read \(name)", errno)
                }
                if read == 0 { break }
                filled += read
            }
        }
    }
}

/// For whoever looks at a journal without opening it.
extension Journal {
    /// The id of the journal in `folder`; nil where there is none.
    public static func id(in folder: String) -> String? {
        (try? String(contentsOfFile: folder + "/" + JournalFiles.idFile, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Bytes in the files of `folder` that lie behind `position`, where the event store has come to.
    public static func bytes(in folder: String, behind position: JournalPosition) throws -> Int64 {
        try JournalFiles.segments(in: folder).reduce(0) { sum, segment in
            if segment.key < position.segment { return sum }
            return sum + max(0, segment.value - (segment.key == position.segment ? position.offset : 0))
        }
    }
}

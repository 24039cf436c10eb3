@_spi(Host) import Common
import Foundation
@_spi(Host) import Storage

/// The files in a journal's folder: one with the journal's id, and the segments, named `<number>.journal`.
enum JournalFiles {
    static let idFile = "id"

    /// The file that records where the newest deleted segment ended, as `<segment> <bytes>`. The event store has everything up to that
    /// position.
    static let releasedFile = "released"

    /// The end of the newest deleted segment; nil if none was deleted, or if `releasedFile` is missing or unreadable.
    static func released(in folder: String) -> JournalPosition? {
        guard let text = try? String(contentsOfFile: folder + "/" + releasedFile, encoding: .utf8) else { return nil }
        let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { Int64($0) }
        return numbers.count == 2 ? JournalPosition(segment: numbers[0], offset: numbers[1]) : nil
    }

    /// Returns a sentence about records that were deleted from the journal but are missing in the event store.
    /// - Parameter position: the event store's position; nil if it doesn't know the journal.
    /// - Returns: nil if no records are missing.
    static func forgotten(in folder: String, by position: JournalPosition?) -> String? {
        guard let released = released(in: folder), position ?? .start < released else { return nil }
        guard let position else {
            return "the event store has no record of this journal, but earlier segments were stored and then deleted: the store is new. "
                + "Restore a backup"
        }
        return "the event store is at byte \(position.offset) of segment \(position.segment) of the journal, but later events were stored "
            + "and then deleted from the journal (up to byte \(released.offset) of segment \(released.segment)): the store is an older "
            + "copy. Restore a backup"
    }

    /// Deletes segments, given as sizes in bytes by number, and records where the newest one ended. If the end can't be recorded, the error
    /// is ignored, because the end is only needed to detect a lost or outdated event store.
    static func delete(_ segments: [Int64: Int64], in folder: String) {
        guard let newest = segments.max(by: { $0.key < $1.key }) else { return }
        let file = folder + "/" + releasedFile
        if newest.key >= released(in: folder)?.segment ?? 0 {
            try? Data("\(newest.key) \(newest.value)\n".utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
            chmod(file, 0o600)
        }
        for number in segments.keys { unlink(path(folder, number)) }
    }

    static func path(_ folder: String, _ segment: Int64) -> String {
        let digits = String(segment)
        return folder + "/" + String(repeating: "0", count: max(0, 16 - digits.count)) + digits + ".journal"
    }

    /// The size of each segment in bytes, by number.
    static func segments(in folder: String) throws -> [Int64: Int64] {
        var sizes: [Int64: Int64] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".journal") {
            guard let number = Int64(name.dropLast(".journal".count)) else { continue }
            var status = stat()
            guard stat(folder + "/" + name, &status) == 0 else { throw JournalError("can't get the size of \(name)", errno) }
            sizes[number] = Int64(status.st_size)
        }
        return sizes
    }

    /// The journal's id from `idFile`, which the folder's first owner writes.
    /// - Throws: `JournalError` if the id is missing but records exist. Under a new id all of them would be stored a second time.
    static func identity(in descriptor: Int32, of folder: String, isOwner: Bool) throws -> String {
        let existing = try read(descriptor, from: 0, count: 100, "the journal's id")
        guard existing.isEmpty, isOwner else {
            return String(decoding: existing, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard try segments(in: folder).isEmpty else { throw missingIdentity(folder) }
        // Synced, because if a power failure lost the id, everything in the journal would be stored a second time.
        let id = Identifiers.uuid()
        try write(Array(id.utf8), to: descriptor, at: 0)
        return id
    }

    static func missingIdentity(_ folder: String) -> JournalError {
        JournalError(
            "\(folder)/\(idFile) is empty or missing, but the folder has events: without the id Pulse can't tell which of them are stored. "
                + "Restore the id from a copy of the folder or from the event store (SELECT journal FROM ingest_positions), or "
                + "move the files \(folder)/*.journal away, which loses their events that are not stored yet.")
    }

    /// Invalid bytes that are followed by whole records. A crash doesn't leave the journal like this.
    struct Damage: Sendable, Equatable {
        let start: JournalPosition
        let end: JournalPosition
    }

    static func damaged(_ folder: String, _ position: JournalPosition) -> JournalError {
        damaged(path(folder, position.segment), position.offset)
    }

    static func damaged(_ path: String, _ offset: Int64) -> JournalError {
        JournalError(
            "\(path): the record at byte \(offset) is damaged. Restore an intact copy of the file, or move it out of the folder and "
                + "restart, which loses its events that are not stored yet.")
    }

    /// Opens a segment for appending after its last whole record, and cuts off a record torn by a crash. Creates the segment if missing.
    static func open(_ folder: String, _ segment: Int64) throws -> (descriptor: Int32, bytes: Int64, damage: [Damage]) {
        let path = path(folder, segment)
        let (whole, damage) = FileManager.default.fileExists(atPath: path) ? try examine(path, segment) : (0, [])
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalError("can't open \(path)", errno) }
        guard ftruncate(descriptor, off_t(whole)) == 0 else {
            defer { Foundation.close(descriptor) }
            throw JournalError("can't shorten \(path)", errno)
        }
        Folder.sync(folder)
        return (descriptor, whole, damage)
    }

    /// Where the last whole record of a segment ends, and any damage before that end. Bytes after it were torn by a crash.
    static func examine(_ path: String, _ segment: Int64) throws -> (bytes: Int64, damage: [Damage]) {
        let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        return data.withUnsafeBytes { bytes in
            var at = 0, damage: [Damage] = []
            while true {
                while let record = Frame.next(in: bytes, at: at), record.isWhole { at = record.end }
                guard let next = Frame.startAfterDamage(in: bytes, at: at) else { return (Int64(at), damage) }
                damage.append(
                    Damage(
                        start: JournalPosition(segment: segment, offset: Int64(at)),
                        end: JournalPosition(segment: segment, offset: Int64(next))))
                at = next
            }
        }
    }

    /// Writes all bytes, and returns once they are on disk.
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

    /// Reads `count` bytes of a segment, or fewer at the end of the file.
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

/// Inspects a journal without opening it.
extension Journal {
    /// The id of the journal in `folder`; nil if the folder has no journal.
    /// - Throws: `JournalError` if the id is missing but records exist, or if it can't be read.
    public static func id(in folder: String) throws -> String? {
        let file = folder + "/" + JournalFiles.idFile
        let descriptor = Foundation.open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 || errno == ENOENT else { throw JournalError("can't open \(file)", errno) }
        if descriptor >= 0 {
            defer { Foundation.close(descriptor) }
            let id = try JournalFiles.identity(in: descriptor, of: folder, isOwner: false)
            if !id.isEmpty { return id }
        }
        guard FileManager.default.fileExists(atPath: folder), try !JournalFiles.segments(in: folder).isEmpty else { return nil }
        throw JournalFiles.missingIdentity(folder)
    }

    /// The state of a journal, determined without opening it.
    public struct Examination: Sendable, Equatable {
        /// Bytes that are not stored yet.
        public let backlogBytes: Int64
        /// Sentences about damaged or missing data that was not stored. Such damage prevents the host from starting, or loses events.
        public let problems: [String]
        /// Number of damaged places in data that is already stored.
        public let harmless: Int
    }

    /// Reads all files of the journal in `folder`.
    /// - Parameter position: the event store's position, before which everything is stored; nil if it doesn't know the journal.
    public static func examine(_ folder: String, behind position: JournalPosition?) throws -> Examination {
        let segments = try JournalFiles.segments(in: folder), stored = position ?? .start, newest = segments.keys.max() ?? 0
        var problems: [String] = [], harmless = 0, end = JournalPosition.start
        for number in segments.keys.sorted() {
            let (bytes, damage) = try JournalFiles.examine(JournalFiles.path(folder, number), number)
            harmless += damage.filter { $0.end <= stored }.count
            problems += damage.filter { $0.end > stored }.map { "\(JournalFiles.damaged(folder, $0.start))" }
            // Only the newest segment may end in a torn record.
            end = JournalPosition(segment: number, offset: bytes)
            if number < newest, end >= stored, bytes < segments[number] ?? 0 { problems.append("\(JournalFiles.damaged(folder, end))") }
        }
        if end < stored {
            problems.append(
                "its files end before its stored position: some were lost, and with them the latest acknowledged events "
                    + "that were not stored yet.")
        }
        if let forgotten = JournalFiles.forgotten(in: folder, by: position) { problems.append(forgotten + ".") }
        return Examination(backlogBytes: try bytes(in: folder, behind: stored), problems: problems, harmless: harmless)
    }

    /// Bytes in the files of `folder` after `position`, the event store's position.
    public static func bytes(in folder: String, behind position: JournalPosition) throws -> Int64 {
        try JournalFiles.segments(in: folder).reduce(0) { sum, segment in
            if segment.key < position.segment { return sum }
            return sum + max(0, segment.value - (segment.key == position.segment ? position.offset : 0))
        }
    }
}

import Common
import Foundation
import Storage

/// The files of a journal's folder: its id, and segments named `<number>.journal`.
enum JournalFiles {
    static let idFile = "id"

    /// Where the newest segment ended that was deleted: `<segment> <bytes>`. All of it is in the event store.
    static let releasedFile = "released"

    /// Nil where none was, or nobody knows.
    static func released(in folder: String) -> JournalPosition? {
        guard let text = try? String(contentsOfFile: folder + "/" + releasedFile, encoding: .utf8) else { return nil }
        let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { Int64($0) }
        return numbers.count == 2 ? JournalPosition(segment: numbers[0], offset: numbers[1]) : nil
    }

    /// What the event store, which has come to `position`, has not and the journal has no more: a sentence; nil for nothing.
    static func forgotten(in folder: String, by position: JournalPosition?) -> String? {
        guard let released = released(in: folder), position ?? .start < released else { return nil }
        guard let position else {
            return "the event store knows nothing of this journal, of which earlier segments were stored and deleted: it is a new one. Restore a backup"
        }
        return "the event store has come to byte \(position.offset) of segment \(position.segment) of the journal, and more was stored and deleted (up to byte "
            + "\(released.offset) of segment \(released.segment)): it is an older one. Restore a backup"
    }

    /// Deletes segments, of which the newest held so many bytes. What can't be written down is missed after a disaster only.
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

    /// What the folder's file `idFile` says, which its first owner writes.
    /// - Throws: `JournalError` when it is gone and records are there: under another id all of them would be stored a second time.
    static func identity(in descriptor: Int32, of folder: String, isOwner: Bool) throws -> String {
        let known = try read(descriptor, from: 0, count: 100, "the journal's id")
        guard known.isEmpty, isOwner else {
            return String(decoding: known, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard try segments(in: folder).isEmpty else { throw missingIdentity(folder) }
        // Synced: were it lost in a power failure, all that is in the journal would be stored a second time.
        let id = Identifiers.uuid()
        try write(Array(id.utf8), to: descriptor, at: 0)
        return id
    }

    static func missingIdentity(_ folder: String) -> JournalError {
        JournalError(
            "\(folder)/\(idFile) is empty or missing, and events are there: without it nobody knows which of them are stored. Put it back from a copy of "
                + "the folder (the event store has it, too: SELECT journal FROM ingest_positions), or move the files \(folder)/*.journal away: "
                + "those of their events that were not stored yet are then lost.")
    }

    /// Bytes that are no record, with whole records behind them: no crash leaves such.
    struct Damage: Sendable, Equatable {
        let start: JournalPosition
        let end: JournalPosition
    }

    static func damaged(_ folder: String, _ position: JournalPosition) -> JournalError { damaged(path(folder, position.segment), position.offset) }

    static func damaged(_ path: String, _ offset: Int64) -> JournalError {
        JournalError(
            "\(path): the record at byte \(offset) is damaged. Put back a whole copy of the file, or move it out of the folder and start again: "
                + "those of its events that were not stored yet are then lost.")
    }

    /// Opens a segment for writing behind its whole records, and cuts off what a crash tore; makes it when it is missing.
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

    /// Where the last whole record of a segment ends, and what is damaged before it. Behind it is nothing, or what a crash tore.
    static func examine(_ path: String, _ segment: Int64) throws -> (bytes: Int64, damage: [Damage]) {
        let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        return data.withUnsafeBytes { bytes in
            var at = 0, damage: [Damage] = []
            while true {
                while let record = Frame.next(in: bytes, at: at), record.isWhole { at = record.end }
                guard let next = Frame.startBehindDamage(in: bytes, at: at) else { return (Int64(at), damage) }
                damage.append(Damage(
                    start: JournalPosition(segment: segment, offset: Int64(at)), end: JournalPosition(segment: segment, offset: Int64(next))))
                at = next
            }
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
    /// The id of the journal in `folder`; nil where there is no journal.
    /// - Throws: `JournalError` when the id is gone and records are there, or can't be read.
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

    /// What a journal is like that nobody has opened.
    public struct Examination: Sendable, Equatable {
        /// Bytes that wait to be stored.
        public let backlogBytes: Int64
        /// Sentences about what is damaged or missing and was not stored: with it the host does not start, or events are lost.
        public let problems: [String]
        /// How many places are damaged that were stored before.
        public let harmless: Int
    }

    /// Reads all files of the journal in `folder`, of which the event store has stored what lies before `position`.
    public static func examine(_ folder: String, behind position: JournalPosition?) throws -> Examination {
        let segments = try JournalFiles.segments(in: folder), stored = position ?? .start, newest = segments.keys.max() ?? 0
        var problems: [String] = [], harmless = 0, end = JournalPosition.start
        for number in segments.keys.sorted() {
            let (bytes, damage) = try JournalFiles.examine(JournalFiles.path(folder, number), number)
            harmless += damage.filter { $0.end <= stored }.count
            problems += damage.filter { $0.end > stored }.map { "\(JournalFiles.damaged(folder, $0.start))" }
            // Only the newest may end in a record that a crash tore.
            end = JournalPosition(segment: number, offset: bytes)
            if number < newest, end >= stored, bytes < segments[number] ?? 0 { problems.append("\(JournalFiles.damaged(folder, end))") }
        }
        if end < stored {
            problems.append(
                "its files end before what is stored of it: some were lost, and with them what was acknowledged last and not stored yet.")
        }
        if let forgotten = JournalFiles.forgotten(in: folder, by: position) { problems.append(forgotten + ".") }
        return Examination(backlogBytes: try bytes(in: folder, behind: stored), problems: problems, harmless: harmless)
    }

    /// Bytes in the files of `folder` that lie behind `position`, where the event store has come to.
    public static func bytes(in folder: String, behind position: JournalPosition) throws -> Int64 {
        try JournalFiles.segments(in: folder).reduce(0) { sum, segment in
            if segment.key < position.segment { return sum }
            return sum + max(0, segment.value - (segment.key == position.segment ? position.offset : 0))
        }
    }
}

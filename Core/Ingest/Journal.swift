import CZlib
import Common
import Foundation
import Storage
import Synchronization

/// The append-only file that makes "acknowledged" mean "kept".
///
/// Records are appended in order; one `fdatasync` acknowledges every append that waits (group commit). Readers follow
/// behind: the writer into the event store, and after it the fan-out. Segments are deleted once nobody needs them.
///
/// A segment is `<number>.journal`; a record in it is its length and CRC-32 (both u32, little-endian) and its bytes.
/// After a crash the last segment may end in a torn record: nobody was told that it is kept, so it is cut off.
public final class Journal: Sendable {
    /// Names this journal in the event store, so that each host's position is its own.
    public let id: String
    private let folder: String
    private let segmentBytes: Int64
    private let maximumBytes: Int64
    private let state: Mutex<State>
    /// Writes and syncs, one group at a time.
    private let queue = DispatchQueue(label: "pulse.journal")

    private struct State: ~Copyable {
        /// Bytes that wait for the next group, framed, and who waits for them.
        var pending: [UInt8] = []
        var waiters: [CheckedContinuation<Void, any Error>] = []
        var isWriting = false
        var isClosed = false
        /// The end of what was appended, and of what is on disk.
        var end: JournalPosition
        var committed: JournalPosition
        /// Where the oldest record still needed begins.
        var kept: JournalPosition
        /// Bytes in each segment that is there; the newest is being written.
        var segments: [Int64: Int64]
        var descriptor: Int32
        var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextWatcher = 0
    }

    static let frameBytes = 8

    // MARK: Opening

    /// Opens the journal in `folder`, which is made when it is missing.
    /// - Throws: when the folder can't be used, or a record in the middle is damaged.
    public init(folder: String, maximumBytes: Int64 = 1 << 30, segmentBytes: Int64 = 64 << 20) throws {
        self.folder = folder
        self.maximumBytes = maximumBytes
        self.segmentBytes = segmentBytes
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        id = try Self.identity(in: folder)
        var segments = try Self.segments(in: folder)
        let newest = segments.keys.max() ?? 1
        if segments.isEmpty { segments[newest] = 0 }
        let path = Self.path(folder, newest)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalError("can't open \(path)", errno) }
        let whole = try Self.wholeBytes(of: descriptor, path)
        guard ftruncate(descriptor, off_t(whole)) == 0 else { throw JournalError("can't shorten \(path)", errno) }
        segments[newest] = whole
        Self.syncFolder(folder)
        let end = JournalPosition(segment: newest, offset: whole)
        let oldest = JournalPosition(segment: segments.keys.min() ?? newest, offset: 0)
        state = Mutex(State(end: end, committed: end, kept: oldest, segments: segments, descriptor: descriptor))
    }

    private static func identity(in folder: String) throws -> String {
        let path = folder + "/id"
        if let text = try? String(contentsOfFile: path, encoding: .utf8) { return text.trimmingCharacters(in: .whitespacesAndNewlines) }
        let id = Identifiers.uuid()
        try id.write(toFile: path, atomically: true, encoding: .utf8)
        return id
    }

    private static func segments(in folder: String) throws -> [Int64: Int64] {
        var found: [Int64: Int64] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".journal") {
            guard let number = Int64(name.dropLast(".journal".count)) else { continue }
            var status = stat()
            guard stat(folder + "/" + name, &status) == 0 else { throw JournalError("can't look at \(name)", errno) }
            found[number] = Int64(status.st_size)
        }
        return found
    }

    static func path(_ folder: String, _ segment: Int64) -> String {
        let digits = String(segment)
        return folder + "/" + String(repeating: "0", count: max(0, 16 - digits.count)) + digits + ".journal"
    }

    /// The bytes of whole, undamaged records at the beginning of the newest segment.
    private static func wholeBytes(of descriptor: Int32, _ path: String) throws -> Int64 {
        let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        return data.withUnsafeBytes { bytes in
            var at = 0
            while let record = Frame.next(in: bytes, at: at), record.isWhole { at = record.end }
            return Int64(at)
        }
    }

    private static func syncFolder(_ folder: String) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        Foundation.close(descriptor)
    }

    // MARK: Appending

    /// Appends a record and returns once it is on disk.
    /// - Throws: `ServiceError` 503 when the journal is full or the disk refuses.
    public func append(_ record: [UInt8]) async throws {
        try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
            do { try enqueue(record, waiter) } catch { waiter.resume(throwing: error) }
        }
    }

    /// Appends a record that nobody waits for; it goes to disk with the next group. Dropped when the journal is full.
    public func appendLater(_ record: [UInt8]) { try? enqueue(record, nil) }

    private func enqueue(_ record: [UInt8], _ waiter: CheckedContinuation<Void, any Error>?) throws {
        let starts = try state.withLock { state -> Bool in
            guard !state.isClosed else { throw ServiceError.unavailable("stopping", "The server is stopping. Try again in a moment.") }
            let size = Int64(record.count + Self.frameBytes)
            guard Self.backlog(state) + size <= maximumBytes else {
                throw ServiceError.unavailable(
                    "journal_full", "Events can't be kept at the moment: the journal is full. Try again in 5 seconds.", retryAfterSeconds: 5)
            }
            Frame.append(record, to: &state.pending)
            state.end = JournalPosition(segment: state.end.segment, offset: state.end.offset + size)
            if let waiter { state.waiters.append(waiter) }
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if starts { queue.async { self.writeGroups() } }
    }

    /// Bytes between the oldest record still needed and the end.
    private static func backlog(_ state: borrowing State) -> Int64 {
        var bytes: Int64 = state.end.offset - (state.end.segment == state.kept.segment ? state.kept.offset : 0)
        for (number, size) in state.segments where number < state.end.segment && number >= state.kept.segment {
            bytes += size - (number == state.kept.segment ? state.kept.offset : 0)
        }
        return bytes
    }

    /// Runs on the queue: writes what has gathered, syncs it, tells those who wait, until nothing is left.
    private func writeGroups() {
        while true {
            typealias Group = (bytes: [UInt8], waiters: [CheckedContinuation<Void, any Error>], descriptor: Int32, start: Int64)
            let group: Group? = state.withLock { state in
                guard !state.pending.isEmpty else {
                    state.isWriting = false
                    return nil
                }
                let group = (state.pending, state.waiters, state.descriptor, state.committed.offset)
                state.pending = []
                state.pending.reserveCapacity(group.0.count)
                state.waiters = []
                return group
            }
            guard let group else { return }
            do {
                try Self.write(group.bytes, to: group.descriptor, at: group.start)
                committed(upTo: group.start + Int64(group.bytes.count))
                for waiter in group.waiters { waiter.resume() }
            } catch {
                failed(group.waiters, error, at: group.start)
            }
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, at offset: Int64) throws {
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

    private func committed(upTo offset: Int64) {
        let watchers = state.withLock { state -> [AsyncStream<Void>.Continuation] in
            state.committed = JournalPosition(segment: state.committed.segment, offset: offset)
            state.segments[state.committed.segment] = offset
            if offset >= segmentBytes { startSegment(&state) }
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.yield() }
    }

    private func startSegment(_ state: inout State) {
        let number = state.committed.segment + 1
        let descriptor = open(Self.path(folder, number), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }  // stays with the old segment and tries again at the next group
        Self.syncFolder(folder)
        Foundation.close(state.descriptor)
        state.descriptor = descriptor
        state.segments[number] = 0
        state.committed = JournalPosition(segment: number, offset: 0)
        // What is pending goes to the new segment.
        state.end = JournalPosition(segment: number, offset: Int64(state.pending.count))
    }

    /// A group that did not reach the disk is taken back, with all that was appended behind it.
    private func failed(_ waiters: [CheckedContinuation<Void, any Error>], _ error: any Error, at offset: Int64) {
        let behind = state.withLock { state in
            defer {
                state.pending = []
                state.waiters = []
                state.end = state.committed
            }
            ftruncate(state.descriptor, off_t(offset))
            return state.waiters
        }
        let answer = ServiceError.unavailable(
            "journal_failed", "Events can't be kept at the moment: \(error). Try again in 5 seconds.", retryAfterSeconds: 5)
        for waiter in waiters + behind { waiter.resume(throwing: answer) }
    }

    // MARK: Following

    /// The end of what is on disk.
    public var committedPosition: JournalPosition { state.withLock { $0.committed } }

    /// The beginning of the oldest record that is there.
    public var startPosition: JournalPosition {
        state.withLock { state in JournalPosition(segment: state.segments.keys.min() ?? state.end.segment, offset: 0) }
    }

    /// Bytes that are appended and not released yet.
    public var backlogBytes: Int64 { state.withLock { Self.backlog($0) } }
    public var capacityBytes: Int64 { maximumBytes }

    /// Ticks after records have reached the disk; ticks that nobody took yet count as one.
    public func commits() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = continuation
            return state.nextWatcher
        }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { _ = $0.watchers.removeValue(forKey: number) } }
        continuation.yield()
        return stream
    }

    /// Whole records from `position` on, about `maximumBytes` of them (at least one), and the position after them.
    public func read(from position: JournalPosition, maximumBytes: Int) throws -> (records: [ArraySlice<UInt8>], next: JournalPosition) {
        let (start, available) = state.withLock { state -> (JournalPosition, Int64) in
            var start = position
            // At the end of a segment that is finished the next record is in the one after.
            while start.segment < state.committed.segment, start.offset >= state.segments[start.segment] ?? 0 {
                start = JournalPosition(segment: start.segment + 1, offset: 0)
            }
            return (start, (state.segments[start.segment] ?? 0) - start.offset)
        }
        guard available > 0 else { return ([], start) }
        var bytes = try pread(start, Int(min(available, Int64(maximumBytes))))
        var (records, used) = try Frame.split(bytes, Self.path(folder, start.segment), start.offset)
        if records.isEmpty {
            // One record larger than the piece: its frame tells how large.
            bytes = try pread(start, Int(min(available, Int64(Frame.length(of: bytes) + Self.frameBytes))))
            (records, used) = try Frame.split(bytes, Self.path(folder, start.segment), start.offset)
        }
        return (records, JournalPosition(segment: start.segment, offset: start.offset + Int64(used)))
    }

    private func pread(_ start: JournalPosition, _ count: Int) throws -> [UInt8] {
        let path = Self.path(folder, start.segment)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw JournalError("can't open \(path)", errno) }
        defer { Foundation.close(descriptor) }
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let read = Foundation.pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(start.offset) + filled)
                if read < 0 {
                    if errno == EINTR { continue }
                    throw JournalError("can't read \(path)", errno)
                }
                if read == 0 { break }
                filled += read
            }
        }
    }

    /// Says that nothing before `position` is needed any more; whole segments before it are deleted.
    public func release(before position: JournalPosition) {
        let gone = state.withLock { state -> [Int64] in
            state.kept = max(state.kept, position)
            let gone = state.segments.keys.filter { $0 < position.segment && $0 < state.end.segment }
            for number in gone { state.segments[number] = nil }
            return gone
        }
        for number in gone { unlink(Self.path(folder, number)) }
    }

    /// Refuses further appends, waits for those under way, and closes the file.
    public func close() {
        state.withLock { $0.isClosed = true }
        queue.sync {}
        state.withLock { state in
            if state.descriptor >= 0 { Foundation.close(state.descriptor) }
            state.descriptor = -1
            for watcher in state.watchers.values { watcher.finish() }
            state.watchers = [:]
        }
    }
}

/// A failed operation on the journal's files.
public struct JournalError: Error, CustomStringConvertible {
    public let description: String

    init(_ what: String, _ code: Int32) { description = "\(what): \(String(cString: strerror(code)))" }
    init(_ what: String) { description = what }
}

/// A record's frame: length and checksum before the bytes.
enum Frame {
    static func append(_ record: [UInt8], to buffer: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(record.count).littleEndian) { buffer.append(contentsOf: $0) }
        withUnsafeBytes(of: record.withUnsafeBytes(checksum).littleEndian) { buffer.append(contentsOf: $0) }
        buffer.append(contentsOf: record)
    }

    struct Found {
        let start: Int
        let end: Int
        let isWhole: Bool
    }

    /// The record whose frame begins at `at`; nil where no frame fits.
    static func next(in bytes: UnsafeRawBufferPointer, at: Int) -> Found? {
        guard at + Journal.frameBytes <= bytes.count else { return nil }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
        let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self))
        let start = at + Journal.frameBytes, end = start + length
        guard length > 0, end <= bytes.count else { return nil }
        return Found(start: start, end: end, isWhole: checksum(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) == sum)
    }

    /// The whole records at the beginning of `bytes`, and how many bytes they take.
    static func split(_ bytes: [UInt8], _ path: String, _ offset: Int64) throws -> (records: [ArraySlice<UInt8>], used: Int) {
        var records: [ArraySlice<UInt8>] = [], at = 0
        try bytes.withUnsafeBytes { buffer in
            while let record = next(in: buffer, at: at) {
                guard record.isWhole else { throw JournalError("\(path): the record at byte \(offset + Int64(at)) is damaged") }
                records.append(bytes[record.start..<record.end])
                at = record.end
            }
        }
        return (records, at)
    }

    static func length(of bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { $0.count >= 4 ? Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))) : 0 }
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32(0, bytes.bindMemory(to: UInt8.self).baseAddress, uInt(bytes.count)))
    }
}

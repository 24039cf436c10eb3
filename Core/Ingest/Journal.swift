@_spi(Host) import Common
import Foundation
@_spi(Host) import Storage
import Synchronization

/// An append-only log on disk. An event is acknowledged only once it is in the journal, so an acknowledged event is never lost.
///
/// Records are appended in order; one `fdatasync` acknowledges all waiting appends (group commit). The writer reads the records, applies
/// them to the event store, and then passes them to the fan-out. A segment is deleted once none of its records is needed.
///
/// Each segment is a file `<number>.journal`. In it, a record is its length and CRC-32 (both u32, little-endian), then its bytes. The first
/// record is a `SegmentHeading`. After a crash the last segment may end in a torn record. That record was never acknowledged, so it is cut
/// off.
@_spi(Host) public final class Journal: Sendable {
    /// Identifies this journal in the event store, so each host has its own position.
    public let id: String
    /// Whether this process owns the folder. Only one process at a time may, because two would overwrite each other's records. To any other
    /// process, such as a command run next to a host, the journal looks empty and rejects appends.
    public let isOwner: Bool
    private let lock: Int32
    private let folder: String
    private let segmentBytes: Int64
    private let maximumBytes: Int64
    /// The heading of the segments that this process writes, in its frame. It is written together with a segment's first group, so an
    /// unused segment is an empty file.
    private let heading: [UInt8]
    private let state: Mutex<State>
    /// Writes and syncs, one group at a time.
    private let queue = DispatchQueue(label: "pulse.journal")

    private struct State: ~Copyable {
        /// Framed records for the next group, and what to call once they are on disk.
        var pending: [UInt8] = []
        var waiters: [Waiter] = []
        var isWriting = false
        var isClosed = false
        var isLockHeld = true
        /// The end of the appended records, and the end of those on disk.
        var end: JournalPosition
        var committed: JournalPosition
        /// Where the oldest record that the event store still needs begins.
        var kept: JournalPosition
        /// Where the oldest record that each follower still needs begins.
        var holds: [String: JournalPosition] = [:]
        /// The size of each segment in bytes; the newest is being written.
        var segments: [Int64: Int64]
        /// The end of the last record on disk, which may be in a segment before the newest.
        var lastRecordEnd: JournalPosition
        /// The segment whose heading was read last, with the heading's length in its frame; 0 if the segment has none.
        var readHeading: (segment: Int64, heading: SegmentHeading?, length: Int64)?
        /// Damage found in the newest segment when it was opened.
        var damage: [JournalFiles.Damage] = []
        var descriptor: Int32
        /// Whether to start a new segment before the next group, even if the current one has room.
        var wantsSegment = false
        /// Why the last group did not reach the disk; nil when it did.
        var failure: String?
        var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextWatcher = 0
    }

    /// Called when a record is on disk, with the end of the group that contained it, or when it is lost. It delays all other appends,
    /// so it must be quick.
    public typealias Waiter = @Sendable (Result<JournalPosition, any Error>) -> Void

    /// Minimum time from the start of one sync to the next while several appends wait: a sync costs 0.14 ms of CPU time
    /// whether it covers one event or fifty.
    private static let syncPause = Duration.milliseconds(1)

    // MARK: Opening

    /// Opens the journal in `folder`, creating the folder when it is missing.
    /// - Parameters:
    ///   - heading: what the table numbers in the appended rows mean; nil if the records have no rows.
    ///   - maximumBytes: the largest backlog; further appends are rejected.
    ///   - segmentBytes: the size at which a new segment is started.
    /// - Throws: if the folder can't be used, or the id is missing but records exist.
    public init(
        folder: String, heading: SegmentHeading? = nil, maximumBytes: Int64 = 1 << 30, segmentBytes: Int64 = 64 << 20
    ) throws {
        self.folder = folder
        self.heading = heading.map { Frame.framed($0.record) } ?? []
        self.maximumBytes = maximumBytes
        self.segmentBytes = segmentBytes
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        lock = Foundation.open(folder + "/" + JournalFiles.idFile, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw JournalError("can't open \(folder)/\(JournalFiles.idFile)", errno) }
        isOwner = flock(lock, LOCK_EX | LOCK_NB) == 0
        do {
            id = try JournalFiles.identity(in: lock, of: folder, isOwner: isOwner)
            state = Mutex(
                isOwner
                    ? try Self.open(folder)
                    : State(end: .start, committed: .start, kept: .start, segments: [:], lastRecordEnd: .start, descriptor: -1))
        } catch {
            Foundation.close(lock)
            throw error
        }
        if isOwner, let heading { try beginSegment(unlessHeaded: heading) }
    }

    /// Starts a new segment if the newest one has records whose table numbers mean something else.
    private func beginSegment(unlessHeaded heading: SegmentHeading) throws {
        try state.withLock { state in
            guard state.committed.offset > 0, try self.heading(of: state.committed.segment, &state).heading != heading else { return }
            guard startSegment(state.committed.segment + 1, &state) else {
                throw JournalError("can't start a new segment in \(folder)", errno)
            }
        }
    }

    deinit { closeFiles() }

    private static func open(_ folder: String) throws -> State {
        var segments = try JournalFiles.segments(in: folder)
        let newest = segments.keys.max() ?? 1
        let (descriptor, bytes, damage) = try JournalFiles.open(folder, newest)
        segments[newest] = bytes
        let end = JournalPosition(segment: newest, offset: bytes)
        let oldest = JournalPosition(segment: segments.keys.min() ?? newest, offset: 0)
        return State(end: end, committed: end, kept: oldest, segments: segments, lastRecordEnd: end, damage: damage, descriptor: descriptor)
    }

    // MARK: Appending

    /// Appends a record and returns once it is on disk.
    /// - Returns: a position at or after the end of the record. Everything before this position is on disk.
    /// - Throws: `ServiceError` 503 when the journal is full, closed or owned by another process, or the write fails.
    @discardableResult
    public func append(_ record: [UInt8]) async throws -> JournalPosition {
        try await withCheckedThrowingContinuation { continuation in append(record) { continuation.resume(with: $0) } }
    }

    /// Appends a record, and calls `waiter` once it is on disk. The errors are those of the asynchronous `append`.
    public func append(_ record: [UInt8], then waiter: @escaping Waiter) {
        do { try enqueue(record, waiter) } catch { waiter(.failure(error)) }
    }

    /// Returns once everything appended so far is on disk or has failed.
    public func flush() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.isWriting { state.waiters.append { _ in continuation.resume() } }
                return !state.isWriting
            }
            if isDone { continuation.resume() }
        }
    }

    private func enqueue(_ record: [UInt8], _ waiter: @escaping Waiter) throws {
        guard isOwner else {
            throw ServiceError.unavailable(
                "journal_in_use", "Events can't be stored here: another process is using this host's journal. Try again in 5 seconds.",
                retryAfterSeconds: 5)
        }
        // Computed before taking the lock, because this takes longer than everything done under the lock.
        let checksum = Frame.checksum(of: record)
        let starts = try state.withLock { state -> Bool in
            guard !state.isClosed else { throw ServiceError.unavailable("stopping", "The server is stopping. Try again in a moment.") }
            let size = Int64(record.count + Frame.bytes)
            guard Self.backlog(state) + size <= maximumBytes else { throw Self.full }
            if state.end.offset == 0 {
                state.pending = heading
                state.end = JournalPosition(segment: state.end.segment, offset: Int64(heading.count))
            }
            Frame.append(record, checksum, to: &state.pending)
            state.end = JournalPosition(segment: state.end.segment, offset: state.end.offset + size)
            state.waiters.append(waiter)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if starts { queue.async { self.writeGroups() } }
    }

    static let full = ServiceError.unavailable(
        "journal_full", "Events can't be stored at the moment: the journal is full. Try again in 5 seconds.", retryAfterSeconds: 5)

    /// Bytes from the oldest record that is still needed to the end.
    private static func backlog(_ state: borrowing State) -> Int64 {
        var bytes: Int64 = state.end.offset - (state.end.segment == state.kept.segment ? state.kept.offset : 0)
        for (number, size) in state.segments where number < state.end.segment && number >= state.kept.segment {
            bytes += size - (number == state.kept.segment ? state.kept.offset : 0)
        }
        return bytes
    }

    /// Runs on the queue. Writes and syncs pending records and calls their waiters, until no records are pending.
    private func writeGroups() {
        while true {
            typealias Group = (bytes: [UInt8], waiters: [Waiter], descriptor: Int32, start: Int64)
            beginWantedSegment()
            let group: Group? = state.withLock { state in
                guard !state.pending.isEmpty || !state.waiters.isEmpty else {
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
                let start = ContinuousClock.now
                try JournalFiles.write(group.bytes, to: group.descriptor, at: group.start)
                let end = committed(upTo: group.start + Int64(group.bytes.count))
                for waiter in group.waiters { waiter(.success(end)) }
                if group.waiters.count > 1 { Self.wait(until: start + Self.syncPause) }
            } catch {
                failed(group.waiters, error, at: group.start)
            }
        }
    }

    private static func wait(until instant: ContinuousClock.Instant) {
        let left = instant - .now
        if left > .zero { usleep(UInt32(left / .microseconds(1))) }
    }

    private func committed(upTo offset: Int64) -> JournalPosition {
        let (end, watchers) = state.withLock { state -> (JournalPosition, [AsyncStream<Void>.Continuation]) in
            let end = JournalPosition(segment: state.committed.segment, offset: offset)
            state.committed = end
            state.lastRecordEnd = end
            state.segments[state.committed.segment] = offset
            state.failure = nil
            if offset >= segmentBytes { _ = startSegment(state.committed.segment + 1, &state) }
            return (end, Array(state.watchers.values))
        }
        for watcher in watchers { watcher.yield() }
        return end
    }

    /// Starts a new segment. Returns false if its file can't be created. The old segment then stays in use; if it is full, the next attempt
    /// follows the next group.
    private func startSegment(_ number: Int64, _ state: inout State) -> Bool {
        let descriptor = Foundation.open(JournalFiles.path(folder, number), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        Folder.sync(folder)
        Foundation.close(state.descriptor)
        state.descriptor = descriptor
        state.segments[number] = 0
        state.committed = JournalPosition(segment: number, offset: 0)
        // Pending records are written to the new segment.
        if !state.pending.isEmpty { state.pending.insert(contentsOf: heading, at: 0) }
        state.end = JournalPosition(segment: number, offset: Int64(state.pending.count))
        return true
    }

    /// Starts a new segment once everything appended so far is on disk, so the old one is deleted as soon as it is released. Used when
    /// data, such as an erased visitor's events, must not stay until the segment is full.
    func beginSegment() async {
        let starts = state.withLock { state in
            guard isOwner, !state.isClosed else { return false }
            state.wantsSegment = true
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if starts { queue.async { self.writeGroups() } }
        await flush()
    }

    private func beginWantedSegment() {
        let watchers = state.withLock { state -> [AsyncStream<Void>.Continuation] in
            guard state.wantsSegment else { return [] }
            state.wantsSegment = false
            guard state.committed.offset > 0, startSegment(state.committed.segment + 1, &state) else { return [] }
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.yield() }
    }

    /// Deletes the current segment once everything in it is released. It is no longer needed, and its size may be why the disk is full.
    private func dropReleased(_ state: inout State) {
        let needed = Self.needed(state)
        guard isOwner, needed >= state.committed, state.committed.offset > 0 else { return }
        guard startSegment(state.committed.segment + 1, &state) else { return }
        state.kept = state.committed
        let gone = state.segments.filter { $0.key < state.committed.segment }
        for number in gone.keys { state.segments[number] = nil }
        JournalFiles.delete(gone, in: folder)
    }

    /// Undoes a group that did not reach the disk, together with everything appended after it.
    private func failed(_ waiters: [Waiter], _ error: any Error, at offset: Int64) {
        let later = state.withLock { state in
            state.failure = "\(error)"
            defer { if (error as? JournalError)?.isOutOfSpace == true { dropReleased(&state) } }
            defer {
                state.pending = []
                state.waiters = []
                state.end = state.committed
            }
            ftruncate(state.descriptor, off_t(offset))
            return state.waiters
        }
        let answer = ServiceError.unavailable(
            "journal_failed", "Events can't be stored at the moment: \(error). Try again in 5 seconds.", retryAfterSeconds: 5)
        for waiter in waiters + later { waiter(.failure(answer)) }
    }

    // MARK: Reading

    /// Makes sure that new records get positions after `position`, because the event store ignores anything before it. This is only needed
    /// if the journal's files were lost but its id was not.
    /// - Parameter position: the event store's position; nil if the event store doesn't know this journal.
    /// - Returns: a sentence about missing records; nil if none are missing.
    /// - Throws: `JournalError` if records that are not stored yet are damaged. Damage in stored records is harmless.
    func begin(behind position: JournalPosition?) throws -> String? {
        try state.withLock { state in
            guard isOwner else { return nil }
            let stored = position ?? .start
            for damage in state.damage where damage.end > stored { throw JournalFiles.damaged(folder, damage.start) }
            guard state.lastRecordEnd >= stored else {
                let end = state.lastRecordEnd
                guard state.committed >= stored || startSegment(stored.segment + 1, &state) else {
                    throw JournalError("can't start a new segment in \(folder)", errno)
                }
                return "the journal ends at byte \(end.offset) of segment \(end.segment), before its stored position "
                    + "(byte \(stored.offset) of segment \(stored.segment)): some of its files were lost, and with them the latest "
                    + "acknowledged events that were not stored yet"
            }
            return JournalFiles.forgotten(in: folder, by: position)
        }
    }

    /// Why events can't be kept at the moment; nil if they can. After a failed write, this tries another write, because without new events
    /// nothing else would show that the disk works again.
    public func failure() async -> String? {
        guard isOwner else { return "another process is using this host's journal" }
        guard state.withLock({ $0.failure != nil && !$0.isClosed }) else { return nil }
        return await withCheckedContinuation { answer in
            queue.async { answer.resume(returning: self.tryAgain()) }
        }
    }

    /// Runs on the queue, so no group is written at the same time. A crash here leaves zeros after the last record, which are cut off when
    /// the journal is opened.
    private func tryAgain() -> String? {
        let (descriptor, end) = state.withLock { ($0.descriptor, $0.committed.offset) }
        guard descriptor >= 0 else { return nil }
        defer { ftruncate(descriptor, off_t(end)) }
        do { try JournalFiles.write([UInt8](repeating: 0, count: 4_096), to: descriptor, at: end) } catch { return "\(error)" }
        state.withLock { $0.failure = nil }
        return nil
    }

    /// The end of the records on disk.
    public var committedPosition: JournalPosition { state.withLock { $0.committed } }

    /// Where the oldest record that is still in the files begins.
    public var startPosition: JournalPosition {
        state.withLock { state in JournalPosition(segment: state.segments.keys.min() ?? state.end.segment, offset: 0) }
    }

    /// The number of bytes appended but not released yet.
    public var backlogBytes: Int64 { state.withLock { Self.backlog($0) } }
    /// The largest backlog in bytes; further appends are rejected.
    public var capacityBytes: Int64 { maximumBytes }

    /// Yields once at the start, and then whenever records have reached the disk. Unread values are merged into one.
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

    /// Returns whole records starting at `position`, about `maximumBytes` in total, and the position after them. Returns at least one
    /// record if there is any.
    /// - Throws: `JournalError` if a record is damaged or a file can't be read.
    public func read(from position: JournalPosition, maximumBytes: Int) throws -> Reading {
        let (start, available, heading) = try state.withLock { state -> (JournalPosition, Int64, SegmentHeading?) in
            var start = position
            // At the end of a finished segment, the next record is in the following one.
            while start.segment < state.committed.segment, start.offset >= state.segments[start.segment] ?? 0 {
                start = JournalPosition(segment: start.segment + 1, offset: 0)
            }
            let size = state.segments[start.segment] ?? 0
            guard size > start.offset else { return (start, 0, nil) }
            let (heading, length) = try self.heading(of: start.segment, &state)
            start = JournalPosition(segment: start.segment, offset: max(start.offset, length))
            return (start, size - start.offset, heading)
        }
        guard available > 0 else { return Reading(start: start, records: [], next: start, heading: nil) }
        let path = JournalFiles.path(folder, start.segment)
        func piece(_ bytes: Int) throws -> [UInt8] {
            try JournalFiles.read(path, from: start.offset, count: Int(min(available, Int64(bytes))))
        }
        var bytes = try piece(max(maximumBytes, Frame.bytes))
        var (records, used) = try Frame.split(bytes, path, start.offset)
        if records.isEmpty {
            // The first record is larger than the bytes read. Its frame contains the length.
            bytes = try piece(Frame.length(of: bytes) + Frame.bytes)
            (records, used) = try Frame.split(bytes, path, start.offset)
        }
        guard !records.isEmpty else { throw JournalFiles.damaged(path, start.offset) }
        let next = JournalPosition(segment: start.segment, offset: start.offset + Int64(used))
        return Reading(start: start, records: records, next: next, heading: heading)
    }

    /// Records that were read together; all are in one segment.
    public struct Reading: Sendable {
        /// Where the first of the records begins.
        public let start: JournalPosition
        public let records: [ArraySlice<UInt8>]
        /// The position after the records.
        public let next: JournalPosition
        /// What the table numbers in the records mean; nil for a segment written before segments had headings.
        public let heading: SegmentHeading?

        /// Where each record begins in the segment.
        var offsets: [Int64] {
            var at = start.offset
            return records.map { record in
                defer { at += Int64(Frame.bytes + record.count) }
                return at
            }
        }
    }

    /// The heading of a segment that has records, and its length in its frame.
    private func heading(of segment: Int64, _ state: inout State) throws -> (heading: SegmentHeading?, length: Int64) {
        if let read = state.readHeading, read.segment == segment { return (read.heading, read.length) }
        let path = JournalFiles.path(folder, segment)
        var bytes = try JournalFiles.read(path, from: 0, count: Frame.bytes)
        bytes = try JournalFiles.read(path, from: 0, count: Frame.bytes + Frame.length(of: bytes))
        // A damaged first record is found by whoever needs it.
        let first = try? Frame.split(bytes, path, 0).records.first
        let heading = try first.flatMap { try SegmentHeading($0) }
        let length = heading == nil ? 0 : Int64(bytes.count)
        state.readHeading = (segment, heading, length)
        return (heading, length)
    }

    /// Marks everything before `position` as stored, and deletes the segments that nobody needs any more.
    public func release(before position: JournalPosition) {
        deleteUnneeded { $0.kept = max($0.kept, position) }
    }

    /// Keeps the records from `position` on for a follower, also when they are stored. They don't count towards the backlog.
    func hold(_ follower: String, from position: JournalPosition) { deleteUnneeded { $0.holds[follower] = position } }

    /// Bytes from `position` to the end of the records on disk.
    func bytes(from position: JournalPosition) -> Int64 {
        state.withLock { state in
            state.segments.reduce(0) { sum, segment in
                segment.key < position.segment ? sum : sum + max(0, segment.value - (segment.key == position.segment ? position.offset : 0))
            }
        }
    }

    /// The start of the oldest segment after which at most `bytes` follow; the newest segment if it alone is larger.
    func start(ofLast bytes: Int64) -> JournalPosition {
        state.withLock { state in
            var left = bytes, first = state.committed.segment
            for (number, size) in state.segments.sorted(by: { $0.key > $1.key }) {
                left -= size
                guard left >= 0 || number == first else { break }
                first = number
            }
            return JournalPosition(segment: first, offset: 0)
        }
    }

    private static func needed(_ state: borrowing State) -> JournalPosition {
        var needed = state.kept
        for position in state.holds.values { needed = min(needed, position) }
        return needed
    }

    private func deleteUnneeded(after change: (inout State) -> Void) {
        let gone = state.withLock { state -> [Int64: Int64] in
            change(&state)
            let needed = Self.needed(state)
            let gone = state.segments.filter { $0.key < needed.segment && $0.key < state.end.segment }
            for number in gone.keys { state.segments[number] = nil }
            return gone
        }
        JournalFiles.delete(gone, in: folder)
    }

    /// Rejects further appends, waits for those in progress, and closes the file. If everything was released, first replaces the current
    /// segment with an empty one.
    public func close() {
        state.withLock { $0.isClosed = true }
        queue.sync {}
        state.withLock { if $0.descriptor >= 0 { dropReleased(&$0) } }
        closeFiles()
    }

    private func closeFiles() {
        let watchers = state.withLock { state in
            for descriptor in [state.descriptor, state.isLockHeld ? lock : -1] where descriptor >= 0 { Foundation.close(descriptor) }
            state.descriptor = -1
            state.isLockHeld = false
            defer { state.watchers = [:] }
            return Array(state.watchers.values)
        }
        // Outside the lock: a stream that finishes removes itself from the list under the lock.
        for watcher in watchers { watcher.finish() }
    }
}

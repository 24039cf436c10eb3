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
    /// A folder has one owner at a time, as two would write over each other's records. In any other process, such as a
    /// command beside a running host, the journal is empty and refuses to append.
    public let isOwner: Bool
    private let lock: Int32
    private let folder: String
    private let segmentBytes: Int64
    private let maximumBytes: Int64
    private let state: Mutex<State>
    /// Writes and syncs, one group at a time.
    private let queue = DispatchQueue(label: "pulse.journal")

    private struct State: ~Copyable {
        /// Bytes that wait for the next group, framed, and who waits for them.
        var pending: [UInt8] = []
        var waiters: [Waiter] = []
        var isWriting = false
        var isClosed = false
        var isLockHeld = true
        /// The end of what was appended, and of what is on disk.
        var end: JournalPosition
        var committed: JournalPosition
        /// Where the oldest record still needed begins.
        var kept: JournalPosition
        /// Bytes in each segment that is there; the newest is being written.
        var segments: [Int64: Int64]
        /// What the newest segment had at its opening that is not whole, with whole records behind it.
        var damage: [JournalFiles.Damage] = []
        var descriptor: Int32
        /// A segment is to be begun before the next group, though the last one has room.
        var wantsSegment = false
        /// Why the last group did not reach the disk; nil when it did.
        var failure: String?
        var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextWatcher = 0
    }

    /// Who is told what became of a record.
    private enum Waiter: Sendable {
        /// With the end of what reached the disk with it.
        case task(CheckedContinuation<JournalPosition, any Error>)
        case ifLost(@Sendable () -> Void)
    }

    /// While several wait at a time, one sync begins no sooner after another: it costs 0.14 ms of processor time whether
    /// it keeps one event or fifty.
    private static let syncPause = Duration.milliseconds(1)

    // MARK: Opening

    /// Opens the journal in `folder`, which is made when it is missing.
    /// - Throws: when the folder can't be used, or its id is gone and its records are not.
    public init(folder: String, maximumBytes: Int64 = 1 << 30, segmentBytes: Int64 = 64 << 20) throws {
        self.folder = folder
        self.maximumBytes = maximumBytes
        self.segmentBytes = segmentBytes
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        lock = Foundation.open(folder + "/" + JournalFiles.idFile, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw JournalError("can't open \(folder)/\(JournalFiles.idFile)", errno) }
        isOwner = flock(lock, LOCK_EX | LOCK_NB) == 0
        do {
            id = try JournalFiles.identity(in: lock, of: folder, isOwner: isOwner)
            state = Mutex(isOwner ? try Self.open(folder) : State(end: .start, committed: .start, kept: .start, segments: [:], descriptor: -1))
        } catch {
            Foundation.close(lock)
            throw error
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
        return State(end: end, committed: end, kept: oldest, segments: segments, damage: damage, descriptor: descriptor)
    }

    // MARK: Appending

    /// Appends a record and returns once it is on disk.
    /// - Returns: a position at or behind its end, on disk too.
    /// - Throws: `ServiceError` 503 when the journal is full or the disk refuses.
    @discardableResult
    public func append(_ record: [UInt8]) async throws -> JournalPosition {
        try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<JournalPosition, any Error>) in
            do { try enqueue(record, .task(waiter)) } catch { waiter.resume(throwing: error) }
        }
    }

    /// Appends a record that nobody waits for; it goes to disk with the next group. `ifLost` is called when it does not,
    /// because the journal is full or the disk refuses.
    public func appendLater(_ record: [UInt8], ifLost: @escaping @Sendable () -> Void) {
        do { try enqueue(record, .ifLost(ifLost)) } catch { ifLost() }
    }

    /// Returns once everything that was appended before is on disk, or was refused.
    public func flush() async {
        _ = try? await withCheckedThrowingContinuation { (waiter: CheckedContinuation<JournalPosition, any Error>) in
            let committed = state.withLock { state -> JournalPosition? in
                guard state.isWriting else { return state.committed }
                state.waiters.append(.task(waiter))
                return nil
            }
            if let committed { waiter.resume(returning: committed) }
        }
    }

    private func enqueue(_ record: [UInt8], _ waiter: Waiter) throws {
        guard isOwner else {
            throw ServiceError.unavailable(
                "journal_in_use", "Events can't be kept here: another process has this host's journal. Try again in 5 seconds.",
                retryAfterSeconds: 5)
        }
        // Before the lock is taken, as it takes longer than what is done under it.
        let checksum = Frame.checksum(of: record)
        let starts = try state.withLock { state -> Bool in
            guard !state.isClosed else { throw ServiceError.unavailable("stopping", "The server is stopping. Try again in a moment.") }
            let size = Int64(record.count + Frame.bytes)
            guard Self.backlog(state) + size <= maximumBytes else { throw Self.full }
            Frame.append(record, checksum, to: &state.pending)
            state.end = JournalPosition(segment: state.end.segment, offset: state.end.offset + size)
            state.waiters.append(waiter)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if starts { queue.async { self.writeGroups() } }
    }

    static let full = ServiceError.unavailable(
        "journal_full", "Events can't be kept at the moment: the journal is full. Try again in 5 seconds.", retryAfterSeconds: 5)

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
                for case .task(let waiter) in group.waiters { waiter.resume(returning: end) }
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
            state.segments[state.committed.segment] = offset
            state.failure = nil
            if offset >= segmentBytes { _ = startSegment(state.committed.segment + 1, &state) }
            return (end, Array(state.watchers.values))
        }
        for watcher in watchers { watcher.yield() }
        return end
    }

    /// False when the file can't be made: then the old segment goes on, and it is tried again at the next group.
    private func startSegment(_ number: Int64, _ state: inout State) -> Bool {
        let descriptor = Foundation.open(JournalFiles.path(folder, number), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        Folder.sync(folder)
        Foundation.close(state.descriptor)
        state.descriptor = descriptor
        state.segments[number] = 0
        state.committed = JournalPosition(segment: number, offset: 0)
        // What is pending goes to the new segment.
        state.end = JournalPosition(segment: number, offset: Int64(state.pending.count))
        return true
    }

    /// Begins a new segment once what was appended before is on disk; the old one goes as soon as it is released. For what must not
    /// stay in the old one for as long as it takes to fill it: an erased visitor's events.
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

    /// Where everything is released, the segment that holds it is of no use, and may take the room that is missing.
    private func dropReleased(_ state: inout State) {
        guard isOwner, state.kept >= state.committed, state.committed.offset > 0 else { return }
        guard startSegment(state.committed.segment + 1, &state) else { return }
        state.kept = state.committed
        let gone = state.segments.filter { $0.key < state.committed.segment }
        for number in gone.keys { state.segments[number] = nil }
        JournalFiles.delete(gone, in: folder)
    }

    /// A group that did not reach the disk is taken back, with all that was appended behind it.
    private func failed(_ waiters: [Waiter], _ error: any Error, at offset: Int64) {
        let behind = state.withLock { state in
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
            "journal_failed", "Events can't be kept at the moment: \(error). Try again in 5 seconds.", retryAfterSeconds: 5)
        for waiter in waiters + behind {
            switch waiter {
            case .task(let continuation): continuation.resume(throwing: answer)
            case .ifLost(let tell): tell()
            }
        }
    }

    // MARK: Following

    /// Sees to it that what is appended from now on lies behind `position`, where the event store has come to: it takes
    /// nothing that lies before. That is so unless the journal's files were lost and its id was not.
    /// - Parameter position: nil where the event store knows nothing of this journal.
    /// - Returns: what is missing, in a sentence; nil for nothing.
    /// - Throws: `JournalError` when what is not stored yet is damaged. Damage in what is stored matters to nobody.
    func begin(behind position: JournalPosition?) throws -> String? {
        try state.withLock { state in
            guard isOwner else { return nil }
            let stored = position ?? .start
            for damage in state.damage where damage.end > stored { throw JournalFiles.damaged(folder, damage.start) }
            guard state.committed >= stored else {
                let end = state.committed
                guard startSegment(stored.segment + 1, &state) else { throw JournalError("can't begin a segment in \(folder)", errno) }
                return "the journal ends at byte \(end.offset) of segment \(end.segment), before what is stored of it (byte \(stored.offset) of segment "
                    + "\(stored.segment)): files of it were lost, and with them what was acknowledged last and not stored yet"
            }
            return JournalFiles.forgotten(in: folder, by: position)
        }
    }

    /// Whether events can be kept: nil, or the reason why not. After a failure it is tried again, as no events may come that would show it.
    public func failure() async -> String? {
        guard isOwner else { return "another process has this host's journal" }
        guard state.withLock({ $0.failure != nil && !$0.isClosed }) else { return nil }
        return await withCheckedContinuation { answer in
            queue.async { answer.resume(returning: self.tryAgain()) }
        }
    }

    /// On the queue, so that no group is under way. A crash in it leaves zeros behind the last record, which are cut off.
    private func tryAgain() -> String? {
        let (descriptor, end) = state.withLock { ($0.descriptor, $0.committed.offset) }
        guard descriptor >= 0 else { return nil }
        defer { ftruncate(descriptor, off_t(end)) }
        do { try JournalFiles.write([UInt8](repeating: 0, count: 4_096), to: descriptor, at: end) } catch { return "\(error)" }
        state.withLock { $0.failure = nil }
        return nil
    }

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
        let path = JournalFiles.path(folder, start.segment)
        func piece(_ bytes: Int) throws -> [UInt8] {
            try JournalFiles.read(path, from: start.offset, count: Int(min(available, Int64(bytes))))
        }
        var bytes = try piece(max(maximumBytes, Frame.bytes))
        var (records, used) = try Frame.split(bytes, path, start.offset)
        if records.isEmpty {
            // One record larger than the piece: its frame tells how large.
            bytes = try piece(Frame.length(of: bytes) + Frame.bytes)
            (records, used) = try Frame.split(bytes, path, start.offset)
        }
        guard !records.isEmpty else { throw JournalFiles.damaged(path, start.offset) }
        return (records, JournalPosition(segment: start.segment, offset: start.offset + Int64(used)))
    }

    /// Says that nothing before `position` is needed any more; whole segments before it are deleted.
    public func release(before position: JournalPosition) {
        let gone = state.withLock { state -> [Int64: Int64] in
            state.kept = max(state.kept, position)
            let gone = state.segments.filter { $0.key < position.segment && $0.key < state.end.segment }
            for number in gone.keys { state.segments[number] = nil }
            return gone
        }
        JournalFiles.delete(gone, in: folder)
    }

    /// Refuses further appends, waits for those under way, and closes the file. What was released is gone afterwards.
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
        // Not under the lock: one that finishes takes itself off the list.
        for watcher in watchers { watcher.finish() }
    }
}

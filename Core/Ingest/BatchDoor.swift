import Common
import Storage
import Synchronization

/// Holds batches back while the writer has enough to do, so that nobody's events wait for long behind an import.
///
/// Batches are let in while those that wait for the writer are less than a fraction of a second of its work, as measured;
/// beyond that each project has its share of it, and may always have one in. So a project's batch never waits
/// because of another project. One that is not let in within a moment is refused with 429. Small requests don't come here.
final class BatchDoor: Sendable {
    struct Settings: Sendable {
        /// Work for the writer that may wait, while imports have the host to themselves, and while they share it. What is behind it in the
        /// journal waits for so long.
        var secondsAlone = 0.6
        var secondsShared = 0.2
        /// So long a batch waits to be let in.
        var patience = Duration.seconds(2)
        /// Bodies of batches that wait, of one project; and of all.
        var waitingBytes = 16 << 20
        var allWaitingBytes = 64 << 20
        /// In place of the writer's speed before it is known: a slow machine's.
        var firstBytesPerSecond = 1e6
    }

    /// For a batch that was let in: given back when it is in the journal, or not.
    struct Pass: Sendable {
        fileprivate let project: Int32
        fileprivate let bytes: Int
    }

    private struct Sender {
        /// Bytes that were let in and are not applied yet.
        var bytes = 0
        var line: [(bytes: Int, wait: TimedWait<Bool>)] = []
        var waitingBytes: Int { line.reduce(0) { $0 + $1.bytes } }
    }

    private struct State {
        let settings: Settings
        var bytesPerSecond: Double
        /// Seconds of work in one batch of the writer.
        var batchSeconds = 0.0
        /// Those who have something in, or wait.
        var senders: [Int32: Sender] = [:]
        /// Batches that are in the journal and not applied yet, nearly in order.
        var kept: [(end: JournalPosition, project: Int32, bytes: Int)] = []
        var applied = JournalPosition.start
        var isOpen = false

        func mayEnter(_ sender: Sender, isShared: Bool) -> Bool {
            // One batch is under way, and the next one gathers.
            let room = bytesPerSecond * (isShared ? settings.secondsShared : max(settings.secondsAlone, 2 * batchSeconds))
            return sender.bytes == 0 || Double(sender.bytes) < room / Double(max(1, senders.count))
                || Double(senders.values.reduce(0) { $0 + $1.bytes }) < room
        }

        mutating func leave(_ project: Int32, _ bytes: Int) {
            senders[project]?.bytes -= bytes
            if let sender = senders[project], sender.bytes <= 0, sender.line.isEmpty { senders[project] = nil }
        }
    }

    private let journal: Journal
    private let acknowledged: Acknowledged
    private let state: Mutex<State>

    init(_ journal: Journal, _ acknowledged: Acknowledged, _ settings: Settings) {
        self.journal = journal
        self.acknowledged = acknowledged
        state = Mutex(State(settings: settings, bytesPerSecond: settings.firstBytesPerSecond))
    }

    // MARK: For batches

    /// Returns once a batch of `project` may go into the journal.
    /// - Parameters:
    ///   - bytes: about what it will take there.
    ///   - waits: called when it has to wait.
    /// - Throws: 429 when it has waited too long, or too many wait; 503 while the store is away and half of the journal full.
    func enter(_ project: Int32, bytes: Int, waits: () -> Void) async throws -> Pass? {
        enum Verdict { case free, counted, waits(Duration), refused }
        let wait = TimedWait<Bool>()
        let verdict = state.withLock { state -> Verdict in
            // Without a store everything waits, which is what the journal is for.
            if state.isOpen { return .free }
            var sender = state.senders[project] ?? Sender()
            if sender.line.isEmpty, state.mayEnter(sender, isShared: acknowledged.isShared) {
                sender.bytes += bytes
                state.senders[project] = sender
                return .counted
            }
            let all = state.senders.values.reduce(0) { $0 + $1.waitingBytes }
            guard sender.line.isEmpty || sender.waitingBytes + bytes <= state.settings.waitingBytes,
                all + bytes <= state.settings.allWaitingBytes || all == 0
            else { return .refused }
            sender.line.append((bytes, wait))
            state.senders[project] = sender
            return .waits(state.settings.patience)
        }
        switch verdict {
        case .free:
            try checkRoom()
            return nil
        case .counted: return Pass(project: project, bytes: bytes)
        case .refused: throw tooFast(project)
        case .waits(let patience):
            waits()
            if try await wait.outcome(within: patience, late: false) { return Pass(project: project, bytes: bytes) }
            giveUp(project, wait)
            throw tooFast(project)
        }
    }

    /// The other half is for live events.
    private func checkRoom() throws {
        guard journal.backlogBytes < journal.capacityBytes / 2 else { throw Journal.full }
    }

    private func giveUp(_ project: Int32, _ wait: TimedWait<Bool>) {
        state.withLock { state in
            state.senders[project]?.line.removeAll { $0.wait === wait }
            state.leave(project, 0)
        }
    }

    private func tooFast(_ project: Int32) -> ServiceError {
        let seconds = state.withLock { state in
            let sender = state.senders[project] ?? Sender()
            return Int((Double(sender.bytes + sender.waitingBytes) / max(1, state.bytesPerSecond)).rounded(.up).clamped(1, 60))
        }
        return ServiceError(
            status: 429, code: DropReason.tooFast.rawValue,
            message: "Events arrive faster than they can be stored. Retry after \(seconds) \(seconds == 1 ? "second" : "seconds").",
            retryAfterSeconds: seconds)
    }

    /// The batch is in the journal and ends at or before `end` there; nil when nothing of it was kept.
    func leave(_ pass: Pass?, bytes: Int, keptUntil end: JournalPosition?) {
        guard let pass else { return }
        let turns = state.withLock { state in
            if let end, end > state.applied {
                state.kept.append((end, pass.project, bytes))
                state.senders[pass.project]?.bytes += bytes - pass.bytes
            } else {
                state.leave(pass.project, pass.bytes)
            }
            return whoEnters(&state)
        }
        begin(turns)
    }

    // MARK: For the writer

    /// The store has come to `position`, at this speed and in batches that take so long.
    func applied(upTo position: JournalPosition, bytesPerSecond: Double?, batchSeconds: Double = 0) {
        let turns = state.withLock { state in
            state.applied = position
            if let bytesPerSecond { state.bytesPerSecond = bytesPerSecond }
            state.batchSeconds = batchSeconds
            let done = state.kept.firstIndex { $0.end > position } ?? state.kept.count
            for batch in state.kept[..<done] { state.leave(batch.project, batch.bytes) }
            state.kept.removeFirst(done)
            return whoEnters(&state)
        }
        begin(turns)
    }

    /// Whether everybody is let in without being counted, as the store is away.
    func setOpen(_ isOpen: Bool) {
        let turns = state.withLock { state -> [Turn] in
            guard state.isOpen != isOpen else { return [] }
            state.isOpen = isOpen
            return whoEnters(&state)
        }
        begin(turns)
    }

    private typealias Turn = (project: Int32, bytes: Int, wait: TimedWait<Bool>)

    /// Whoever may come in now: the project that has the least in comes first.
    private func whoEnters(_ state: inout State) -> [Turn] {
        var turns: [Turn] = []
        let isShared = acknowledged.isShared
        while let (project, sender) = state.senders.filter({ !$0.value.line.isEmpty && (state.isOpen || state.mayEnter($0.value, isShared: isShared)) })
            .min(by: { $0.value.bytes < $1.value.bytes }) {
            let (bytes, wait) = sender.line[0]
            state.senders[project]?.line.removeFirst()
            state.senders[project]?.bytes += bytes
            turns.append((project, bytes, wait))
        }
        return turns
    }

    private func begin(_ turns: [Turn]) {
        for (project, bytes, wait) in turns where !wait.end(.success(true)) {
            // It has just given up.
            leave(Pass(project: project, bytes: bytes), bytes: 0, keptUntil: nil)
        }
    }
}

extension Double {
    fileprivate func clamped(_ least: Double, _ most: Double) -> Double { min(max(self, least), most) }
}

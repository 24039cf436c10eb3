import Common
@_spi(Host) import Storage
import Synchronization

/// Limits how many import batches enter the journal, so no project's events wait long behind another project's import.
///
/// Batches enter freely while the admitted batches take the writer less than a set time, at its measured speed. Beyond that limit, each
/// project gets an equal share of it, and a project without an admitted batch may always have one admitted. So a project's batch never
/// waits because of another project. A batch that isn't admitted within `Settings.patience` is rejected with 429. Small requests bypass the
/// door.
final class BatchDoor: Sendable {
    struct Settings: Sendable {
        /// How long the writer may need for all admitted batches, in seconds. `secondsShared` applies while one project sends live events
        /// during another project's import; otherwise `secondsAlone` applies or, if longer, twice the time that a batch should take.
        /// Records that follow the batches in the journal wait that long.
        var secondsAlone = 0.6
        var secondsShared = 0.2
        /// How long a batch waits for admission.
        var patience = Duration.seconds(2)
        /// The most bytes that may wait for admission: for one project (`waitingBytes`), and for all projects together (`allWaitingBytes`).
        var waitingBytes = 16 << 20
        var allWaitingBytes = 64 << 20
        /// The speed to assume until the writer's speed is measured: that of a slow machine.
        var firstBytesPerSecond = 1e6
    }

    /// Issued to a batch when it is admitted. Return the pass with `leave` once the batch is in the journal or has failed.
    struct Pass: Sendable {
        fileprivate let project: Int32
        fileprivate let bytes: Int
    }

    private struct Sender {
        /// Bytes that were admitted but are not applied yet.
        var bytes = 0
        /// Batches that wait for admission, in order of arrival.
        var line: [(bytes: Int, wait: TimedWait<Bool>)] = []
        var waitingBytes: Int { line.reduce(0) { $0 + $1.bytes } }
    }

    private struct State {
        let settings: Settings
        var bytesPerSecond: Double
        /// How long the writer's next batch should take, in seconds.
        var batchSeconds = 0.0
        /// Projects that have batches admitted or waiting.
        var senders: [Int32: Sender] = [:]
        /// Batches that are in the journal but not applied yet, nearly in journal order.
        var kept: [(end: JournalPosition, project: Int32, bytes: Int)] = []
        var applied = JournalPosition.start
        var isOpen = false

        func mayEnter(_ sender: Sender, isShared: Bool) -> Bool {
            // Enough for the batch that the writer is applying and for the next one, which is being gathered.
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
    ///   - bytes: the estimated size of the batch in the journal.
    ///   - waits: called when the batch has to wait.
    /// - Returns: the pass; nil while the store is unavailable, because batches aren't counted then.
    /// - Throws: 429 when the batch has waited too long or too many are waiting; 503 when the store is unavailable and the journal is half
    ///   full.
    func enter(_ project: Int32, bytes: Int, waits: () -> Void) async throws -> Pass? {
        enum Verdict { case free, counted, waits(Duration), refused }
        let wait = TimedWait<Bool>()
        let verdict = state.withLock { state -> Verdict in
            // The journal exists to hold events while the store is unavailable.
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

    /// - Throws: 503 when half of the journal is full, because the other half is reserved for live events.
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
            status: 429, code: DropReason.tooFast.name,
            message: "Events arrive faster than they can be stored. Retry after \(seconds.counting("second")).",
            retryAfterSeconds: seconds)
    }

    /// Takes a pass back once its batch is in the journal or has failed.
    /// - Parameters:
    ///   - bytes: the size of the batch in the journal.
    ///   - end: a position in the journal at or after the end of the batch; nil if nothing of the batch was kept.
    func leave(_ pass: Pass?, bytes: Int, keptUntil end: JournalPosition?) {
        guard let pass else { return }
        let turns = state.withLock { state in
            if let end, end > state.applied {
                state.kept.append((end, pass.project, bytes))
                state.senders[pass.project]?.bytes += bytes - pass.bytes
            } else {
                state.leave(pass.project, pass.bytes)
            }
            return nextTurns(&state)
        }
        admit(turns)
    }

    // MARK: For the writer

    /// Call this when the store has reached `position`. Updates the measured speed, and how long the writer's next batch should take.
    func applied(upTo position: JournalPosition, bytesPerSecond: Double?, batchSeconds: Double = 0) {
        let turns = state.withLock { state in
            state.applied = position
            if let bytesPerSecond { state.bytesPerSecond = bytesPerSecond }
            state.batchSeconds = batchSeconds
            let done = state.kept.firstIndex { $0.end > position } ?? state.kept.count
            for batch in state.kept[..<done] { state.leave(batch.project, batch.bytes) }
            state.kept.removeFirst(done)
            return nextTurns(&state)
        }
        admit(turns)
    }

    /// Opens the door while the store is unavailable, and closes it again afterwards. While it is open, new batches are admitted without
    /// being counted.
    func setOpen(_ isOpen: Bool) {
        let turns = state.withLock { state -> [Turn] in
            guard state.isOpen != isOpen else { return [] }
            state.isOpen = isOpen
            return nextTurns(&state)
        }
        admit(turns)
    }

    private typealias Turn = (project: Int32, bytes: Int, wait: TimedWait<Bool>)

    /// The waiting batches that may enter now. The project with the fewest admitted bytes goes first.
    private func nextTurns(_ state: inout State) -> [Turn] {
        var turns: [Turn] = []
        let isShared = acknowledged.isShared
        while let (project, sender) = state.senders.filter({
            !$0.value.line.isEmpty && (state.isOpen || state.mayEnter($0.value, isShared: isShared))
        })
        .min(by: { $0.value.bytes < $1.value.bytes }) {
            let (bytes, wait) = sender.line[0]
            state.senders[project]?.line.removeFirst()
            state.senders[project]?.bytes += bytes
            turns.append((project, bytes, wait))
        }
        return turns
    }

    private func admit(_ turns: [Turn]) {
        for (project, bytes, wait) in turns where !wait.end(.success(true)) {
            // The batch has just stopped waiting.
            leave(Pass(project: project, bytes: bytes), bytes: 0, keptUntil: nil)
        }
    }
}

extension Double {
    fileprivate func clamped(_ least: Double, _ most: Double) -> Double { min(max(self, least), most) }
}

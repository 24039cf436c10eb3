import Common
import Storage
import Synchronization

/// Up to where in the journal each project's acknowledged events lie, so that a report waits for its own alone; and when
/// they were acknowledged, so that one that waits no longer can say as of when it is.
final class Acknowledged: Sendable {
    private struct State {
        /// Where the last record of each project ends, as far as that is not known to be applied.
        var ends: [Int32: JournalPosition] = [:]
        var latest = JournalPosition.start
        /// What was acknowledged before `at` lies before `end`. Oldest first.
        var marks: [(at: Instant, end: JournalPosition)] = []
        /// Whose the latest batch was, and the latest record that was none.
        var batchProject: Int32?
        var live: (project: Int32, at: Instant)?
        var now = Instant(milliseconds: .min)
        /// When a project last sent events as they happened, while another one sent batches.
        var shared: Instant?
        /// Between two marks.
        var milliseconds = Acknowledged.markMilliseconds
    }

    private static let markMilliseconds: Int64 = 100
    private static let maximumMarks = 4_096
    private static let sharedMilliseconds: Int64 = 1_000
    private let state = Mutex(State())

    /// Says that a record of project `sender`, which ends at or before `end`, is about to be acknowledged.
    func note(_ sender: Int32, upTo end: JournalPosition, at now: Instant, isBatch: Bool = false) {
        state.withLock { state in
            // This record is not acknowledged yet, and so no part of the mark.
            if state.marks.last.map({ now - $0.at >= state.milliseconds }) ?? true { Self.mark(now, &state) }
            state.ends[sender] = max(state.ends[sender] ?? .start, end)
            state.latest = max(state.latest, end)
            state.now = max(state.now, now)
            if isBatch {
                state.batchProject = sender
            } else {
                state.live = (sender, now)
            }
            if let live = state.live, let batches = state.batchProject, live.project != batches { state.shared = max(state.shared ?? live.at, live.at) }
        }
    }

    /// Whether within a second one project sent events as they happened, whose reports an import of another would make wait. Imports alone,
    /// of however many projects, take less work in larger parts, which also lie better in the store.
    var isShared: Bool { state.withLock { state in state.shared.map { state.now - $0 < Self.sharedMilliseconds } ?? false } }

    private static func mark(_ now: Instant, _ state: inout State) {
        state.marks.append((now, state.latest))
        guard state.marks.count > maximumMarks else { return }
        // The store is away for minutes or hours: half as many tell nearly as much.
        while state.marks.count > maximumMarks / 2 {
            state.milliseconds *= 2
            state.marks = state.marks.reduce(into: []) { kept, mark in
                if kept.last.map({ mark.at - $0.at >= state.milliseconds }) ?? true { kept.append(mark) }
            }
        }
    }

    /// Where the last record of `project` ends that is acknowledged.
    func end(of project: Int32) -> JournalPosition { state.withLock { $0.ends[project] ?? .start } }

    /// The instant before which everything that was acknowledged is applied, now that the store has come to `position`.
    func asOf(_ position: JournalPosition) -> Instant {
        state.withLock { $0.marks.last { $0.end <= position }?.at } ?? Instant(milliseconds: 0)
    }

    /// Drops what nobody needs any more, now that the store has come to `position`.
    func applied(upTo position: JournalPosition) {
        state.withLock { state in
            if position >= state.latest {
                state.ends.removeAll(keepingCapacity: true)
                state.milliseconds = Self.markMilliseconds
            }
            // The last mark that is reached still tells as of when.
            if let reached = state.marks.lastIndex(where: { $0.end <= position }), reached > 0 { state.marks.removeFirst(reached) }
        }
    }
}

import Common
@_spi(Host) import Storage
import Synchronization

/// Tracks where each project's acknowledged events end in the journal, so a report waits only for events of its own project. It also tracks
/// when they were acknowledged, so a report that stops waiting can say how current its data is.
final class Acknowledged: Sendable {
    private struct State {
        /// Where the last record of each project ends. Projects whose records are all known to be applied are absent.
        var ends: [Int32: JournalPosition] = [:]
        var latest = JournalPosition.start
        /// Each mark says that everything acknowledged before `at` has a position before `end` in the journal. Oldest first.
        var marks: [(at: Instant, end: JournalPosition)] = []
        /// The project of the latest batch, and the latest record that wasn't a batch.
        var batchProject: Int32?
        var live: (project: Int32, at: Instant)?
        var now = Instant(milliseconds: .min)
        /// When a project last sent live events while another one sent batches.
        var shared: Instant?
        /// Minimum time between two marks.
        var milliseconds = Acknowledged.markMilliseconds
    }

    private static let markMilliseconds: Int64 = 100
    private static let maximumMarks = 4_096
    private static let sharedMilliseconds: Int64 = 1_000
    private let state = Mutex(State())

    /// Call this before acknowledging a record of project `sender` that ends at or before `end`.
    func note(_ sender: Int32, upTo end: JournalPosition, at now: Instant, isBatch: Bool = false) {
        state.withLock { state in
            // This record is not acknowledged yet, so the mark doesn't cover it.
            if state.marks.last.map({ now - $0.at >= state.milliseconds }) ?? true { Self.mark(now, &state) }
            state.ends[sender] = max(state.ends[sender] ?? .start, end)
            state.latest = max(state.latest, end)
            state.now = max(state.now, now)
            if isBatch {
                state.batchProject = sender
            } else {
                state.live = (sender, now)
            }
            if let live = state.live, let batches = state.batchProject, live.project != batches {
                state.shared = max(state.shared ?? live.at, live.at)
            }
        }
    }

    /// Whether, in the last second, one project sent live events while another one imported. The import's large batches would delay reports
    /// of the project with live events, so batches are then kept small. Otherwise larger batches are better: they take less work and are
    /// laid out better in the store.
    var isShared: Bool { state.withLock { state in state.shared.map { state.now - $0 < Self.sharedMilliseconds } ?? false } }

    private static func mark(_ now: Instant, _ state: inout State) {
        state.marks.append((now, state.latest))
        guard state.marks.count > maximumMarks else { return }
        // The store has been unavailable for minutes or hours. Dropping every other mark costs little precision.
        while state.marks.count > maximumMarks / 2 {
            state.milliseconds *= 2
            state.marks = state.marks.reduce(into: []) { kept, mark in
                if kept.last.map({ mark.at - $0.at >= state.milliseconds }) ?? true { kept.append(mark) }
            }
        }
    }

    /// Where the last acknowledged record of `project` ends; `.start` when none of its records is waiting to be applied.
    func end(of project: Int32) -> JournalPosition { state.withLock { $0.ends[project] ?? .start } }

    /// The instant before which every acknowledged event is applied, given that the store has reached `position`.
    func asOf(_ position: JournalPosition) -> Instant {
        state.withLock { $0.marks.last { $0.end <= position }?.at } ?? Instant(milliseconds: 0)
    }

    /// Drops the entries that are no longer needed once the store has reached `position`.
    func applied(upTo position: JournalPosition) {
        state.withLock { state in
            if position >= state.latest {
                state.ends.removeAll(keepingCapacity: true)
                state.milliseconds = Self.markMilliseconds
            }
            // `asOf` still needs the last mark that was reached.
            if let reached = state.marks.lastIndex(where: { $0.end <= position }), reached > 0 { state.marks.removeFirst(reached) }
        }
    }
}

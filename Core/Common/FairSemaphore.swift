import Synchronization

/// Lets so many tasks at a time through; the others wait without holding a thread. Groups take turns: next is the group that holds the
/// fewest permits, of several such the one that has had none for longest, and of a group whoever came first. Where a group may hold only some of
/// the permits, one that comes later finds the others free.
///
/// An actor can't do this, because another task may enter it wherever the first one awaits.
public final class FairSemaphore: Sendable {
    /// Why somebody was turned away.
    public enum Refusal: Error, Equatable {
        /// It was not its turn in time.
        case late
        /// Too many of its group wait already.
        case crowded
    }

    private struct Waiter {
        let ticket: Int
        let group: String
        let turn: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var free: Int
        let permitsOfGroup: Int
        var tickets = 0
        var waiters: [Waiter] = []
        /// Permits by group; without those that hold none.
        var held: [String: Int] = [:]
        /// When each group last took a permit or gave one back; kept while somebody waits.
        var turns: [String: Int] = [:], turn = 0

        mutating func take(_ group: String) {
            free -= 1
            held[group, default: 0] += 1
            note(group)
        }

        private mutating func note(_ group: String) {
            turn += 1
            turns[group] = turn
        }

        mutating func giveBack(_ group: String) {
            free += 1
            held[group]! -= 1
            note(group)
            if held[group] == 0 { held[group] = nil }
            if waiters.isEmpty { turns = turns.filter { held[$0.key] != nil } }
        }

        func mayTake(_ group: String) -> Bool { free > 0 && held[group] ?? 0 < permitsOfGroup }

        mutating func next() -> Waiter? {
            let ready = waiters.indices.filter { mayTake(waiters[$0].group) }
            guard let index = ready.min(by: { rank(waiters[$0]) < rank(waiters[$1]) }) else { return nil }
            return waiters.remove(at: index)
        }

        private func rank(_ waiter: Waiter) -> (Int, Int, Int) { (held[waiter.group] ?? 0, turns[waiter.group] ?? 0, waiter.ticket) }
    }

    private let state: Mutex<State>
    private let waitersOfGroup: Int

    /// - Parameters:
    ///   - permitsOfGroup: how many one group may hold at a time; nil for all.
    ///   - waitersOfGroup: how many of one group may wait; more are turned away.
    public init(permits: Int, permitsOfGroup: Int? = nil, waitersOfGroup: Int = .max) {
        state = Mutex(State(free: permits, permitsOfGroup: permitsOfGroup ?? permits))
        self.waitersOfGroup = waitersOfGroup
    }

    /// How many wait.
    public var waiting: Int { state.withLock { $0.waiters.count } }

    /// Runs `body` when there is room for it and it is its turn.
    /// - Parameters:
    ///   - group: whose turn it is, such as a project's id: none waits for all of another's.
    ///   - limit: how long it waits at most; nil for no limit.
    /// - Throws: `CancellationError` when the task is cancelled while it waits, `Refusal`, and what `body` throws.
    public func withPermit<Result>(
        of group: String = "", within limit: Duration? = nil, _ body: () async throws -> Result
    ) async throws -> Result {
        try await enter(group, within: limit)
        defer { leave(group) }
        return try await body()
    }

    /// The same for what has to happen though the task may be cancelled.
    public func withPermitAlways(_ body: @escaping @Sendable () async -> Void) async {
        // A task of its own is not cancelled, so that `withPermit` can't throw.
        await Task { try? await withPermit(body) }.value
    }

    private func enter(_ group: String, within limit: Duration?) async throws {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        var timer: Task<Void, any Error>?
        defer { timer?.cancel() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { turn in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    // Looked at under the lock: a cancellation after this finds the waiter in the list.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.mayTake(group) {
                        state.take(group)
                        return .success(())
                    }
                    guard state.waiters.count(where: { $0.group == group }) < waitersOfGroup else { return .failure(Refusal.crowded) }
                    state.waiters.append(Waiter(ticket: ticket, group: group, turn: turn))
                    return nil
                }
                if let answer { return turn.resume(with: answer) }
                timer = limit.map { limit in
                    Task { [weak self] in
                        try await Task.sleep(for: limit)
                        self?.turnAway(ticket, Refusal.late)
                    }
                }
            }
        } onCancel: {
            turnAway(ticket, CancellationError())
        }
    }

    private func turnAway(_ ticket: Int, _ error: any Error) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.ticket == ticket }.map { state.waiters.remove(at: $0) }
        }
        waiter?.turn.resume(throwing: error)
    }

    private func leave(_ group: String) {
        let next = state.withLock { state -> Waiter? in
            state.giveBack(group)
            guard let next = state.next() else { return nil }
            state.take(next.group)
            return next
        }
        next?.turn.resume()
    }
}

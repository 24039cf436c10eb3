import Synchronization

/// Limits how many tasks run at a time. The others wait without occupying a thread.
///
/// Groups take turns. A free permit goes to the group that holds the fewest permits; among several such groups, to the one whose last turn
/// was longest ago; within a group, to the task that came first. If a group may hold only some of the permits, the rest stay available to
/// other groups.
///
/// An actor can't limit tasks like this, because another task may enter it at every `await`.
public final class FairSemaphore: Sendable {
    /// Why a task did not get a permit.
    public enum Refusal: Error, Equatable {
        /// The task did not get a permit within its time limit.
        case late
        /// Too many tasks of the same group are waiting.
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
        /// How many permits each group holds. Groups without permits are absent.
        var held: [String: Int] = [:]
        /// When each group last took or returned a permit. Groups that hold no permits are removed once no task waits.
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
    ///   - permits: how many tasks may run at a time.
    ///   - permitsOfGroup: how many permits one group may hold at a time; nil for all.
    ///   - waitersOfGroup: how many tasks of one group may wait; any more are rejected.
    public init(permits: Int, permitsOfGroup: Int? = nil, waitersOfGroup: Int = .max) {
        state = Mutex(State(free: permits, permitsOfGroup: permitsOfGroup ?? permits))
        self.waitersOfGroup = waitersOfGroup
    }

    /// How many tasks are waiting.
    public var waiting: Int { state.withLock { $0.waiters.count } }

    /// Runs `body` once a permit is free and it is this task's turn.
    /// - Parameters:
    ///   - group: the group that the permit counts against, such as a project's id, so one project's backlog does not block other projects.
    ///   - limit: the longest time the task may wait; nil for no limit.
    /// - Throws: `CancellationError` if the task is cancelled while it waits, `Refusal`, and whatever `body` throws.
    public func withPermit<Result>(
        of group: String = "", within limit: Duration? = nil, _ body: () async throws -> Result
    ) async throws -> Result {
        try await enter(group, within: limit)
        defer { leave(group) }
        return try await body()
    }

    /// Like `withPermit`, but runs `body` to its end even if the calling task is cancelled.
    public func withPermitAlways(_ body: @escaping @Sendable () async -> Void) async {
        // The new task is not cancelled along with the caller, so `withPermit` can't throw here.
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
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    // Checked under the lock, so a cancellation after this point finds the waiter in the list.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.mayTake(group) {
                        state.take(group)
                        return .success(())
                    }
                    guard state.waiters.count(where: { $0.group == group }) < waitersOfGroup else { return .failure(Refusal.crowded) }
                    state.waiters.append(Waiter(ticket: ticket, group: group, turn: turn))
                    return nil
                }
                if let outcome { return turn.resume(with: outcome) }
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

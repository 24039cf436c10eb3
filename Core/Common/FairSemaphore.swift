import Synchronization

/// Lets so many tasks at a time through; the others wait without holding a thread. Groups take turns: next is the group that holds the
/// fewest permits, of several such the one whose last turn is longest ago, and of a group whoever came first.
///
/// An actor can't do this, because another task may enter it wherever the first one awaits.
public final class FairSemaphore: Sendable {
    private struct Waiter {
        let ticket: Int
        let group: String
        let turn: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var free: Int
        var tickets = 0
        var waiters: [Waiter] = []
        /// Permits by group; without those that hold none.
        var held: [String: Int] = [:]
        /// When each group had its last turn; kept while somebody waits.
        var turns: [String: Int] = [:], turn = 0

        mutating func take(_ group: String) {
            free -= 1
            held[group, default: 0] += 1
            turn += 1
            turns[group] = turn
        }

        mutating func giveBack(_ group: String) {
            free += 1
            held[group]! -= 1
            if held[group] == 0 { held[group] = nil }
            if waiters.isEmpty { turns = turns.filter { held[$0.key] != nil } }
        }

        mutating func next() -> Waiter? {
            guard let index = waiters.indices.min(by: { rank(waiters[$0]) < rank(waiters[$1]) }) else { return nil }
            return waiters.remove(at: index)
        }

        private func rank(_ waiter: Waiter) -> (Int, Int, Int) { (held[waiter.group] ?? 0, turns[waiter.group] ?? 0, waiter.ticket) }
    }

    private let state: Mutex<State>

    public init(permits: Int) { state = Mutex(State(free: permits)) }

    /// How many wait.
    public var waiting: Int { state.withLock { $0.waiters.count } }

    /// Runs `body` when there is room for it and it is its turn.
    /// - Parameter group: whose turn it is, such as a project's id: none waits for all of another's.
    /// - Throws: `CancellationError` when the task is cancelled while it waits, and what `body` throws.
    public func withPermit<Result>(of group: String = "", _ body: () async throws -> Result) async throws -> Result {
        try await enter(group)
        defer { leave(group) }
        return try await body()
    }

    /// The same for what has to happen though the task may be cancelled.
    public func withPermitAlways(_ body: @escaping @Sendable () async -> Void) async {
        // A task of its own is not cancelled, so that `withPermit` can't throw.
        await Task { try? await withPermit(body) }.value
    }

    private func enter(_ group: String) async throws {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { turn in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    // Looked at under the lock: a cancellation after this finds the waiter in the list.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.free == 0 {
                        state.waiters.append(Waiter(ticket: ticket, group: group, turn: turn))
                        return nil
                    }
                    state.take(group)
                    return .success(())
                }
                if let answer { turn.resume(with: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.ticket == ticket }.map { state.waiters.remove(at: $0) }
            }
            waiter?.turn.resume(throwing: CancellationError())
        }
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

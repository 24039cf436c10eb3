import Synchronization

/// Lets so many tasks at a time through, in the order of arrival; the others wait without holding a thread.
///
/// An actor can't do this, because another task may enter it wherever the first one awaits.
public final class FairSemaphore: Sendable {
    private struct Waiter {
        let ticket: Int
        let turn: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var free: Int
        var tickets = 0
        var waiters: [Waiter] = []
    }

    private let state: Mutex<State>

    public init(permits: Int) { state = Mutex(State(free: permits)) }

    /// Runs `body` when there is room for it and everyone who came before has begun.
    /// - Throws: `CancellationError` when the task is cancelled while it waits, and what `body` throws.
    public func withPermit<Result>(_ body: () async throws -> Result) async throws -> Result {
        try await enter()
        defer { leave() }
        return try await body()
    }

    /// The same for what has to happen though the task may be cancelled.
    public func withPermitAlways(_ body: @escaping @Sendable () async -> Void) async {
        // A task of its own is not cancelled, so that `withPermit` can't throw.
        await Task { try? await withPermit(body) }.value
    }

    private func enter() async throws {
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
                        state.waiters.append(Waiter(ticket: ticket, turn: turn))
                        return nil
                    }
                    state.free -= 1
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

    private func leave() {
        let next = state.withLock { state -> Waiter? in
            if state.waiters.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.turn.resume()
    }
}

import Synchronization

/// Lets one task at a time through, in the order of arrival; the others wait without holding a thread.
///
/// An actor can't do this, because another task may enter it wherever the first one awaits.
final class WriteGate: Sendable {
    private struct Waiter {
        let ticket: Int
        let turn: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var isTaken = false
        var tickets = 0
        var waiters: [Waiter] = []
    }

    private let state = Mutex(State())

    /// Runs `body` when everyone who came before is done.
    /// - Throws: `CancellationError` when the task is cancelled while it waits, and what `body` throws.
    func inTurn<Result>(_ body: () async throws -> Result) async throws -> Result {
        try await enter()
        defer { leave() }
        return try await body()
    }

    /// The same for what has to happen though the task may be cancelled.
    func inTurnAlways(_ body: @escaping @Sendable () async -> Void) async {
        // A task of its own is not cancelled, so that `inTurn` can't throw.
        await Task { try? await inTurn(body) }.value
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
                    if state.isTaken {
                        state.waiters.append(Waiter(ticket: ticket, turn: turn))
                        return nil
                    }
                    state.isTaken = true
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
                state.isTaken = false
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.turn.resume()
    }
}

import Synchronization

/// Lets a task wait for an outcome for a limited time. Whichever comes first, the outcome or the time limit, ends the wait.
final class TimedWait<Outcome: Sendable>: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<Outcome, any Error>)
        case over(Result<Outcome, any Error>)
    }

    private let state = Mutex(State.open)

    /// Ends the wait.
    /// - Returns: false if the wait had ended before.
    @discardableResult
    func end(_ result: Result<Outcome, any Error>) -> Bool {
        let (isFirst, waiting) = state.withLock { state -> (Bool, CheckedContinuation<Outcome, any Error>?) in
            switch state {
            case .over: return (false, nil)
            case .open:
                state = .over(result)
                return (true, nil)
            case .waiting(let continuation):
                state = .over(result)
                return (true, continuation)
            }
        }
        waiting?.resume(with: result)
        return isFirst
    }

    /// Waits for the outcome; call this only once. Returns `late` after `limit`; a nil limit means no limit.
    func outcome(within limit: Duration?, late: Outcome) async throws -> Outcome {
        let timer = limit.map { limit in
            Task { if (try? await Task.sleep(for: limit)) != nil { end(.success(late)) } }
        }
        defer { timer?.cancel() }
        return try await withCheckedThrowingContinuation { continuation in
            let ended = state.withLock { state -> Result<Outcome, any Error>? in
                if case .over(let result) = state { return result }
                state = .waiting(continuation)
                return nil
            }
            if let ended { continuation.resume(with: ended) }
        }
    }
}

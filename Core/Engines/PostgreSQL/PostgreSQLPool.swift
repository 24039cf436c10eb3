import Common
import Logging
import Storage
import Synchronization

/// A bounded pool of connections, each lent to one task at a time. If no connection is free, tasks queue for a limited time.
final class PostgreSQLPool: Sendable {
    private typealias Turn = CheckedContinuation<PostgreSQLConnection, any Error>

    private struct State {
        var idle: [PostgreSQLConnection] = []
        var count = 0
        var waiters: [(ticket: Int, turn: Turn)] = []
        var nextTicket = 0
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    /// The maximum number of waiting tasks. Further tasks are rejected.
    private static let maximumWaiting = 1_000

    let settings: PostgreSQLSettings
    private let size: Int
    private let waitSeconds: Double
    private let gate: ReconnectGate
    private let logger: Logger
    private let state = Mutex(State())

    init(settings: PostgreSQLSettings, size: Int, waitSeconds: Double = 30, logger: Logger) {
        self.settings = settings
        self.size = max(1, size)
        self.waitSeconds = waitSeconds
        gate = ReconnectGate(place: settings.place, logger: logger)
        self.logger = logger
    }

    /// Lends a connection to `body`.
    /// - Throws: `ServiceError` 503 if too many tasks are waiting, or if no connection becomes free in time.
    func withConnection<Result>(
        timeoutSeconds: Double? = nil, _ body: (PostgreSQLConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await acquire(within: min(waitSeconds, timeoutSeconds ?? waitSeconds))
        defer { release(connection) }
        return try await body(connection)
    }

    /// Runs `work` on an open connection, connecting first if needed. `timeoutSeconds` includes the wait for a connection.
    func perform<Result: Sendable>(
        timeoutSeconds: Double? = nil, _ work: @escaping @Sendable (PostgreSQLSession) throws -> Result
    ) async throws -> Result {
        let limit = timeoutSeconds.map { JobLimit(seconds: $0) }
        return try await withConnection(timeoutSeconds: timeoutSeconds) { connection in
            try await connection.perform(limit: limit) { session in
                try session.ready()
                return try work(session)
            }
        }
    }

    /// Returns a connection outside the pool, for long-running work. The caller must stop it.
    func extraConnection() -> PostgreSQLConnection { PostgreSQLConnection(settings: settings, gate: gate, logger: logger) }

    /// Stops lending connections, waits until all of them have come back, and closes them.
    func close() async {
        let (idle, waiters) = state.withLock { state in
            state.isClosed = true
            state.count -= state.idle.count
            defer {
                state.idle = []
                state.waiters = []
            }
            return (state.idle, state.waiters)
        }
        for waiter in waiters { waiter.turn.resume(throwing: Self.closed) }
        for connection in idle { connection.stop() }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.count > 0 { state.closers.append(continuation) }
                return state.count == 0
            }
            if isDone { continuation.resume() }
        }
    }

    // MARK: Lending

    private static let closed = PostgreSQLError.misuse("the store is closed")

    private enum Verdict {
        case now(Result<PostgreSQLConnection, any Error>)
        case later
    }

    private func acquire(within seconds: Double) async throws -> PostgreSQLConnection {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        var timer: Task<Void, any Error>?
        defer { timer?.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { turn in
                switch state.withLock({ decide(&$0, ticket, turn) }) {
                case .now(let result): turn.resume(with: result)
                case .later:
                    timer = Task { [weak self] in
                        try await Task.sleep(for: .seconds(seconds))
                        self?.giveUp(ticket, ServiceError.databaseBusy)
                    }
                }
            }
        } onCancel: {
            giveUp(ticket, CancellationError())
        }
    }

    private func decide(_ state: inout State, _ ticket: Int, _ turn: Turn) -> Verdict {
        if state.isClosed { return .now(.failure(Self.closed)) }
        // Checked under the lock. If the task is cancelled later, the waiter is in the list and will be found there.
        if Task.isCancelled { return .now(.failure(CancellationError())) }
        if let connection = state.idle.popLast() { return .now(.success(connection)) }
        if state.count < size {
            state.count += 1
            return .now(.success(extraConnection()))
        }
        guard state.waiters.count < Self.maximumWaiting else { return .now(.failure(ServiceError.databaseBusy)) }
        state.waiters.append((ticket, turn))
        return .later
    }

    private func giveUp(_ ticket: Int, _ error: any Error) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.ticket == ticket }.map { state.waiters.remove(at: $0) }
        }
        waiter?.turn.resume(throwing: error)
    }

    private func release(_ connection: PostgreSQLConnection) {
        let (next, closers, isClosed) = state.withLock { state -> (Turn?, [CheckedContinuation<Void, Never>], Bool) in
            if state.isClosed {
                state.count -= 1
                defer { if state.count == 0 { state.closers = [] } }
                return (nil, state.count == 0 ? state.closers : [], true)
            }
            if !state.waiters.isEmpty { return (state.waiters.removeFirst().turn, [], false) }
            state.idle.append(connection)
            return (nil, [], false)
        }
        next?.resume(returning: connection)
        if isClosed { connection.stop() }
        for closer in closers { closer.resume() }
    }
}

@_spi(Host) import Common
import Logging
@_spi(Host) import Storage

/// One connection to PostgreSQL, with its own thread that waits for the server.
///
/// It connects on first use, and reconnects after the server has closed it.
final class PostgreSQLConnection: Sendable {
    private let thread: WorkerThread<PostgreSQLSession>
    private let wakeUp: WakeUp

    init(settings: PostgreSQLSettings, gate: ReconnectGate, logger: Logger) {
        let wakeUp = WakeUp()
        self.wakeUp = wakeUp
        thread = WorkerThread(name: "postgresql") {
            PostgreSQLSession(settings: settings, gate: gate, wakeUp: wakeUp, logger: logger)
        } end: { session in
            session.disconnect()
        }
    }

    /// Runs `work` on the connection's thread.
    /// - Throws: `QueryTimeout` when it takes longer than `timeoutSeconds`, `CancellationError` when the task is
    ///   cancelled, both after the server has stopped the statement; and whatever `work` throws.
    func perform<Result: Sendable>(
        timeoutSeconds: Double? = nil, _ work: @escaping @Sendable (PostgreSQLSession) throws -> Result
    ) async throws -> Result {
        try await perform(limit: timeoutSeconds.map { JobLimit(seconds: $0) }, work)
    }

    /// Like `perform(timeoutSeconds:_:)`, but with a limit that is already running.
    func perform<Result: Sendable>(
        limit: JobLimit?, _ work: @escaping @Sendable (PostgreSQLSession) throws -> Result
    ) async throws -> Result {
        let control = JobControl(limit, wakeUp: wakeUp)
        return try await withTaskCancellationHandler {
            try await run(control, work)
        } onCancel: {
            control.cancel()
        }
    }

    /// Runs `work` to completion, without a time limit and even if the task is cancelled.
    func performAlways<Result: Sendable>(_ work: @escaping @Sendable (PostgreSQLSession) throws -> Result) async throws -> Result {
        try await run(JobControl(), work)
    }

    /// Closes the connection after the queued work.
    func stop() { thread.stop() }

    private func run<Result: Sendable>(
        _ control: JobControl, _ work: @escaping @Sendable (PostgreSQLSession) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let isAccepted = thread.enqueue { session in
                session.control = control
                let result = Swift.Result { try work(session) }
                session.control = JobControl()
                continuation.resume(with: result)
            }
            if !isAccepted { continuation.resume(throwing: PostgreSQLError.misuse("the connection is closed")) }
        }
    }
}

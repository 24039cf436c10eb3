@_spi(Host) import Common
import Logging
@_spi(Host) import Storage

/// One connection to PostgreSQL, with its own thread that waits for the server.
///
/// The connection opens on first use, and reopens after the server has closed it.
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
    /// - Throws: `QueryTimeout` if the work takes longer than `timeoutSeconds`; `CancellationError` if the task is cancelled; and
    ///   whatever `work` throws. The first two are thrown after the server has stopped the statement.
    func perform<Result: Sendable>(
        timeoutSeconds: Double? = nil, _ work: @escaping @Sendable (PostgreSQLSession) throws -> Result
    ) async throws -> Result {
        try await perform(limit: timeoutSeconds.map { JobLimit(seconds: $0) }, work)
    }

    /// Like `perform(timeoutSeconds:_:)`, but with a time limit that is already running.
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

    /// Closes the connection after all queued work is done.
    func stop() { thread.stop() }

    /// Stops the statement whose rows are being read, and closes the connection, after all queued work is done.
    func abandon() {
        _ = thread.enqueue { $0.abandon() }
        thread.stop()
    }

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

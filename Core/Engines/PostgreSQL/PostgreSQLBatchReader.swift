import Common
@_spi(Host) import Storage
import Synchronization

/// Reads rows in batches on a connection of its own, in one read-only transaction.
final class PostgreSQLBatchReader: BatchReader {
    private let store: PostgreSQLEventStore
    private let connection: PostgreSQLConnection
    private let seconds: Double
    private let isClosed = Atomic(false), hasBegun = Atomic(false)

    init(_ store: PostgreSQLEventStore, _ connection: PostgreSQLConnection, secondsPerBatch: Double) {
        self.store = store
        self.connection = connection
        seconds = secondsPerBatch
    }

    deinit { close() }

    func start(_ statement: SQL) async throws {
        let (text, values) = statement.rendered(for: .postgresql), isFirst = !hasBegun.exchange(true, ordering: .relaxed)
        try await perform { [citus = store.citus] session in
            if isFirst {
                try session.ready()
                try session.command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            }
            // Another connection would see later facts.
            guard session.isInTransaction else { throw ConnectionLost(reason: "the connection ended between two statements") }
            try session.startStream(try citus.safe(text, session), values)
        }
    }

    func next() async throws -> Rows? { try await perform { try $0.nextRows() } }

    private func perform<Result: Sendable>(_ work: @escaping @Sendable (PostgreSQLSession) throws -> Result) async throws -> Result {
        try await store.contract { try await connection.perform(timeoutSeconds: seconds, work) }
    }

    func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        connection.abandon()
        store.streams.ended(connection)
    }
}

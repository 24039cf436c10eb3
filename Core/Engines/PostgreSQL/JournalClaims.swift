@_spi(Host) import Common
import Logging
@_spi(Host) import Storage
import Synchronization

/// The journals that only this process may apply. An advisory lock for each is held on a dedicated connection, so the server
/// releases it as soon as this process ends.
final class JournalClaims: Sendable {
    private let connection: PostgreSQLConnection
    private let logger: Logger
    private let journals = Mutex<Set<String>>([])
    /// Journals whose lock another host has held in the meantime: what is stored for them may come from that host.
    private let contested = Mutex<Set<String>>([])

    /// Bounds how long the server takes a host for alive after its machine has died.
    private static let keepAlive = "SET tcp_keepalives_idle TO 15; SET tcp_keepalives_interval TO 5; SET tcp_keepalives_count TO 3"
    private static let retryMilliseconds = 250

    init(_ connection: PostgreSQLConnection, logger: Logger) {
        self.connection = connection
        self.logger = logger
    }

    /// Claims the journal.
    /// - Parameter patienceSeconds: how long to wait for a host that has just stopped or whose machine has died.
    /// - Throws: `JournalInUse` when another host still holds it then.
    func take(_ journal: String, patienceSeconds: Double) async throws {
        let limit = MonotonicTime.now.adding(seconds: patienceSeconds)
        var isFirst = true
        while try await !isTaken(journal) {
            guard .now < limit else { throw JournalInUse(journal: journal) }
            if isFirst { logger.warning("waiting for another host to release this journal", metadata: ["journal": "\(journal)"]) }
            isFirst = false
            try await Task.sleep(for: .milliseconds(Self.retryMilliseconds))
        }
        journals.withLock { _ = $0.insert(journal) }
    }

    /// Checks that the claim still holds. Call before each batch: the connection may have broken, and another host may have
    /// claimed the journal.
    /// - Throws: `JournalInUse` when another host holds it.
    func check(_ journal: String) async throws {
        guard journals.withLock({ $0.contains(journal) }) else { return }
        guard try await isTaken(journal) else {
            contested.withLock { _ = $0.insert(journal) }
            throw JournalInUse(journal: journal)
        }
    }

    func isContested(_ journal: String) -> Bool { contested.withLock { $0.contains(journal) } }

    /// Takes the lock, once more if this connection already has it. Returns false when another host holds it.
    private func isTaken(_ journal: String) async throws -> Bool {
        try await connection.perform(timeoutSeconds: 30) { session in
            if try session.ready() { try session.command(Self.keepAlive) }
            let rows = try session.execute(
                "SELECT pg_try_advisory_lock(hashtextextended(current_schema() || '/' || $1::text, \(AdvisoryLock.journal))) AS taken",
                [.text(journal)])
            return rows.values[0][0].bool == true
        }
    }

    func close() { connection.stop() }
}

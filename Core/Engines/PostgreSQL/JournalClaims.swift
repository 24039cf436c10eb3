@_spi(Host) import Common
import Logging
@_spi(Host) import Storage
import Synchronization

/// The journals that this process has claimed: no other process may apply them. A dedicated connection holds an advisory lock for
/// each journal, which the server releases as soon as this process ends.
final class JournalClaims: Sendable {
    private let connection: PostgreSQLConnection
    private let logger: Logger
    private let journals = Mutex<Set<String>>([])
    /// Journals whose lock was held by another host after this host had claimed it. Their stored batches may come from that host.
    private let contested = Mutex<Set<String>>([])

    /// Limits how long the server considers a host alive after the host's machine has died.
    private static let keepAlive = "SET tcp_keepalives_idle TO 15; SET tcp_keepalives_interval TO 5; SET tcp_keepalives_count TO 3"
    private static let retryMilliseconds = 250

    init(_ connection: PostgreSQLConnection, logger: Logger) {
        self.connection = connection
        self.logger = logger
    }

    /// Claims the journal.
    /// - Parameter patienceSeconds: how long to wait for a host that has just stopped or whose machine has died.
    /// - Throws: `JournalInUse` when another host still holds the journal after that time.
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

    /// Checks that this process still holds its claim. Call before each batch, because the connection may have broken and another
    /// host may have claimed the journal since.
    /// - Throws: `JournalInUse` when another host holds the journal.
    func check(_ journal: String) async throws {
        guard journals.withLock({ $0.contains(journal) }) else { return }
        guard try await isTaken(journal) else {
            contested.withLock { _ = $0.insert(journal) }
            throw JournalInUse(journal: journal)
        }
    }

    /// Whether another host has held the journal's lock since this process claimed it.
    func isContested(_ journal: String) -> Bool { contested.withLock { $0.contains(journal) } }

    /// Takes the journal's lock. A connection that holds the lock can take it again. Returns false when another host holds it.
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

import Logging
import Storage
import Synchronization

/// The journals that this process alone applies: a lock for each, held by a connection of its own, so that the server lets go
/// of it as soon as this process has ended.
final class JournalClaims: Sendable {
    private let connection: PostgreSQLConnection
    private let logger: Logger
    private let journals = Mutex<Set<String>>([])
    /// Those of which another host had the lock at some time since: what is stored of them may be that host's.
    private let contested = Mutex<Set<String>>([])

    /// The server may believe for so long that a host is there whose machine has died.
    private static let keepAlive = "SET tcp_keepalives_idle TO 15; SET tcp_keepalives_interval TO 5; SET tcp_keepalives_count TO 3"
    private static let retryMilliseconds = 250

    init(_ connection: PostgreSQLConnection, logger: Logger) {
        self.connection = connection
        self.logger = logger
    }

    /// - Parameter patienceSeconds: for a host that has just ended, or whose machine has died.
    /// - Throws: `JournalInUse`.
    func take(_ journal: String, patienceSeconds: Double) async throws {
        let limit = MonotonicTime.now.adding(seconds: patienceSeconds)
        var isFirst = true
        while try await !isTaken(journal) {
            guard .now < limit else { throw JournalInUse(journal: journal) }
            if isFirst { logger.warning("waiting for another host to give this journal's id free", metadata: ["journal": "\(journal)"]) }
            isFirst = false
            try await Task.sleep(for: .milliseconds(Self.retryMilliseconds))
        }
        journals.withLock { _ = $0.insert(journal) }
    }

    /// Before each batch: the connection may have broken since, and another host have come.
    func check(_ journal: String) async throws {
        guard journals.withLock({ $0.contains(journal) }) else { return }
        guard try await isTaken(journal) else {
            contested.withLock { _ = $0.insert(journal) }
            throw JournalInUse(journal: journal)
        }
    }

    func isContested(_ journal: String) -> Bool { contested.withLock { $0.contains(journal) } }

    /// Takes the lock, or takes it once more where this connection has it.
    private func isTaken(_ journal: String) async throws -> Bool {
        try await connection.perform(timeoutSeconds: 30) { session in
            if try session.ready() { try session.command(Self.keepAlive) }
            let rows = try session.execute(
                "SELECT pg_try_advisory_lock(hashtextextended(current_schema() || '/' || $1::text, \(AdvisoryLock.journal))) AS taken", [.text(journal)])
            return rows.values[0][0].bool == true
        }
    }

    func close() { connection.stop() }
}

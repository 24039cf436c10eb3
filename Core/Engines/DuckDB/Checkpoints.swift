import Foundation
import Logging
import Synchronization

/// When the WAL is written to the file, which is the writer's work between two batches.
///
/// DuckDB would do it by itself within a commit, but never while somebody reads, as every batch updates rows (the
/// journal's position, the ledger): a checkpoint must wait until whoever began to read before the last update has ended.
/// So it is tried after a batch, and when the WAL has become long, the writer waits for those readers. New ones don't matter.
final class Checkpoints: Sendable {
    private static let retrySeconds = 0.005
    /// For readers to end, where the WAL holds what was erased.
    private static let owedWaitSeconds = 0.5
    /// For readers to end; their own time limit is shorter.
    private static let maximumWaitSeconds = 120.0

    private let wal: String
    /// A start after a crash reads some 100 MB/s of it.
    private let dueBytes: Int
    private var urgentBytes: Int { dueBytes * 4 }
    private let logger: Logger
    /// Backups that keep checkpoints away.
    private let backups = Atomic(0)
    private let owed = Atomic(false)

    init(path: String, walBytes: Int, logger: Logger) {
        wal = path + ".wal"
        dueBytes = walBytes
        self.logger = logger
    }

    private var walBytes: Int {
        var information = stat()
        return stat(wal, &information) == 0 ? Int(information.st_size) : 0
    }

    var isDue: Bool { backups.load(ordering: .acquiring) == 0 && (isOwed || walBytes > dueBytes) }

    /// Whether the WAL holds something that was erased.
    var isOwed: Bool { owed.load(ordering: .acquiring) }
    /// Whether there was nothing of that before.
    func owe() -> Bool { !owed.exchange(true, ordering: .acquiringAndReleasing) }

    func backupBegins() { backups.wrappingAdd(1, ordering: .acquiringAndReleasing) }
    func backupEnds() { backups.wrappingSubtract(1, ordering: .acquiringAndReleasing) }

    /// On the writer's thread.
    func runIfDue(on connection: Connection) {
        guard isDue else { return }
        do {
            try run(on: connection, maximumWaitSeconds: walBytes > urgentBytes ? Self.maximumWaitSeconds : isOwed ? Self.owedWaitSeconds : 0)
        } catch {
            logger.debug("no checkpoint at the moment", metadata: ["reason": "\(error)"])
        }
    }

    /// - Throws: `DuckDBError`; `isConflict` when readers have not ended in time.
    func run(on connection: Connection, maximumWaitSeconds: Double = maximumWaitSeconds) throws {
        let limit = MonotonicTime.now.adding(seconds: maximumWaitSeconds)
        while true {
            do {
                _ = try connection.run("CHECKPOINT")
                owed.store(false, ordering: .releasing)
                return
            } catch let error as DuckDBError where error.isConflict && .now < limit {
                usleep(UInt32(Self.retrySeconds * 1e6))
            }
        }
    }
}

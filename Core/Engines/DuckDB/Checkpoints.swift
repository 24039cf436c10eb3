@_spi(Host) import Common
import Foundation
import Logging
import Synchronization

/// Decides when to run a checkpoint, which moves the WAL's contents to the database file. The writer runs checkpoints between batches.
///
/// DuckDB could checkpoint by itself during a commit, but that fails whenever a reader is active: every batch updates rows (the
/// journal's position, the ledger), and a checkpoint must wait for all readers that started before the last update. Pulse therefore
/// tries a checkpoint after a batch. Once the WAL is long, the writer waits for those older readers, but never for newer ones.
final class Checkpoints: Sendable {
    private static let retrySeconds = 0.005
    /// How long a checkpoint waits for readers when the WAL holds erased data.
    private static let requestedWaitSeconds = 0.5
    /// The longest that a checkpoint waits for readers. The time limit of queries is shorter.
    private static let maximumWaitSeconds = 120.0

    private let wal: String
    /// The WAL size that makes a checkpoint due. After a crash, startup replays the WAL at about 100 MB/s.
    private let dueBytes: Int
    private var urgentBytes: Int { dueBytes * 4 }
    private let logger: Logger
    /// The number of running backups. While there are any, no checkpoint is due.
    private let backups = Atomic(0)
    private let requested = Atomic(false)

    init(path: String, walBytes: Int, logger: Logger) {
        wal = path + ".wal"
        dueBytes = walBytes
        self.logger = logger
    }

    private var walBytes: Int {
        var information = stat()
        return stat(wal, &information) == 0 ? Int(information.st_size) : 0
    }

    var isDue: Bool { backups.load(ordering: .acquiring) == 0 && (isRequested || walBytes > dueBytes) }

    /// Whether the WAL holds erased data.
    var isRequested: Bool { requested.load(ordering: .acquiring) }
    /// Records that the WAL holds erased data. Returns true if it held none before.
    func request() -> Bool { !requested.exchange(true, ordering: .acquiringAndReleasing) }

    func backupBegins() { backups.wrappingAdd(1, ordering: .acquiringAndReleasing) }
    func backupEnds() { backups.wrappingSubtract(1, ordering: .acquiringAndReleasing) }

    /// Runs a checkpoint if one is due. Call on the writer's thread.
    func runIfDue(on connection: Connection) {
        guard isDue else { return }
        do {
            try run(
                on: connection,
                maximumWaitSeconds: walBytes > urgentBytes ? Self.maximumWaitSeconds : isRequested ? Self.requestedWaitSeconds : 0)
        } catch {
            logger.debug("checkpoint postponed", metadata: ["reason": "\(error)"])
        }
    }

    /// Runs a checkpoint, waiting for readers if needed.
    /// - Throws: `DuckDBError`, with `isConflict` true if readers have not finished in time.
    func run(on connection: Connection, maximumWaitSeconds: Double = maximumWaitSeconds) throws {
        let limit = MonotonicTime.now.adding(seconds: maximumWaitSeconds)
        while true {
            do {
                _ = try connection.run("CHECKPOINT")
                requested.store(false, ordering: .releasing)
                return
            } catch let error as DuckDBError where error.isConflict && .now < limit {
                usleep(UInt32(Self.retrySeconds * 1e6))
            }
        }
    }
}

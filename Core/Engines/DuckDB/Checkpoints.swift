import Foundation
import Logging

/// When the WAL is written to the file, which is the writer's work between two batches.
///
/// DuckDB would do it by itself within a commit, but not while anybody reads, as every batch updates rows (the journal's
/// position, the ledger). A checkpoint of its own kind has no such condition.
final class Checkpoints: Sendable {
    /// Of the WAL. Larger ones make checkpoints rarer, and a start after a crash slower: it reads some 100 MB/s.
    private static let maximumBytes = 32 << 20

    private let wal: String
    private let logger: Logger

    init(path: String, logger: Logger) {
        wal = path + ".wal"
        self.logger = logger
    }

    var isDue: Bool {
        var information = stat()
        return stat(wal, &information) == 0 && information.st_size > Self.maximumBytes
    }

    func run(on connection: Connection) {
        guard isDue else { return }
        do {
            try connection.execute("CHECKPOINT")
        } catch {
            // While a backup is under way there is none; the next batch tries again.
            logger.debug("no checkpoint at the moment", metadata: ["reason": "\(error)"])
        }
    }
}

import Common
import Foundation
@_spi(Host) import Storage
import Synchronization

/// Reads rows in batches on a thread and a connection of its own.
final class DuckDBBatchReader: BatchReader {
    private let store: DuckDBEventStore
    private let threads: ConnectionThreads
    private let seconds: Double
    private let isClosed = Atomic(false)

    init(_ store: DuckDBEventStore, _ threads: ConnectionThreads, secondsPerBatch: Double) {
        self.store = store
        self.threads = threads
        seconds = secondsPerBatch
    }

    deinit { close() }

    func start(_ statement: SQL) async throws {
        let (text, values) = statement.rendered(for: .duckdb)
        try await store.unavailableWhenBroken { try await threads.run(timeoutSeconds: seconds) { try $0.startStream(text, values) } }
    }

    func next() async throws -> Rows? {
        try await store.unavailableWhenBroken { try await threads.run(timeoutSeconds: seconds) { try $0.nextRows() } }
    }

    func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        // Closing waits for the statement to stop.
        Thread.detachNewThread { [threads, streams = store.streams] in
            threads.close(graceSeconds: 0)
            streams.ended(threads)
        }
    }
}

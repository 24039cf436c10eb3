@_spi(Host) import DuckDBEngine
import Foundation
import Logging
@_spi(Host) import Storage
import Testing

/// An event store engine, for tests that apply to every engine.
struct EventStoreEngine: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Opens a new store in the given folder.
    let open: @Sendable (_ folder: String) async throws -> any EventStore

    /// The engines that need no server. PostgreSQL is tested in `PostgreSQLEventStoreTests`.
    static let all: [EventStoreEngine] = [
        EventStoreEngine(testDescription: "DuckDB") { try DuckDBEventStore.temporary(in: $0) }
    ]

    /// Gives `body` a new store with the tables of `IngestTables` and `FactSamples`, and closes it.
    func use(_ body: (any EventStore) async throws -> Void) async throws {
        try await TemporaryFolder.use { folder in
            let store = try await open(folder)
            do {
                try await store.createSampleTables()
                try await body(store)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }
}

extension EventStore {
    func createSampleTables() async throws {
        let steps = (IngestTables.migrations + [FactSamples.migration]).flatMap(\.steps)
        try await change(steps.flatMap { $0.statements(for: dialect) })
    }

    /// The only value of a statement that returns one row and column.
    func value(_ statement: SQL) async throws -> Value {
        try await query(statement, timeoutSeconds: 10).values[0][0]
    }

    func count(of table: String = "sample_fact") async throws -> Int64 {
        try await query("SELECT count(*) AS n FROM \(sql: table)", timeoutSeconds: 10)[0].int("n")
    }
}

enum TemporaryFolder {
    static func use(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pulse-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }
}

extension DuckDBEventStore {
    /// Opens `events.duckdb` in the folder; creates it if it doesn't exist.
    static func temporary(in folder: String, walBytes: Int = 32 << 20) throws -> DuckDBEventStore {
        try DuckDBEventStore(
            path: folder + "/events.duckdb", library: .load(), threads: 2, memoryLimitBytes: 512 << 20, readers: 4,
            temporaryFolder: folder + "/spill", walBytes: walBytes,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }
}

import DuckDBEngine
import Foundation
import Logging
import Storage
import Testing

/// An engine of the event plane, for tests that hold for each of them.
struct EventStoreEngine: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// A store that nobody else uses, with `IngestTables` and `FactSamples` in it; the folder is for files of the test.
    let open: @Sendable (_ folder: String) async throws -> any EventStore

    /// Every engine that this machine can run. Here PostgreSQL is added: when `PULSE_TEST_DATABASE_URL` is set, with a
    /// store whose connections have a schema of their own.
    static let all: [EventStoreEngine] = [
        EventStoreEngine(testDescription: "DuckDB") { try DuckDBEventStore.temporary(in: $0) },
    ]

    /// Gives `body` a store with tables, and closes it.
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

    /// The single value of a statement's single row.
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
    /// The store in `events.duckdb` of the folder, which may have been there before.
    static func temporary(in folder: String, walBytes: Int = 32 << 20) throws -> DuckDBEventStore {
        try DuckDBEventStore(
            path: folder + "/events.duckdb", library: .load(), threads: 2, memoryLimitBytes: 512 << 20, readers: 4,
            temporaryFolder: folder + "/spill", walBytes: walBytes, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }
}

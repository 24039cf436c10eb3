import Common
@_spi(Host) @testable import DuckDBEngine
import Foundation
@_spi(Host) @testable import PostgreSQLEngine
@_spi(Host) import Storage
import Synchronization
import Testing

/// Rows in batches, on both engines.
@Suite("Rows in batches")
struct BatchReaderTests {
    /// An event store engine.
    enum Engine: CaseIterable { case duckdb, postgresql }

    private static let engines: [Engine] = PostgreSQLTestServer.url == nil ? [.duckdb] : Engine.allCases

    private func use(_ engine: Engine, _ body: (any EventStore, _ open: () -> Int) async throws -> Void) async throws {
        switch engine {
        case .duckdb:
            try await TemporaryFolder.use { folder in
                let store = try DuckDBEventStore.temporary(in: folder)
                try await PostgreSQLTestServer.closing(store.close) {
                    try await store.createSampleTables()
                    try await body(store) { store.openReaders }
                }
            }
        case .postgresql: try await PostgreSQLTestServer.withEventStore { store, _ in try await body(store) { store.openReaders } }
        }
    }

    private static let many: SQL = "/* test.many */ SELECT n, 'row ' || n AS name FROM generate_series(1, \(Int64(20_000))) AS numbers (n)"

    @Test("hands out all rows in order, in batches, and then nil for good", arguments: engines)
    func batches(engine: Engine) async throws {
        try await use(engine) { store, _ in
            let reader = try store.reader(of: 1, secondsPerBatch: 60)
            try await reader.start(Self.many)
            var expected: Int64 = 1, batches = 0
            while let rows = try await reader.next() {
                #expect(rows.columns == ["n", "name"] && (1...2_048).contains(rows.count))
                for row in rows {
                    guard row.int("n") == expected, row.text("name").isExactly("row \(expected)") else {
                        Issue.record("expected row \(expected), got \(row)")
                        return
                    }
                    expected += 1
                }
                batches += 1
            }
            #expect(expected == 20_001 && batches >= 10)
            #expect(try await reader.next() == nil)
        }
    }

    @Test("hands out the first rows of a result that no memory could hold, and stops when it is closed", arguments: engines)
    func endless(engine: Engine) async throws {
        try await use(engine) { store, open in
            let reader = try store.reader(of: 1, secondsPerBatch: 60)
            try await reader.start(
                store.dialect == .duckdb
                    ? "SELECT range AS n, repeat('x', 1000) AS padding FROM range(1000000000000)"
                    : "SELECT generate_series(0, 1000000000000) AS n, repeat('x', 1000) AS padding")
            var next: Int64 = 0
            for _ in 0..<5 {
                let rows = try #require(try await reader.next())
                #expect(rows[0].int("n") == next && rows.count <= 2_048)
                next += Int64(rows.count)
            }
            reader.close()
            while open() > 0 { await Task.yield() }
            await #expect(throws: (any Error).self) { while try await reader.next() != nil {} }
            #expect(try await store.value("SELECT 1").int == 1)
        }
    }

    @Test("all statements of a reader see the same facts", arguments: engines)
    func snapshot(engine: Engine) async throws {
        try await use(engine) { store, _ in
            _ = try await store.apply(FactSamples.batch([FactSamples.row("a")], to: 1))
            let reader = try store.reader(of: 1, secondsPerBatch: 60)
            for _ in 0..<2 {
                try await reader.start("SELECT path FROM sample_fact")
                #expect(try await reader.next()?.map { $0.text("path") } == ["a"])
                #expect(try await reader.next() == nil)
                _ = try await store.apply(FactSamples.batch([FactSamples.row("b")], to: 2))
            }
        }
    }

    @Test("a statement that fails after many rows throws, and its reader is no use afterwards", arguments: engines)
    func failure(engine: Engine) async throws {
        try await use(engine) { store, open in
            let reader = try store.reader(of: 1, secondsPerBatch: 60)
            let failing: SQL = """
                SELECT CASE WHEN n < 19000 THEN n ELSE CAST('no number ' || n AS bigint) END AS n, repeat('x', 1000) AS padding
                FROM generate_series(1, \(Int64(20_000))) AS numbers (n)
                """
            try await reader.start(failing)
            var rows = 0
            let error = await #expect(throws: (any Error).self) { while let batch = try await reader.next() { rows += batch.count } }
            #expect(rows > 0 && rows < 19_000, "\(rows)")
            #expect(error.map { !"\($0)".contains("no number 19") } == true)
            await #expect(throws: (any Error).self) {
                try await reader.start("SELECT 1 AS one")
                _ = try await reader.next()
            }
            #expect(try await store.value("SELECT 1").int == 1)
        }
    }

    @Test("the time limit is for a batch, not for the whole; a statement that exceeds it is stopped", arguments: engines)
    func limit(engine: Engine) async throws {
        try await use(engine) { store, _ in
            let reader = try store.reader(of: 1, secondsPerBatch: 0.3)
            await #expect(throws: QueryTimeout.self) {
                try await reader.start(
                    """
                    SELECT count(*) AS n FROM generate_series(1, 100000) AS a (n) CROSS JOIN generate_series(1, 100000) AS b (m)
                    WHERE a.n * b.m % 7 = 3
                    """)
                _ = try await reader.next()
            }
        }
    }

    @Test("a cancelled task stops its statement", arguments: engines)
    func cancellation(engine: Engine) async throws {
        try await use(engine) { store, open in
            let reader = try store.reader(of: 1, secondsPerBatch: 600)
            let task = Task {
                try await reader.start(
                    """
                    SELECT count(*) AS n FROM generate_series(1, 1000000) AS a (n) CROSS JOIN generate_series(1, 1000000) AS b (m)
                    WHERE a.n * b.m % 7 = 3
                    """)
                _ = try await reader.next()
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("few readers may be open, fewer of one project; a released one makes room and ends its statement", arguments: engines)
    func places(engine: Engine) async throws {
        try await use(engine) { store, open in
            var readers = try (0..<2).map { _ in try store.reader(of: 1, secondsPerBatch: 60) }
            for reader in readers {
                try await reader.start(Self.many)
                _ = try await reader.next()
            }
            #expect(throws: ServiceError.self) { try store.reader(of: 1, secondsPerBatch: 60) }
            readers += try (0..<2).map { _ in try store.reader(of: 2, secondsPerBatch: 60) }
            let refusal = #expect(throws: ServiceError.self) { try store.reader(of: 3, secondsPerBatch: 60) }
            #expect(refusal?.status == 503 && refusal?.retryAfterSeconds == 10)
            readers = []
            // Connections close on threads of their own.
            while open() > 0 { await Task.yield() }
            let reader = try store.reader(of: 3, secondsPerBatch: 60)
            try await reader.start("SELECT 1 AS one")
            #expect(try await reader.next()?.first?.int("one") == 1)
        }
    }

    @Test("a store that closes ends its readers", arguments: engines)
    func closing(engine: Engine) async throws {
        try await use(engine) { store, _ in
            let reader = try store.reader(of: 1, secondsPerBatch: 60)
            try await reader.start(Self.many)
            await store.close()
            await #expect(throws: (any Error).self) { while try await reader.next() != nil {} }
            #expect(throws: ServiceError.self) { try store.reader(of: 1, secondsPerBatch: 60) }
        }
    }

    @Test("only statements that read may run", arguments: engines)
    func reading(engine: Engine) async throws {
        try await use(engine) { store, _ in
            let reader = try store.reader(of: 1, secondsPerBatch: 60)
            await #expect(throws: (any Error).self) {
                try await reader.start("DELETE FROM sample_fact")
                _ = try await reader.next()
            }
        }
    }
}

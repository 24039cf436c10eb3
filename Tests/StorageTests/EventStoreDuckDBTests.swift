import Common
@_spi(Host) import DuckDBEngine
import Foundation
@_spi(Host) import Storage
import Testing

/// Guarantees and limits of DuckDB, in addition to `EventStoreTests` for every engine.
@Suite("Event store on DuckDB")
struct EventStoreDuckDBTests {
    typealias Samples = FactSamples

    private func withStore(_ body: (DuckDBEventStore, _ folder: String) async throws -> Void) async throws {
        try await TemporaryFolder.use { folder in
            let store = try DuckDBEventStore.temporary(in: folder)
            do {
                try await store.createSampleTables()
                try await body(store, folder)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }

    @Test("the id table grows past its initial size, and ids are known across batches")
    func manyIDs() async throws {
        try await withStore { store, _ in
            var stored: Int64 = 0
            // In total, more ids than the smallest filter (`SeenEvents`) can hold, so the filter has to be reloaded.
            for (batch, count) in [40_000, 30_000, 30_000].enumerated() {
                let rows = (0..<Int64(count)).map { Samples.row("/", id: stored + $0) }
                let again = Samples.row("/", id: max(0, stored - 1))
                let applied = try await store.apply(Samples.batch(rows + [again], to: Int64(batch) + 1))
                #expect(applied.duplicates.filter { $0 }.count == 1)
                stored += Int64(count)
            }
            let rows = try await store.count()
            #expect(rows == stored)
        }
    }

    @Test("keeps all data across reopening, and rejects work once closed")
    func reopening() async throws {
        try await withStore { store, folder in
            _ = try await store.apply(Samples.batch([Samples.row("a", id: 1), Samples.row("b")], to: 5))
            await store.close()
            let refusal = await #expect(throws: ServiceError.self) { try await store.query("SELECT 1", timeoutSeconds: 1) }
            #expect(refusal?.status == 503)
            await #expect(throws: ServiceError.self) { try await store.apply(Samples.batch([], to: 6)) }

            let again = try DuckDBEventStore.temporary(in: folder)
            #expect(try await again.paths() == ["a", "b"])
            #expect(try await again.position(of: "a") == JournalPosition(segment: 0, offset: 5))
            #expect(try await again.apply(Samples.batch([Samples.row("a", id: 1)], to: 6)).duplicates == [true])
            await again.close()
        }
    }

    @Test("a query that runs out of memory fails with 503 and Retry-After, and the store keeps working")
    func outOfMemory() async throws {
        try await withStore { store, _ in
            for _ in 0..<2 {
                let error = await #expect(throws: ServiceError.self) {
                    try await store.query("SELECT length(string_agg(repeat('x', 1000000), '')) AS n FROM range(2000)", timeoutSeconds: 60)
                }
                #expect(error?.status == 503 && error?.code == "event_store_exhausted" && error?.retryAfterSeconds == 5)
                let one = try await store.value("SELECT 1")
                #expect(one == .int(1))
            }
        }
    }

    @Test("only one process at a time can open a file")
    func fileLock() async throws {
        try await withStore { _, folder in
            // DuckDB's lock belongs to the process, so another process has to check it.
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-c", Self.lockProbe, folder + "/events.duckdb"]
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 3)
        }
    }

    /// Exits with 3 if the file is locked, with 0 if not.
    private static let lockProbe = """
        import fcntl, sys
        file = open(sys.argv[1], "r+b")
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit(3)
        """

    @Test("closing stops running statements")
    func closing() async throws {
        try await withStore { store, _ in
            let endless = Task {
                try await store.query(
                    """
                    WITH RECURSIVE n AS (SELECT 1::bigint AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000)
                    SELECT count(*) AS n FROM n
                    """, timeoutSeconds: 60)
            }
            try await Task.sleep(for: .milliseconds(100))
            let start = ContinuousClock.now
            await store.close()
            #expect(ContinuousClock.now - start < .seconds(30))
            await #expect(throws: ServiceError.self) { try await endless.value }
        }
    }

    @Test("a backup taken while batches arrive is consistent", .timeLimit(.minutes(2)))
    func backup() async throws {
        try await withStore { store, folder in
            let writing = Task {
                for batch in 1...120 {
                    // Each batch adds 500 rows with ids and advances the journal's position by one.
                    let rows = (0..<500).map { Samples.row("/\(batch)/\($0)", id: Int64(batch * 1_000 + $0)) }
                    _ = try await store.apply(Samples.batch(rows, to: Int64(batch)))
                }
            }
            for copy in 1...5 { try await store.backup(to: folder + "/copy\(copy)") }
            try await writing.value
            try await store.backup(to: folder + "/last")
            #expect(try await store.count() == 60_000)

            for copy in (1...5).map({ "copy\($0)" }) + ["last"] {
                try await store.restore(from: folder + "/" + copy)
                let row = try await store.query(
                    """
                    SELECT count(*) AS n, count(DISTINCT path) AS paths, (SELECT coalesce(sum(byte_offset), 0) FROM ingest_positions) AS batches,
                      (SELECT coalesce(sum(count), 0) FROM ingest_ledger) AS stored, (SELECT count(*) FROM ingest_event_ids) AS ids
                    FROM sample_fact
                    """, timeoutSeconds: 10)[0]
                let expected = row.int("batches") * 500
                #expect([row.int("n"), row.int("paths"), row.int("stored"), row.int("ids")] == [expected, expected, expected, expected])
            }
            #expect(try await store.count() == 60_000)
            // The restored ids are known, and the store keeps working.
            let applied = try await store.apply(Samples.batch([Samples.row("x", id: 120_499), Samples.row("y", id: 999_999_999)], to: 121))
            #expect(applied.duplicates == [true, false])
        }
    }

    @Test("restoring a missing or damaged backup changes nothing")
    func wrongBackup() async throws {
        try await withStore { store, folder in
            _ = try await store.apply(Samples.batch([Samples.row("a")], to: 1))
            await #expect(throws: (any Error).self) { try await store.restore(from: folder + "/nowhere") }
            try FileManager.default.createDirectory(atPath: folder + "/damaged", withIntermediateDirectories: true)
            try Data(repeating: 7, count: 100_000).write(to: URL(fileURLWithPath: folder + "/damaged/events.duckdb"))
            await #expect(throws: (any Error).self) { try await store.restore(from: folder + "/damaged") }
            #expect(try await store.paths() == ["a"])
        }
    }

    @Test(
        "no statement reaches files, other databases, extensions or settings",
        arguments: [
            "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM '/etc/passwd'",
            "SELECT * FROM glob('/etc/*')", "COPY sample_fact TO '/tmp/pulse-leak.csv'", "COPY sample_fact FROM '/etc/passwd'",
            "ATTACH '/tmp/pulse-other.duckdb' AS other", "EXPORT DATABASE '/tmp/pulse-leak'", "INSTALL httpfs", "LOAD httpfs",
            "SET threads = 1", "SET enable_external_access = true", "SET lock_configuration = false", "SET GLOBAL memory_limit = '1MB'",
            "RESET threads", "PRAGMA threads = 1", "SET TimeZone = 'Europe/Berlin'", "USE memory", "CHECKPOINT", "BEGIN TRANSACTION",
            "PRAGMA enable_profiling", "CREATE TABLE leak AS SELECT * FROM read_text('/etc/passwd')",
        ])
    func closedDoors(statement: String) async throws {
        try await withStore { store, _ in
            await #expect(throws: (any Error).self) { try await store.query(SQL(sql: statement), timeoutSeconds: 10) }
            await #expect(throws: (any Error).self) { try await store.change([SQL(sql: statement)]) }
            let settings = try await store.query(
                """
                SELECT current_setting('threads') AS threads, current_setting('enable_external_access') AS external,
                  current_setting('lock_configuration') AS locked, current_setting('TimeZone') AS zone
                """, timeoutSeconds: 10)[0]
            #expect(settings.int("threads") == 2 && settings["external"].bool == false && settings["locked"].bool == true)
            #expect(settings.text("zone") == "UTC")
            #expect(
                !FileManager.default.fileExists(atPath: "/tmp/pulse-leak.csv")
                    && !FileManager.default.fileExists(atPath: "/tmp/pulse-other.duckdb"))
        }
    }

    @Test(
        "converts every DuckDB type that a report may return",
        arguments: [
            ("1::tinyint", Value.int(1)), ("-1::smallint", .int(-1)), ("255::utinyint", .int(255)), ("65535::usmallint", .int(65_535)),
            ("4294967295::uinteger", .int(4_294_967_295)), ("1::ubigint", .int(1)),
            ("18446744073709551615::ubigint", .double(18_446_744_073_709_551_616)),
            ("9223372036854775807::hugeint", .int(.max)), ("-5::hugeint", .int(-5)),
            ("170141183460469231731687303715884105727::hugeint", .double(0x1p127)),
            ("0.5::float", .double(0.5)), ("1.25::decimal(4,2)", .double(1.25)), ("123456.5::decimal(18,1)", .double(123_456.5)),
            ("-1.5::decimal(38,10)", .double(-1.5)), ("7::decimal(9,0)", .int(7)), ("true", .bool(true)), ("NULL", .null),
            ("NULL::date", .null),
            ("date '2026-03-01'", .text("2026-03-01")), ("date '1969-12-31'", .text("1969-12-31")),
            ("timestamp '2026-03-01 10:00:00'", .text("2026-03-01T10:00:00")),
            ("timestamp '2026-03-01 10:00:00.25'", .text("2026-03-01T10:00:00.250")),
            ("timestamp '1969-12-31 23:59:59.000001'", .text("1969-12-31T23:59:59.000001")),
            ("timestamp_ms '2026-03-01 10:00:00.001'", .text("2026-03-01T10:00:00.001")),
            ("timestamp_s '2026-03-01 10:00:00'", .text("2026-03-01T10:00:00")),
            ("timestamptz '2026-03-01 12:00:00+02:00'", .text("2026-03-01T10:00:00Z")),
            ("[1, NULL, 3]", .text("[1,null,3]")), ("['a', 'it''s \"b\"', NULL]", .text(#"["a","it's \"b\"",null]"#)),
            ("[]::text[]", .text("[]")),
            ("[[1], [2, 3]]", .text("[[1],[2,3]]")), ("[true]", .text("[true]")), ("'{\"a\":1}'::json", .text("{\"a\":1}")),
        ])
    func types(expression: String, value: Value) async throws {
        try await withStore { store, _ in
            let answer = try await store.value("SELECT \(sql: expression) AS x")
            #expect(answer == value)
        }
    }

    @Test("the error for an unsupported column type names the column")
    func unknownType() async throws {
        try await withStore { store, _ in
            let error = await #expect(throws: DuckDBError.self) { try await store.query("SELECT interval 1 day AS age", timeoutSeconds: 1) }
            #expect(error?.message.contains("'age'") == true)
        }
    }

    @Test("violating a unique constraint throws UniqueViolation")
    func uniqueViolation() async throws {
        try await withStore { store, _ in
            try await store.change(["INSERT INTO ingest_positions VALUES ('a', 1, 1)"])
            await #expect(throws: UniqueViolation.self) { try await store.change(["INSERT INTO ingest_positions VALUES ('a', 2, 2)"]) }
        }
    }

    @Test("statements queue when there are more than threads, and none is lost")
    func line() async throws {
        try await withStore { store, _ in
            let answers = try await withThrowingTaskGroup(of: Int64.self) { group in
                for number in 0..<100 {
                    group.addTask { try await store.value("SELECT \(number) + sum(range) FROM range(1000)").int ?? -1 }
                }
                return try await group.reduce(into: [Int64]()) { $0.append($1) }
            }
            #expect(answers.sorted() == (0..<100).map { 499_500 + Int64($0) })
        }
    }

    // MARK: Visitors

    @Test("numbers each project's visitors in order of appearance, across restarts")
    func visitors() async throws {
        try await withStore { store, folder in
            _ = try await store.apply(
                Samples.batch(
                    [
                        Samples.row("a", visitor: 70), Samples.row("b", visitor: 50), Samples.row("c", visitor: 70),
                        Samples.row("d", visitor: 0),
                        Samples.row("e", project: 2, visitor: 50),
                    ], to: 1))
            let facts = try await store.query(
                "SELECT path, project, visitor, \(Dialect.duckdb.visitorKey(in: "f")) AS key FROM sample_fact f ORDER BY path",
                timeoutSeconds: 10)
            #expect(
                facts.map { [$0.int("project"), $0.int("visitor"), $0.int("key")] } == [
                    [1, 1, 70], [1, 2, 50], [1, 1, 70], [1, 0, 0], [2, 1, 50],
                ])
            #expect(try await Self.numbers(store) == [1, 2, nil, 0])
            #expect(try await store.visitor(50, of: 2) == 1)
            #expect(try await Self.bounds(store) == [3, 2, 1])
            await store.close()

            let again = try DuckDBEventStore.temporary(in: folder)
            #expect(try await Self.bounds(again) == [3, 2, 1])
            _ = try await again.apply(Samples.batch([Samples.row("f", visitor: 60), Samples.row("g", visitor: 50)], to: 2))
            #expect(try await Self.numbers(again) == [1, 2, 3, 0])
            #expect(try await Self.bounds(again) == [4, 2, 1])
            await again.close()
        }
    }

    @Test("a visitor from a failed batch, or an erased visitor, gets a number with its next fact")
    func forgottenVisitors() async throws {
        try await withStore { store, _ in
            _ = try await store.apply(Samples.batch([Samples.row("a", visitor: 70), Samples.row("b", visitor: 50)], to: 1))
            await #expect(throws: (any Error).self) {
                try await store.apply(Samples.batch([Samples.row("c", visitor: 60), Samples.row("d", kind: 40_000)], to: 2))
            }
            #expect(try await Self.numbers(store) == [1, 2, nil, 0])
            try await store.change(["DELETE FROM sample_fact WHERE project = 1 AND visitor = 1"] + store.erasure(of: 1, in: 1))
            #expect(try await Self.numbers(store) == [nil, 2, nil, 0])
            _ = try await store.apply(Samples.batch([Samples.row("e", visitor: 60), Samples.row("f", visitor: 70)], to: 2))
            #expect(try await Self.numbers(store) == [4, 2, 3, 0])
            #expect(try await store.count(of: "ingest_visitors") == 3)
        }
    }

    /// The numbers of visitors 70, 50, 60 and no visitor in project 1.
    private static func numbers(_ store: DuckDBEventStore) async throws -> [Int64?] {
        var numbers: [Int64?] = []
        for key: Int64 in [70, 50, 60, 0] { numbers.append(try await store.visitor(key, of: 1)) }
        return numbers
    }

    /// The visitor bounds of projects 1, 2 and 3.
    private static func bounds(_ store: DuckDBEventStore) async throws -> [Int64?] {
        var bounds: [Int64?] = []
        for project: Int32 in 1...3 { bounds.append(try await store.visitorBound(of: project)) }
        return bounds
    }

    // MARK: The WAL

    @Test("the WAL stays small while batches arrive and queries run without a break", .timeLimit(.minutes(2)))
    func boundedWAL() async throws {
        try await TemporaryFolder.use { folder in
            let store = try DuckDBEventStore.temporary(in: folder, walBytes: 1 << 20)
            try await store.createSampleTables()
            let reading = (0..<3).map { _ in
                Task {
                    while !Task.isCancelled {
                        _ = try await store.query("SELECT count(DISTINCT note) AS n FROM sample_fact", timeoutSeconds: 30)
                    }
                }
            }
            var longest = 0
            for batch in 1...60 {
                // About 400 KB per batch.
                let rows = (0..<400).map { Samples.row("\($0)", note: .text("\(batch) \($0) " + String(repeating: "x", count: 1_000))) }
                _ = try await store.apply(Samples.batch(rows, to: Int64(batch)))
                let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/events.duckdb.wal")
                longest = max(longest, (attributes?[.size] as? NSNumber)?.intValue ?? 0)
            }
            for task in reading { task.cancel() }
            for task in reading { try? await task.value }
            // In total, 24 MB were written.
            #expect(longest > 300_000 && longest < 6 << 20)
            #expect(try await store.count() == 24_000)
            await store.close()
        }
    }
}

import Common
@_spi(Host) @testable import PostgreSQLEngine
@_spi(Host) import Storage
import TestSupport
import Testing

// Needs a server: see PostgreSQLTestServer.
// Only one process applies a host's journal: see `JournalClaims`.
@Suite("Journal claims on PostgreSQL", .enabled(if: PostgreSQLTestServer.isThere, "PULSE_TEST_DATABASE_URL is not set"))
struct JournalClaimTests {
    typealias Samples = FactSamples

    @Test("one process at a time applies a journal; the next may claim it after the first has closed")
    func oneAtATime() async throws {
        try await PostgreSQLTestServer.withEventStore { first, schema in
            try await first.claim(journal: "a", patienceSeconds: 0)
            try await first.claim(journal: "a", patienceSeconds: 0)
            let second = try PostgreSQLTestServer.eventStore(schema)
            await #expect(throws: JournalInUse.self) { try await second.claim(journal: "a", patienceSeconds: 0) }
            try await second.claim(journal: "b", patienceSeconds: 0)
            _ = try await first.apply(Samples.batch([Samples.row("a")], to: 1))
            await first.close()
            try await second.claim(journal: "a", patienceSeconds: 30)
            await second.close()
        }
    }

    @Test(
        "if the claim's connection breaks and another host takes over, a batch is rejected, not reported as stored",
        arguments: [false, true])
    func lostClaim(hasOtherStored: Bool) async throws {
        let proxy = try PostgreSQLProxy(to: PostgreSQLTestServer.url!)
        defer { proxy.close() }
        try await PostgreSQLTestServer.withEventStore(url: proxy.url) { first, schema in
            try await first.claim(journal: "a", patienceSeconds: 0)
            _ = try await first.apply(Samples.batch([Samples.row("a")], to: 1))
            let second = try PostgreSQLTestServer.eventStore(schema)
            // The journal's name "a" is a parameter of the first statement of a batch; the statement itself is already prepared.
            proxy.cut(.before("a"), thenRefuse: true)
            await #expect(throws: (any Error).self) { try await first.apply(Samples.batch([Samples.row("b")], to: 2)) }
            try await second.claim(journal: "a", patienceSeconds: 30)
            proxy.heal()
            var refusal: (any Error)?
            for _ in 0..<200 where !(refusal is JournalInUse) {
                do { _ = try await first.apply(Samples.batch([Samples.row("b")], to: 2)) } catch { refusal = error }
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(refusal is JournalInUse)
            #expect(try await second.paths() == ["a"])
            if hasOtherStored { _ = try await second.apply(Samples.batch([Samples.row("c")], to: 5)) }
            await second.close()
            if hasOtherStored {
                // The journal is free again and its position is past this batch, but no host has stored the batch.
                for _ in 0..<5 {
                    await #expect(throws: JournalInUse.self) { try await first.apply(Samples.batch([Samples.row("b")], to: 2)) }
                    try await first.claim(journal: "a", patienceSeconds: 30)
                }
            } else {
                try await untilApplied(first)
            }
            #expect(try await first.paths() == (hasOtherStored ? ["a", "c"] : ["a", "b"]))
        }
    }

    private func untilApplied(_ store: PostgreSQLEventStore) async throws {
        for _ in 0..<200 {
            if (try? await store.apply(Samples.batch([Samples.row("b")], to: 2))) != nil { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the journal was never released")
    }
}

@Suite("PostgreSQL event store", .enabled(if: PostgreSQLTestServer.isThere, "PULSE_TEST_DATABASE_URL is not set"))
struct PostgreSQLEventStoreTests {
    typealias Samples = FactSamples

    @Test("stores every column type unchanged")
    func values() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            let long = String(repeating: "é\\\t\n", count: 200_000)
            _ = try await store.apply(
                Samples.batch(
                    [
                        Samples.row(
                            "a", kind: 32_767, number: .int(-2_147_483_648), ratio: .double(0.1), note: .text(long), flag: .bool(true)),
                        Samples.row("b", kind: -1, ratio: .int(3), flag: .bool(false)),
                        Samples.row(""),
                    ], to: 1))
            let rows = try await store.query("SELECT * FROM sample_fact ORDER BY path", timeoutSeconds: 10)
            #expect(rows.columns == ["project", "occurred_at", "visitor", "kind", "number", "ratio", "path", "note", "flag"])
            #expect(
                rows[1].values == [
                    .int(1), .int(Samples.noon), .int(7), .int(32_767), .int(-2_147_483_648), .double(0.1), .text("a"), .text(long),
                    .bool(true),
                ])
            #expect(rows[2].values.suffix(6) == [.int(-1), .null, .double(3), .text("b"), .null, .bool(false)])
            #expect(rows[0].values.suffix(6) == [.int(0), .null, .null, .text(""), .null, .null])
        }
    }

    @Test("PostgreSQL learns how large a table is when it has twice the rows, whichever host stores the rows")
    func statistics() async throws {
        try await PostgreSQLTestServer.withEventStore { first, schema in
            func described(_ store: PostgreSQLEventStore) async throws -> Int64 {
                await store.untilTablesAreDescribed()
                return try await store.query(
                    "SELECT reltuples::bigint AS rows FROM pg_class WHERE oid = 'sample_fact'::regclass", timeoutSeconds: 10)[0].int("rows")
            }
            func rows(_ count: Int) -> [EncodedRow] { (0..<count).map { Samples.row("\($0)") } }
            _ = try await first.apply(Samples.batch(rows(10_000), to: 1))
            #expect(try await described(first) == 10_000)
            _ = try await first.apply(Samples.batch(rows(9_999), to: 2))
            #expect(try await described(first) == 10_000)
            _ = try await first.apply(Samples.batch(rows(1), to: 3))
            #expect(try await described(first) == 20_000)
            let second = try PostgreSQLTestServer.eventStore(schema)
            _ = try await second.apply(Samples.batch(rows(10_000), to: 1, journal: "b"))
            #expect(try await described(second) == 20_000)
            _ = try await second.apply(Samples.batch(rows(10_000), to: 2, journal: "b"))
            #expect(try await described(second) == 40_000)
            await second.close()
        }
    }

    @Test("reports have memory and are not compiled, unless the operator says otherwise")
    func planning() async throws {
        let url = try #require(PostgreSQLTestServer.url), more = url.contains("?") ? "&" : "?"
        for (url, expected) in [(url, ["64MB", "off"]), ("\(url)\(more)options=-c%20work_mem%3D8MB", ["8MB", "off"])] {
            try await PostgreSQLTestServer.withEventStore(url: url) { store, _ in
                let row = try await store.query(
                    "SELECT current_setting('work_mem') AS memory, current_setting('jit') AS jit", timeoutSeconds: 10)[0]
                #expect([row.text("memory"), row.text("jit")] == expected)
            }
        }
    }

    @Test("a batch whose position is already stored adds nothing")
    func idempotence() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            #expect(try await store.position(of: "a") == nil)
            let batch = Samples.batch([Samples.row("a", id: 1), Samples.row("b")], to: 100, ledger: [Self.received(2)])
            #expect(try await store.apply(batch).duplicates == [false, false])
            #expect(try await store.apply(batch).duplicates == [false, false])
            _ = try await store.apply(Samples.batch([Samples.row("old")], to: 99))
            #expect(try await store.position(of: "a") == JournalPosition(segment: 0, offset: 100))
            #expect(try await store.position(of: "b") == nil)
            #expect(try await store.paths() == ["a", "b"])
            #expect(try await store.ledgerLines() == ["1 received  2", "1 stored  2"])
        }
    }

    @Test("an event id counts once: within a batch, across batches and across journals")
    func duplicates() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            let first = try await store.apply(
                Samples.batch(
                    [
                        Samples.row("a", id: 1), Samples.row("a2", id: 1), Samples.row("b", id: 2), Samples.row("c"), Samples.row("c"),
                    ], to: 1))
            #expect(first.duplicates == [false, true, false, false, false])
            let second = try await store.apply(Samples.batch([Samples.row("b2", id: 2), Samples.row("d", id: 3)], to: 2))
            #expect(second.duplicates == [true, false])
            let third = try await store.apply(Samples.batch([Samples.row("d2", id: 3)], to: 1, journal: "b"))
            #expect(third.duplicates == [true])
            #expect(try await store.paths() == ["a", "b", "c", "c", "d"])
            #expect(try await store.ledgerLines() == ["1 stored  5", "1 duplicate  3"])
        }
    }

    @Test("follower rows share their event's outcome, notes are kept, and a trace replaces a duplicate")
    func roles() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            let rows = [
                Samples.row("a", id: 1), Samples.otherRow("a-more"), Samples.row("a-again", id: 1), Samples.otherRow("a-again-more"),
                Samples.otherRow("note", role: .note), Samples.row("b", id: 2), Samples.otherRow("b-more"),
            ]
            let trace: @Sendable (EncodedRow) -> EncodedRow? = { row in
                row.read { header, _ in header.table == 0 } ? row.replacing([6: .text("trace")]) : nil
            }
            let applied = try await store.apply(Samples.batch(rows, to: 1, trace: trace))
            #expect(applied.duplicates == [false, false, true, true, false, false, false])
            #expect(try await store.paths() == ["a", "b", "trace"])
            #expect(try await store.paths(of: "sample_other") == ["a-more", "b-more", "note"])
            #expect(try await store.ledgerLines() == ["1 stored  2", "1 duplicate  1"])
        }
    }

    @Test("two hosts that store the same ids at the same time store each id once")
    func concurrentDuplicates() async throws {
        try await PostgreSQLTestServer.withEventStore { store, schema in
            let other = try PostgreSQLTestServer.eventStore(schema)
            try await PostgreSQLTestServer.closing(other.close) {
                let stored = try await withThrowingTaskGroup(of: Int.self) { group in
                    for (journal, store) in [("a", store), ("b", other)] {
                        group.addTask {
                            var stored = 0
                            for round in 0..<20 {
                                // In opposite orders, which must not deadlock.
                                let ids = (0..<100).map { Int64(round * 100 + $0) }
                                let rows = (journal == "a" ? ids : ids.reversed()).map { Samples.row("\($0)", id: $0) }
                                let applied = try await store.apply(Samples.batch(rows, to: Int64(round + 1), journal: journal))
                                stored += applied.duplicates.count { !$0 }
                            }
                            return stored
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(stored == 2_000)
            }
            let paths = try await store.paths()
            #expect(paths.count == 2_000 && Set(paths).count == 2_000)
            #expect(try await store.ledgerLines() == ["1 stored  2000", "1 duplicate  2000"])
        }
    }

    @Test("two hosts that apply the same batch at the same time apply it once")
    func concurrentApply() async throws {
        try await PostgreSQLTestServer.withEventStore { store, schema in
            let other = try PostgreSQLTestServer.eventStore(schema)
            try await PostgreSQLTestServer.closing(other.close) {
                for round in 1...20 {
                    let batch = Samples.batch([Samples.row("\(round)")], to: Int64(round))
                    async let one = store.apply(batch)
                    async let two = other.apply(batch)
                    _ = try await (one, two)
                }
            }
            let paths = try await store.paths()
            #expect(paths.count == 20)
        }
    }

    @Test("two hosts can create the partitions for their facts at the same time: quarters")
    func partitions() async throws {
        try await PostgreSQLTestServer.withEventStore { store, schema in
            let other = try PostgreSQLTestServer.eventStore(schema)
            try await PostgreSQLTestServer.closing(other.close) {
                // 2025-12-31T23:59:59.999Z, 2026-01-01, 2024-02-29, 1969-12-31T23:59:59.999Z
                let instants: [Int64] = [1_767_225_599_999, 1_767_225_600_000, 1_709_164_800_000, -1]
                let rows = instants.map { Samples.row("\($0)", at: $0) }
                async let one = store.apply(Samples.batch(rows, to: 1, journal: "a"))
                async let two = other.apply(Samples.batch(rows, to: 1, journal: "b"))
                _ = try await (one, two)
            }
            let partitions = try await store.query(
                // With Citus, names end in the number of a shard, and may begin with the schema.
                """
                SELECT substring(tableoid::regclass::text FROM 'sample_fact_[0-9]{4}_q[1-4]') AS name, count(*) AS n
                FROM sample_fact GROUP BY 1 ORDER BY 1
                """, timeoutSeconds: 10)
            #expect(
                partitions.map { "\($0.text("name")) \($0.int("n"))" } == [
                    "sample_fact_1969_q4 2", "sample_fact_2024_q1 2", "sample_fact_2025_q4 2", "sample_fact_2026_q1 2",
                ])
            let indexes = try await store.query(
                "SELECT indexname::text AS name FROM pg_indexes WHERE tablename = 'sample_fact_2024_q1' ORDER BY 1", timeoutSeconds: 10)
            #expect(indexes.map { $0.text("name") } == ["sample_fact_2024_q1_i1", "sample_fact_2024_q1_i2"])
        }
    }

    @Test("a quarter of which a month has a partition, as earlier versions made them, gets months")
    func months() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            try await store.change([
                "CREATE TABLE sample_fact_2026_02 PARTITION OF sample_fact FOR VALUES FROM ('1769904000000') TO ('1772323200000')"
            ])
            // The 1st of February, March and April, 2026, at noon.
            let rows = [1_769_947_200_000, 1_772_366_400_000, 1_775_044_800_000].map { Samples.row("\($0)", at: $0) }
            _ = try await store.apply(Samples.batch(rows, to: 1))
            let partitions = try await store.query(
                "SELECT tableoid::regclass::text AS name, count(*) AS n FROM sample_fact GROUP BY 1 ORDER BY 1", timeoutSeconds: 10)
            #expect(
                partitions.map { "\($0.text("name")) \($0.int("n"))" } == [
                    "sample_fact_2026_02 1", "sample_fact_2026_03 1", "sample_fact_2026_q2 1",
                ])
        }
    }

    @Test("recreates a dropped partition")
    func droppedPartition() async throws {
        try await PostgreSQLTestServer.withEventStore { store, schema in
            _ = try await store.apply(Samples.batch([Samples.row("a")], to: 1))
            let other = try PostgreSQLTestServer.eventStore(schema)
            try await other.change(["DROP TABLE sample_fact_2026_q1"])
            await other.close()
            _ = try await store.apply(Samples.batch([Samples.row("b")], to: 2))
            #expect(try await store.paths() == ["b"])
        }
    }

    @Test("a running report doesn't block a new partition")
    func partitionBesideReport() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            _ = try await store.apply(Samples.batch([Samples.row("a")], to: 1))
            let report = Task { try await store.query("SELECT pg_sleep(20), * FROM sample_fact", timeoutSeconds: 60) }
            try await Task.sleep(for: .milliseconds(200))
            _ = try await store.apply(Samples.batch([Samples.row("b", at: 0)], to: 2))
            #expect(try await store.paths() == ["a", "b"])
            report.cancel()
            _ = await report.result
        }
    }

    @Test(
        "a value that doesn't fit causes an error that names the column, and nothing of the batch is stored",
        arguments: [
            (Samples.row("x", kind: 40_000), "fact for table 'sample_fact', column 'kind': the column was given a number beyond 16 bits"),
            (Samples.row("x", number: .int(1 << 40)), "column 'number': the column was given a number beyond 32 bits"),
            (Samples.row("x", number: .text("secret")), "column 'number': the column was given a value of another type"),
            (Samples.encoded(0, 1, .event, nil, [.int(1), .int(0), .int(0), .null]), "column 'kind': the column was given null"),
            (Samples.encoded(0, 1, .event, nil, [.int(1), .int(0), .int(0), .int(0)]), "column 'path': the column was given null"),
            (
                Samples.encoded(1, 1, .event, nil, [.int(1), .int(0), .int(0), .text("x"), .null]),
                "fact for table 'sample_other': the row has more values than the table's 4 columns"
            ),
            (Samples.encoded(9, 1, .event, nil, [.int(1), .int(0), .int(0)]), "fact for table 'number 9': there is no such table"),
            (Samples.row("x", at: .max), "column 'occurred_at': it is outside the years 1 to 9999"),
            (Samples.row("x", note: .text("a\u{0}b")), "invalid byte sequence"),
        ])
    func misfits(row: EncodedRow, words: String) async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            let error = await #expect(throws: (any Error).self) {
                try await store.apply(Samples.batch([Samples.row("good", id: 1), row], to: 1))
            }
            #expect("\(error!)".contains(words))
            #expect(!"\(error!)".contains("secret"))
            let paths = try await store.paths()
            #expect(paths.isEmpty)
            #expect(try await store.position(of: "a") == nil)
            #expect(try await store.apply(Samples.batch([Samples.row("good", id: 1)], to: 1)).duplicates == [false])
        }
    }

    @Test("a row from before the last columns were added gets their defaults")
    func olderRow() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            let values: [Value] = [.int(1), .int(Samples.noon), .int(7), .int(0), .null, .null, .text("old")]
            _ = try await store.apply(Samples.batch([Samples.encoded(0, 1, .event, nil, values)], to: 1))
            let row = try await store.query("SELECT note, flag FROM sample_fact", timeoutSeconds: 10)[0]
            #expect(row.values == [.text("none"), .null])
        }
    }

    @Test("counts outcomes by project and reason, and adds to existing counts")
    func ledger() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            let refused = LedgerEntry(project: 2, hour: Samples.hour, outcome: .refused, reason: "bot", count: 3)
            for offset in 1...2 {
                _ = try await store.apply(
                    Samples.batch(
                        [Samples.row("a", project: 2), Samples.row("b", id: 5, project: 3)], to: Int64(offset),
                        ledger: [refused, Self.received(1), Self.received(1)]))
            }
            #expect(try await store.ledgerLines() == ["1 received  4", "2 stored  2", "2 refused bot 6", "3 stored  1", "3 duplicate  1"])
        }
    }

    @Test("stores thousands of ledger entries in one batch")
    func longLedger() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            let lines = (0..<2_500).map { LedgerEntry(project: Int32($0), hour: 0, outcome: .refused, reason: "bot", count: 1) }
            _ = try await store.apply(Samples.batch([], to: 1, ledger: lines))
            #expect(try await store.ledgerLines().count == 2_500)
        }
    }

    @Test("a change is applied completely or not at all")
    func change() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            _ = try await store.apply(Samples.batch([Samples.row("a"), Samples.row("b")], to: 1))
            await #expect(throws: PostgreSQLError.self) {
                try await store.change(["DELETE FROM sample_fact WHERE path = \("a")", "DELETE FROM nowhere"])
            }
            #expect(try await store.paths() == ["a", "b"])
            try await store.change(["DELETE FROM sample_fact WHERE path = \("a")"])
            #expect(try await store.paths() == ["b"])
        }
    }

    private static func received(_ count: Int64) -> LedgerEntry {
        LedgerEntry(project: 1, hour: Samples.hour, outcome: .received, reason: "", count: count)
    }
}

import Common
import Questions
@_spi(Host) import Storage
import Synchronization
import Testing

/// The guarantees of every event store engine.
@Suite("Event store")
struct EventStoreTests {
    typealias Samples = FactSamples

    // MARK: Statements

    @Test("binds and returns every type of value", arguments: EventStoreEngine.all)
    func values(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            let rows = try await store.query(
                """
                SELECT \(Int64.max) AS a, \(Int64.min) AS b, \(0.1) AS c, \(-1e300) AS d, \(true) AS e, \(false) AS f,
                  \("text") AS g, \("") AS h, \(Int64?.none) IS NULL AS i, \(String?.none) IS NULL AS j
                """, timeoutSeconds: 10)
            #expect(rows.columns == ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])
            #expect(
                rows[0].values == [
                    .int(.max), .int(.min), .double(0.1), .double(-1e300), .bool(true), .bool(false), .text("text"), .text(""),
                    .bool(true), .bool(true),
                ])
        }
    }

    @Test("text converts to a number or null, never an error", arguments: EventStoreEngine.all)
    func numberOfText(engine: EventStoreEngine) async throws {
        let numbers: [(text: String, number: Double?)] = [
            ("12", 12), ("-1.5e3", -1_500), (".5", 0.5), ("1.", 1), ("1e199", 1e199), ("1e-199", 1e-199), ("", nil), ("abc", nil),
            ("1e", nil),
            ("0x10", nil), ("1 ", nil), ("1_000", nil), ("-", nil), ("nan", nil), ("inf", nil), ("1e999", nil), ("1e-999", nil),
            (String(repeating: "9", count: 400), nil), ("0." + String(repeating: "0", count: 400) + "1", nil),
        ]
        try await engine.use { store in
            for (text, number) in numbers {
                let read = try await store.value("SELECT \(store.dialect.number("\(text)"))")
                #expect(read.double == number, "\(text)")
            }
        }
    }

    @Test("sums, averages and counts are returned as numbers", arguments: EventStoreEngine.all)
    func numbers(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            let rows = try await store.query(
                """
                SELECT sum(n::bigint) AS big, sum(n::integer) AS small, sum(n * 0.5::double precision) AS ratio, avg(n) AS mean,
                  count(*) AS n, sum(n) FILTER (WHERE n > 9) AS nothing, min(n::smallint) AS low, sum(n * 0.25) AS parts
                FROM (VALUES (1), (2), (3), (4)) AS t (n)
                """, timeoutSeconds: 10)
            #expect(rows[0].int("big") == 10 && rows[0].int("small") == 10 && rows[0].int("n") == 4)
            #expect(rows[0].double("ratio") == 5 && rows[0].double("mean") == 2.5 && rows[0].double("parts") == 2.5)
            #expect(rows[0]["nothing"].isNull && rows[0].int("low") == 1)
        }
    }

    @Test(
        "stores text byte for byte", arguments: EventStoreEngine.all,
        [
            "grüße 日本語 🇩🇪", "e\u{301} is not \u{E9}", "it's \"quoted\"; -- no", "tab\tline\r\n", "$1 ?1 :name %s", "twelve bytes",
            "thirteen bytes", String(repeating: "x", count: 1_000_000),
        ])
    func text(engine: EventStoreEngine, text: String) async throws {
        try await engine.use { store in
            #expect(try await store.value("SELECT \(text)").text.map { Array($0.utf8) } == Array(text.utf8))
            _ = try await store.apply(Samples.batch([Samples.row(text, note: .text(text))], to: 1))
            let row = try await store.query("SELECT path, note FROM sample_fact WHERE path = \(text)", timeoutSeconds: 10)[0]
            #expect(Array(row.text("path").utf8) == Array(text.utf8) && Array(row.text("note").utf8) == Array(text.utf8))
        }
    }

    @Test("a failed statement leaves the connection usable, and its error contains no values", arguments: EventStoreEngine.all)
    func errors(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            let wrong: [SQL] = [
                "SELEC 1", "SELECT * FROM no_such_table WHERE name = \("s3cret")", "SELECT no_such_column FROM sample_fact",
                "SELECT cast(\("s3cret") AS integer)", "SELECT 1; SELECT 2",
            ]
            for statement in wrong {
                let error = await #expect(throws: (any Error).self) { try await store.query(statement, timeoutSeconds: 10) }
                #expect(!"\(error!)".contains("s3cret"))
                try await Self.works(store)
            }
            await #expect(throws: (any Error).self) {
                try await store.change(["INSERT INTO sample_other VALUES (1, 2, 3, \("kept?"))", "SELECT no_such_column FROM sample_other"])
            }
            let kept = try await store.count(of: "sample_other")
            #expect(kept == 0)
        }
    }

    @Test("queries are read-only", arguments: EventStoreEngine.all)
    func readsOnly(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            _ = try await store.apply(Samples.batch([Samples.row("a")], to: 1))
            let writing: [SQL] = [
                "DELETE FROM sample_fact", "INSERT INTO sample_other VALUES (1, 2, 3, 'x')", "UPDATE sample_fact SET kind = 5",
                "CREATE TABLE other (x INTEGER)", "DROP TABLE sample_fact", "EXPLAIN ANALYZE DELETE FROM sample_fact",
                "WITH gone AS (DELETE FROM sample_fact RETURNING path) SELECT path FROM gone",
            ]
            for statement in writing {
                await #expect(throws: (any Error).self) { try await store.query(statement, timeoutSeconds: 10) }
            }
            #expect(try await store.paths() == ["a"])
        }
    }

    @Test("stops a statement at its timeout; the next one works", arguments: EventStoreEngine.all)
    func timeout(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            for _ in 0..<3 {
                let start = ContinuousClock.now
                await #expect(throws: QueryTimeout.self) { try await store.query(Self.endless, timeoutSeconds: 0.2) }
                #expect(ContinuousClock.now - start < .seconds(30))
                try await Self.works(store)
            }
        }
    }

    private static func works(_ store: any EventStore) async throws {
        let answer = try await store.value("SELECT 1")
        #expect(answer == .int(1))
    }

    /// A statement that runs longer than any test would wait.
    private static let endless: SQL =
        "WITH RECURSIVE n AS (SELECT 1::bigint AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT count(*) AS n FROM n"

    @Test("stops a statement when its task is cancelled", arguments: EventStoreEngine.all)
    func cancellation(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            let task = Task { try await store.query(Self.endless, timeoutSeconds: 60) }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            let start = ContinuousClock.now
            await #expect(throws: (any Error).self) { try await task.value }
            #expect(ContinuousClock.now - start < .seconds(30))
            try await Self.works(store)
        }
    }

    // MARK: Facts

    @Test("stores every column type unchanged", arguments: EventStoreEngine.all)
    func columns(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            _ = try await store.apply(
                Samples.batch(
                    [
                        Samples.row(
                            "a", kind: 32_767, number: .int(-2_147_483_648), ratio: .double(0.1), note: .text("n"), flag: .bool(true)),
                        Samples.row("b", kind: -32_768, number: .int(2_147_483_647), ratio: .int(3), flag: .bool(false)),
                        Samples.row("c"),
                    ], to: 1))
            let rows = try await store.query(
                "SELECT kind, number, ratio, path, note, flag FROM sample_fact ORDER BY path", timeoutSeconds: 10)
            let expected: [[Value]] = [
                [.int(32_767), .int(-2_147_483_648), .double(0.1), .text("a"), .text("n"), .bool(true)],
                [.int(-32_768), .int(2_147_483_647), .double(3), .text("b"), .null, .bool(false)],
                [.int(0), .null, .null, .text("c"), .null, .null],
            ]
            #expect(rows.values == expected)
        }
    }

    @Test("stores large batches completely, with nulls in place", arguments: EventStoreEngine.all)
    func largeBatch(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            // Several chunks of 2,048 rows, and more than one DuckDB row group.
            let rows: [EncodedRow] = (0..<10_000).map { (index: Int) -> EncodedRow in
                let number: Value = index % 3 == 0 ? .null : .int(Int64(index))
                let note: Value = index % 5 == 0 ? .null : .text("note \(index) that is longer than twelve bytes")
                let flag: Value = index % 2 == 0 ? .null : .bool(true)
                return Samples.row("/page/\(index)", kind: Int64(index % 7), number: number, note: note, flag: flag)
            }
            _ = try await store.apply(Samples.batch(rows, to: 1))
            let sums = try await store.query(
                """
                SELECT count(*) AS n, count(number) AS numbers, sum(number) AS total, count(note) AS notes, count(flag) AS flags,
                  count(*) FILTER (WHERE path = '/page/' || number AND note = 'note ' || number || ' that is longer than twelve bytes') AS fitting
                FROM sample_fact
                """, timeoutSeconds: 10)[0]
            let numbers = (0..<10_000).filter { $0 % 3 != 0 }
            #expect(
                sums.int("n") == 10_000 && sums.int("numbers") == Int64(numbers.count) && sums.int("total") == Int64(numbers.reduce(0, +)))
            #expect(sums.int("notes") == 8_000 && sums.int("flags") == 5_000)
            #expect(sums.int("fitting") == Int64(numbers.count { $0 % 5 != 0 }))
        }
    }

    @Test("a batch whose position is already stored adds nothing", arguments: EventStoreEngine.all)
    func idempotence(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            #expect(try await store.position(of: "a") == nil)
            let received = LedgerEntry(project: 1, hour: Samples.hour, outcome: .received, reason: "", count: 2)
            let batch = Samples.batch([Samples.row("a", id: 1), Samples.row("b")], to: 100, ledger: [received])
            #expect(try await store.apply(batch).duplicates == [false, false])
            #expect(try await store.apply(batch).duplicates == [false, false])
            _ = try await store.apply(Samples.batch([Samples.row("old")], to: 99))
            #expect(try await store.position(of: "a") == JournalPosition(segment: 0, offset: 100))
            #expect(try await store.position(of: "b") == nil)
            #expect(try await store.paths() == ["a", "b"])
            #expect(try await store.ledgerLines() == ["1 received  2", "1 stored  2"])

            let later = FactBatch(
                journal: "a", position: JournalPosition(segment: 1, offset: 5), tables: [Samples.table, Samples.other], rows: [], ledger: []
            )
            _ = try await store.apply(later)
            #expect(try await store.position(of: "a") == JournalPosition(segment: 1, offset: 5))
        }
    }

    @Test("an event id counts once: within a batch, across batches and across journals", arguments: EventStoreEngine.all)
    func duplicates(engine: EventStoreEngine) async throws {
        try await engine.use { store in
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

    @Test("an event with several ids is a duplicate if any of them was seen before", arguments: EventStoreEngine.all)
    func severalIDs(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            let first = try await store.apply(
                Samples.batch(
                    [
                        Samples.row("a", id: 1, otherIDs: [101]), Samples.row("a2", id: 2, otherIDs: [101, 201]), Samples.row("b", id: 3),
                        Samples.row("a3", id: 2), Samples.otherRow("a3-more"), Samples.row("c", id: 4, otherIDs: [104, 204]),
                    ], to: 1))
            #expect(first.duplicates == [false, true, false, true, true, false])
            // The ids of a duplicate are kept as well, in any place.
            let again = [
                Samples.row("x", id: 101), Samples.row("x", id: 2), Samples.row("x", id: 201), Samples.row("x", id: 5, otherIDs: [204]),
                Samples.row("x", id: 5), Samples.row("d", id: 6, otherIDs: [106]),
            ]
            #expect(try await store.apply(Samples.batch(again, to: 2)).duplicates == [true, true, true, true, true, false])
            #expect(try await store.paths() == ["a", "b", "c", "d"])
            #expect(try await store.ledgerLines() == ["1 stored  4", "1 duplicate  7"])
            // Each id is stored once.
            #expect(try await store.value("SELECT count(*) FROM ingest_event_ids") == .int(11))
        }
    }

    @Test("a row keeps its ids when its columns or its table change")
    func keptIDs() {
        let row = Samples.row("a", id: 1, otherIDs: [2, 3])
        #expect(row.eventIDs.map(\.low) == [1, 2, 3])
        #expect(row.header.eventID == row.eventIDs[0])
        let changed = row.replacing([6: .text("b")])
        #expect(changed.eventIDs == row.eventIDs)
        #expect(changed.values[6] == .text("b"))
        var written = RowEncoder()
        row.append(to: &written, replacing: [6..<7]) { _, row in row.append("b") }
        #expect(written.bytes == Array(changed.bytes))
        let aside = SetAside.row(row, number: 9, of: "gone", columns: [])
        #expect(aside.eventIDs == row.eventIDs)
        #expect(aside.header.table == 9)
        #expect(aside.values.count == SetAside.table.allColumns.count)
        #expect(Samples.row("a", id: 1).eventIDs.map(\.low) == [1])
        #expect(Samples.row("a").eventIDs.isEmpty)
    }

    @Test("a batch whose host doesn't know the latest erasure is not stored", arguments: EventStoreEngine.all)
    func unknownErasures(engine: EventStoreEngine) async throws {
        func batch(_ path: String, to offset: Int64, knowing erasures: Int64) -> FactBatch {
            Samples.batch([Samples.row(path)], to: offset).knowing(erasures)
        }
        try await engine.use { store in
            _ = try await store.apply(batch("a", to: 1, knowing: 0))
            for number in Int64(1)...2 {
                try await store.change(ErasedVisitors.addition(7, of: 1, at: Instant(milliseconds: number), store.dialect))
                await #expect(throws: FactBatch.UnknownErasure.self) {
                    try await store.apply(batch("b", to: number + 1, knowing: number - 1))
                }
                #expect(try await store.position(of: "a") == JournalPosition(segment: 0, offset: number))
                _ = try await store.apply(batch("c", to: number + 1, knowing: number))
                // What was stored before is known as such, whatever its host knew then.
                #expect(try await store.apply(batch("c", to: number + 1, knowing: 0)).wasApplied)
            }
            #expect(try await store.paths() == ["a", "c", "c"])
            let kept = try await store.query(ErasedVisitors.after(1), timeoutSeconds: 10)
            #expect(kept.map(\.values) == [[.int(1), .int(7), .int(2)]])
        }
    }

    @Test("rows that are left out count as refused, and are duplicates to whoever reads the journal")
    func leftOut() {
        let seen = Mutex<[Bool]>([])
        let batch = FactBatch(
            journal: "a", position: .start, tables: [Samples.table, Samples.other],
            rows: [Samples.row("a"), Samples.row("b"), Samples.otherRow("b-more"), Samples.row("c")], ledger: [],
            alongside: { duplicates in
                seen.withLock { $0 = duplicates }
                return []
            })
        let rest = batch.without([false, true, true, false], refused: "erased")
        #expect(rest.rows.map(\.bytes) == [batch.rows[0], batch.rows[3]].map(\.bytes))
        #expect(rest.ledger.map(\.outcome) == [.refused] && rest.ledger[0].reason == "erased" && rest.ledger[0].count == 1)
        _ = rest.alongside([false, true])
        #expect(seen.withLock { $0 } == [false, true, true, true])
    }

    @Test("finds duplicates among thousands of ids", arguments: EventStoreEngine.all)
    func manyIDs(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            for batch in 0..<4 {
                // Each batch repeats the second half of the previous one.
                let ids = (batch * 1_500)..<(batch * 1_500 + 3_000)
                let applied = try await store.apply(Samples.batch(ids.map { Samples.row("\($0)", id: Int64($0)) }, to: Int64(batch + 1)))
                #expect(applied.duplicates == ids.map { batch > 0 && $0 < batch * 1_500 + 1_500 })
            }
            #expect(try await store.count() == 7_500)
            #expect(try await store.ledgerLines() == ["1 stored  7500", "1 duplicate  4500"])
        }
    }

    @Test("follower rows share their event's outcome, notes are kept, and a trace replaces a duplicate", arguments: EventStoreEngine.all)
    func roles(engine: EventStoreEngine) async throws {
        try await engine.use { store in
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

    @Test("the ledger balances across projects, hours and batches", arguments: EventStoreEngine.all)
    func ledger(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            for batch in 1...5 {
                let rows = (1...6).map { Samples.row("\(batch)-\($0)", id: Int64(batch + $0), project: Int32($0 % 3)) }
                let ledger = (0..<3).flatMap { project in
                    [
                        LedgerEntry(project: Int32(project), hour: Samples.hour, outcome: .received, reason: "", count: 3),
                        LedgerEntry(project: Int32(project), hour: Samples.hour, outcome: .refused, reason: "bot's \"reason\"", count: 1),
                    ]
                }
                _ = try await store.apply(Samples.batch(rows, to: Int64(batch), ledger: ledger))
            }
            let sums = try await store.query(
                "SELECT project, outcome, sum(count) AS n FROM ingest_ledger GROUP BY project, outcome ORDER BY project, outcome",
                timeoutSeconds: 10)
            var counts: [Int64: [Int64: Int64]] = [:]
            for row in sums { counts[row.int("project"), default: [:]][row.int("outcome")] = row.int("n") }
            for project in Int64(0)..<3 {
                let line = counts[project]!
                #expect(line[0] == 15 && line[3] == 5 && line[1]! + line[2, default: 0] == 10)
            }
            #expect(try await store.count() == counts.values.reduce(0) { $0 + $1[1]! })
        }
    }

    @Test("a batch that fails leaves nothing behind", arguments: EventStoreEngine.all)
    func atomicity(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            _ = try await store.apply(Samples.batch([Samples.row("before", id: 1)], to: 1))
            let good = (0..<3_000).map { Samples.row("\($0)", id: Int64(10 + $0)) }
            let wrong: [(row: EncodedRow, column: String)] = [
                (Samples.row("x", kind: 40_000), "kind"),
                (Samples.row("x", number: .text("text")), "number"),
                (Samples.row("x", flag: .int(1)), "flag"),
                (
                    Samples.encoded(
                        0, 1, .event, nil, [.int(1), .int(Samples.noon), .int(7), .null, .null, .null, .text("x"), .null, .null]), "kind"
                ),
                (Samples.encoded(0, 1, .event, nil, [.int(1), .int(Samples.noon), .int(7), .int(0)]), "path"),
            ]
            for (row, column) in wrong {
                let error = await #expect(throws: (any Error).self) { try await store.apply(Samples.batch(good + [row], to: 2)) }
                #expect("\(error!)".contains("sample_fact") && "\(error!)".contains(column))
            }
            await #expect(throws: (any Error).self) {
                let tooLong = (0..<10).map { _ in Value.int(1) }
                _ = try await store.apply(Samples.batch([Samples.encoded(0, 1, .event, nil, tooLong)], to: 2))
            }
            #expect(try await store.paths() == ["before"])
            #expect(try await store.ledgerLines() == ["1 stored  1"])
            #expect(try await store.position(of: "a") == JournalPosition(segment: 0, offset: 1))
            #expect(try await store.apply(Samples.batch(good, to: 2)).duplicates.allSatisfy { !$0 })
            #expect(try await store.count() == 3_001)
        }
    }

    @Test("a row from before a column was added gets the column's default", arguments: EventStoreEngine.all)
    func addedColumn(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            _ = try await store.apply(Samples.batch([Samples.row("old"), Samples.otherRow("old", role: .event)], to: 1))
            let added = Column("added", .text, nullable: true, default: .text("it's new"))
            try await store.change(Migration.Step.addColumn(table: "sample_other", added).statements(for: store.dialect))
            let table = FactTable("sample_other", Samples.other.columns + [added])
            let row = Samples.encoded(0, 1, .event, nil, [.int(1), .int(Samples.noon), .int(7), .text("new"), .text("value")])
            // A row from a journal written before the column was added.
            let waiting = Samples.encoded(0, 1, .event, nil, [.int(1), .int(Samples.noon), .int(7), .text("waiting")])
            _ = try await store.apply(
                FactBatch(
                    journal: "a", position: JournalPosition(segment: 0, offset: 2), tables: [table], rows: [row, waiting], ledger: []))
            let rows = try await store.query("SELECT path, added FROM sample_other ORDER BY path", timeoutSeconds: 10)
            #expect(
                rows.values == [
                    [.text("new"), .text("value")], [.text("old"), .text("it's new")], [.text("waiting"), .text("it's new")],
                ])
        }
    }

    @Test("a row from before a column without a default was added gets null", arguments: EventStoreEngine.all)
    func shorterRow(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            let added = Column("added", .text, nullable: true)
            try await store.change(Migration.Step.addColumn(table: "sample_other", added).statements(for: store.dialect))
            let table = FactTable("sample_other", Samples.other.columns + [added])
            _ = try await store.apply(
                FactBatch(
                    journal: "a", position: JournalPosition(segment: 0, offset: 1), tables: [Samples.table, table],
                    rows: [Samples.otherRow("old", role: .event)], ledger: []))
            #expect(try await store.query("SELECT path, added FROM sample_other", timeoutSeconds: 10).values == [[.text("old"), .null]])
        }
    }

    @Test("eight readers during writes see only whole batches", arguments: EventStoreEngine.all)
    func readersAndWriter(engine: EventStoreEngine) async throws {
        try await engine.use { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for batch in 1...40 {
                        let rows = (0..<500).map { Samples.row("\($0)", project: Int32(batch)) }
                        _ = try await store.apply(Samples.batch(rows, to: Int64(batch)))
                    }
                }
                for _ in 0..<8 {
                    group.addTask {
                        var last: Int64 = 0
                        for _ in 0..<40 {
                            let row = try await store.query(
                                """
                                SELECT count(*) AS n, (SELECT coalesce(sum(byte_offset), 0) FROM ingest_positions) AS batches,
                                  (SELECT coalesce(sum(count), 0) FROM ingest_ledger WHERE outcome = 1) AS stored FROM sample_fact
                                """, timeoutSeconds: 30)[0]
                            #expect(row.int("n") == row.int("batches") * 500 && row.int("stored") == row.int("n"))
                            #expect(row.int("n") >= last)
                            last = row.int("n")
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.count() == 20_000)
        }
    }
}

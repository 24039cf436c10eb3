import Access
import AllModules
import Common
@_spi(Host) @testable import Ingest
import Metrics
@_spi(Host) @testable import Questions
@_spi(Host) import Storage
import Synchronization
import Testing
import TestSupport

@Suite("Reports", .modules(.all))
struct ReportsTests {
    private static let day: Int64 = 86_400_000
    private static let range = TimeRange(start: Instant(milliseconds: 10 * day), end: Instant(milliseconds: 12 * day))

    private let counters = IngestCounters(metrics: NOOPMetricsHandler.instance)

    /// Reports over a store that answers each query with the number of queries so far.
    private func reports(
        maximumBytes: Int = 1 << 20, timeoutSeconds: Double = 3, knowsVersions: Bool = true,
        settle: @escaping @Sendable (Int32) async throws -> Instant? = { _ in nil },
        answer: (@Sendable (String) async throws -> Rows)? = nil
    ) -> (reports: Reports, store: FakeEventStore) {
        let count = Mutex<Int64>(0), counters = counters
        let store = FakeEventStore(
            answer: answer ?? { _ in
                Rows(
                    columns: ["n"],
                    values: [
                        [
                            .int(
                                count.withLock { count in
                                    count += 1
                                    return count
                                })
                        ]
                    ])
            })
        return (
            Reports(
                events: store, readers: 2, timeoutSeconds: timeoutSeconds, maximumBytes: maximumBytes, settle: settle,
                version: { knowsVersions ? counters.version(of: $0, over: $1) : nil }), store
        )
    }

    private func ask(_ reports: Reports, _ statement: SQL = "SELECT 1", project: Int32 = 1, _ range: TimeRange = range) async throws
        -> Int64
    {
        try await reports.rows(.statement(statement), of: project, over: range)[0].int("n")
    }

    /// Records that a fact of `project` at `milliseconds` was stored.
    private func store(at milliseconds: Int64, project: Int32 = 1, duplicate: Bool = false) {
        counters.applied(rows: [EncodedRow(row("a", project: project, at: milliseconds)[...])], duplicates: [duplicate])
    }

    @Test("a repeated query is answered from the cache; a different one runs")
    func repeated() async throws {
        let (reports, store) = reports()
        #expect(try await ask(reports, "SELECT \(1)") == 1)
        #expect(try await ask(reports, "SELECT \(1)") == 1)
        #expect(try await ask(reports, "SELECT \(2)") == 2)
        #expect(try await ask(reports, "SELECT \("1")") == 3)
        #expect(try await ask(reports, "SELECT \(1), 1") == 4)
        #expect(try await ask(reports, "SELECT \(1)") == 1)
        #expect(
            store.queries == [
                "SELECT $1::bigint | int(1)", "SELECT $1::bigint | int(2)", "SELECT $1::text | text(\"1\")",
                "SELECT $1::bigint, 1 | int(1)",
            ])
    }

    @Test("strings that look alike in other bytes are different queries", arguments: [("\u{E4}", "a\u{308}"), ("Kelvin", "\u{212A}elvin")])
    func sameLetters(left: String, right: String) async throws {
        let (reports, _) = reports()
        #expect(try await ask(reports, "SELECT \(left)") == 1)
        #expect(try await ask(reports, "SELECT \(right)") == 2)
        #expect(try await ask(reports, "SELECT 1 AS \"\(sql: left)\"") == 3)
        #expect(try await ask(reports, "SELECT 1 AS \"\(sql: right)\"") == 4)
        #expect(try await ask(reports, "SELECT \(left)") == 1)
    }

    @Test(
        "a result is recomputed when facts in its range change, and only then",
        arguments: [
            (10 * day, 1, true), (12 * day - 1, 1, true), (11 * day + 5, 1, true),
            // The days before and after the range, and another project.
            (10 * day - 1, 1, false), (12 * day, 1, false), (11 * day, 2, false), (0, 1, false),
        ] as [(Int64, Int32, Bool)])
    func changed(at: Int64, project: Int32, isNew: Bool) async throws {
        let (reports, _) = reports()
        #expect(try await ask(reports) == 1)
        store(at: at, project: project)
        #expect(try await ask(reports) == (isNew ? 2 : 1))
        #expect(try await ask(reports) == (isNew ? 2 : 1))
        store(at: at, project: project)
        #expect(try await ask(reports) == (isNew ? 3 : 1))
    }

    @Test("a change anywhere in a range of years is noticed, with few or many changed days")
    func longRange() async throws {
        let (reports, _) = reports()
        let years = TimeRange(start: Instant(milliseconds: 0), end: Instant(milliseconds: 3_650 * Self.day))
        var expected: Int64 = 1
        #expect(try await ask(reports, years) == expected)
        for day in stride(from: Int64(0), to: 3_650, by: 17) {
            store(at: day * Self.day + 1)
            expected += 1
            #expect(try await ask(reports, years) == expected)
            #expect(try await ask(reports, years) == expected)
        }
        store(at: 3_650 * Self.day)
        #expect(try await ask(reports, years) == expected)
    }

    private func ask(_ reports: Reports, _ range: TimeRange) async throws -> Int64 { try await ask(reports, "SELECT 1", project: 1, range) }

    @Test("a range within a day is also invalidated by changes elsewhere on that day")
    func withinDay() async throws {
        let (reports, _) = reports()
        let hour = TimeRange(start: Instant(milliseconds: 10 * Self.day + 3_600_000), end: Instant(milliseconds: 10 * Self.day + 7_200_000))
        #expect(try await ask(reports, hour) == 1)
        store(at: 10 * Self.day)
        #expect(try await ask(reports, hour) == 2)
        store(at: 11 * Self.day)
        #expect(try await ask(reports, hour) == 2)
    }

    @Test("changes such as erasure and retention invalidate every result of the project")
    func erasure() async throws {
        let (reports, _) = reports()
        #expect(try await ask(reports) == 1)
        counters.changed(project: 1)
        #expect(try await ask(reports) == 2)
        #expect(try await ask(reports) == 2)
        store(at: 11 * Self.day)
        #expect(try await ask(reports) == 3)
    }

    @Test("facts that arrive while a query runs make its result stale")
    func meanwhile() async throws {
        let counters = counters, asked = Mutex<Int64>(0)
        let (reports, _) = reports(answer: { _ in
            let number = asked.withLock { asked in
                asked += 1
                return asked
            }
            // The statement is already running and doesn't see this fact.
            if number == 1 { counters.applied(rows: [EncodedRow(row("a", at: 11 * Self.day)[...])], duplicates: [false]) }
            return Rows(columns: ["n"], values: [[.int(number)]])
        })
        #expect(try await ask(reports) == 1)
        #expect(try await ask(reports) == 2)
        #expect(try await ask(reports) == 2)
    }

    @Test("nothing is cached if other hosts write too, or if there is no room")
    func unknowing() async throws {
        for (reports, _) in [reports(knowsVersions: false), reports(maximumBytes: 0)] {
            for number: Int64 in 1...3 { #expect(try await ask(reports) == number) }
        }
    }

    @Test("stays within its size limit and keeps the most recent queries")
    func bound() async throws {
        // 19 bytes of text, 64 for the row and 32 for the number: 115 bytes a result, 34 of which fit.
        let (reports, store) = reports(maximumBytes: 4_000)
        func question(_ number: Int) -> SQL { "SELECT \(sql: "\(number)") AS n /**/" }
        for number in 10..<99 { _ = try await ask(reports, question(number)) }
        let before = store.queries.count
        #expect(before == 89)
        var kept = 0
        for number in (10..<99).reversed() {
            _ = try await ask(reports, question(number))
            guard store.queries.count == before else { break }
            kept += 1
        }
        // Between three quarters of the limit, to which the cache shrinks, and all of it.
        #expect((26...34).contains(kept), "\(kept)")
    }

    @Test("a result larger than an eighth of the cache isn't cached, so it evicts nothing")
    func large() async throws {
        let large = String(repeating: "x", count: 1_000)
        let (reports, store) = reports(
            maximumBytes: 8_000,
            answer: { question in
                Rows(columns: ["n", "text"], values: [[.int(1), .text(question.contains("large") ? large : "")]])
            })
        for _ in 0..<3 {
            _ = try await ask(reports, "SELECT 'large'")
            _ = try await ask(reports, "SELECT 'small'")
        }
        #expect(store.queries == ["SELECT 'large'", "SELECT 'small'", "SELECT 'large'", "SELECT 'large'"])
    }

    @Test("waits for acknowledged events to be stored, even for a cached result")
    func settles() async throws {
        let settled = Mutex(0)
        let (reports, _) = reports(settle: { project in
            settled.withLock { $0 += Int(project) }
            return nil
        })
        for _ in 0..<3 { _ = try await ask(reports) }
        _ = try await reports.visitorBound(of: 1)
        #expect(settled.withLock { $0 } == 4)
        // A report waits only for events of its own project.
        _ = try await ask(reports, project: 100)
        #expect(settled.withLock { $0 } == 104)
    }

    @Test("the statements of one answer wait only once; only an answer that lacks events has an as-of time")
    func oneAnswer() async throws {
        let waits = Mutex(0), late = Instant(milliseconds: 5)
        let (reports, store) = reports(settle: { _ in
            waits.withLock { waits in
                waits += 1
                return waits == 1 ? late : nil
            }
        })
        let first = reports.forOneResponse()
        #expect(first.asOf == nil)
        async let one = first.rows(.statement("SELECT 1"), of: 1, over: Self.range)
        async let two = first.rows(.statement("SELECT 2"), of: 1, over: Self.range)
        _ = try await (one, two, first.visitorBound(of: 1))
        #expect(waits.withLock { $0 } == 1)
        #expect(first.asOf == late)
        // The rows come from the cache; as nothing has changed, they are complete by now.
        let second = reports.forOneResponse()
        _ = try await second.rows(.statement("SELECT 1"), of: 1, over: Self.range)
        #expect(second.asOf == nil)
        #expect(store.queries.count == 2)
        #expect(waits.withLock { $0 } == 2)
    }

    @Test("reports the store as unavailable even if a result is cached")
    func away() async throws {
        let isAway = Mutex(false)
        let (reports, store) = reports(settle: { _ in
            if isAway.withLock({ $0 }) { throw IngestWriterTests.away }
            return nil
        })
        _ = try await ask(reports)
        isAway.withLock { $0 = true }
        await #expect(throws: IngestWriterTests.away) { try await ask(reports) }
        #expect(store.queries.count == 1)
    }

    @Test("a statement that takes too long is a 503 that says what to do, and isn't cached")
    func timeout() async throws {
        let (reports, store) = reports(answer: { _ in throw QueryTimeout(seconds: 3) })
        for _ in 0..<2 {
            await #expect(
                throws: ServiceError.unavailable(
                    "query_timeout", "The report took longer than 3 seconds and was stopped. Request a shorter range or fewer filters.",
                    retryAfterSeconds: 5)
            ) { try await ask(reports) }
        }
        #expect(store.queries.count == 2)
    }

    @Test("a project's statements aren't held up by another project's many slow ones, but take turns with them")
    func turns() async throws {
        let started = Mutex<[String]>([]), slow = AsyncStream<Void>.makeStream(), others = AsyncStream<Void>.makeStream()
        let (reports, _) = reports(
            maximumBytes: 0, timeoutSeconds: 600,
            answer: { question in
                started.withLock { $0.append(question) }
                if question.contains("slow") { for await _ in slow.stream { break } }
                if question.contains("other") { for await _ in others.stream { break } }
                return Rows(columns: ["n"], values: [[.int(1)]])
            })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 1...20 { tasks.addTask { _ = try await ask(reports, "SELECT 'slow \(sql: String(number))'", project: 1) } }
            while started.withLock({ $0.isEmpty }) { await Task.yield() }
            // One of the two readers is free, and stays free.
            for _ in 1...3 { #expect(try await ask(reports, "SELECT 'quick'", project: 2) == 1) }
            #expect(started.withLock { $0.count(where: { $0.contains("slow") }) } == 1)
            tasks.addTask { _ = try await ask(reports, "SELECT 'other'", project: 3) }
            while started.withLock({ !$0.contains { $0.contains("other") } }) { await Task.yield() }
            let late = Task { try await ask(reports, "SELECT 'late'", project: 2) }
            while reports.waiting < 20 { await Task.yield() }
            // It waits for one statement only, whichever of the two ends first.
            slow.continuation.yield()
            #expect(try await late.value == 1)
            #expect(started.withLock { $0.count(where: { $0.contains("slow") }) } <= 2)
            slow.continuation.finish()
            others.continuation.finish()
            try await tasks.waitForAll()
        }
        #expect(started.withLock { $0.count } == 25)
    }

    @Test("a statement that doesn't get its turn in time is a 503, like one that takes too long")
    func lateTurn() async throws {
        let isAsked = Mutex(false), held = AsyncStream<Void>.makeStream()
        let (reports, store) = reports(
            timeoutSeconds: 0.05,
            answer: { _ in
                isAsked.withLock { $0 = true }
                for await _ in held.stream {}
                return Rows(columns: ["n"], values: [[.int(1)]])
            })
        async let first = ask(reports, "SELECT 1")
        while !isAsked.withLock({ $0 }) { await Task.yield() }
        let error = await #expect(throws: ServiceError.self) { try await ask(reports, "SELECT 2") }
        #expect(error?.status == 503 && error?.code == "query_timeout")
        held.continuation.finish()
        #expect(try await first == 1)
        #expect(store.queries.count == 1)
    }

    @Test("over HTTP, a report changes as soon as its data does", arguments: Profile.available)
    func wholeWay(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            func pageviews(_ day: String) async throws -> Int64? {
                try await app.get("/api/v1/stats?start_at=\(day)&end_at=\(day)").json()["current"]?["pageviews"]?.integer
            }
            for (at, today, yesterday) in [("2026-03-02", 1, 0), ("2026-03-01", 1, 1), ("2026-03-02T11:59:59", 2, 1), ("2026-02-28", 2, 1)]
                as [(String, Int64, Int64)]
            {
                try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"ada","timestamp":"\#(at)"}"#)
                for _ in 0..<2 {
                    let counts = [try await pageviews("2026-03-02"), try await pageviews("2026-03-01")]
                    #expect(counts == [today, yesterday])
                }
            }
            let erased = try await app.delete("/api/admin/projects/\(app.project.id)/privacy/visitors/ada", as: .token)
            #expect(erased.status == 204)
            let left = try await pageviews("2026-03-02")
            #expect(left == 0)
        }
    }
}

extension PartedQuery {
    fileprivate static func statement(_ statement: SQL) -> PartedQuery {
        PartedQuery("", ctes: nil, parts: [], isLocal: false, continues: false, statement)
    }
}

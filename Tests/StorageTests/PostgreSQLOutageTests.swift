import Common
@_spi(Host) @testable import PostgreSQLEngine
@_spi(Host) import Storage
import Testing

// The server disappears at the worst moments. Needs a server on this machine: see PostgreSQLTestServer.
@Suite("PostgreSQL outages", .enabled(if: PostgreSQLTestServer.isThere, "PULSE_TEST_DATABASE_URL is not set"))
struct PostgreSQLOutageTests {
    typealias Samples = FactSamples

    @Test(
        "a batch is stored exactly once, wherever the connection breaks",
        arguments: [
            PostgreSQLProxy.Cut.before("BEGIN"), .after("BEGIN"), .before("ingest_positions"), .after("ingest_positions"),
            .before("ingest_event_ids"), .after("ingest_event_ids"), .before("COPY"), .after("COPY"), .before("ingest_ledger"),
            .after("ingest_ledger"), .before("COMMIT"), .after("COMMIT"),
        ])
    func apply(cut: PostgreSQLProxy.Cut) async throws {
        try await through { proxy, store in
            _ = try await store.apply(Samples.batch([Samples.row("a", id: 1)], to: 1))
            proxy.cut(cut)
            let applied = try await store.apply(Samples.batch([Samples.row("a2", id: 1), Samples.row("b", id: 2)], to: 2))
            #expect(applied.duplicates == [true, false])
            #expect(try await store.paths() == ["a", "b"])
            #expect(try await store.ledgerLines() == ["1 stored  2", "1 duplicate  1"])
        }
    }

    @Test("a journal's first batch is stored exactly once if COMMIT gets no response")
    func firstBatch() async throws {
        try await through { proxy, store in
            // The partitions are created in their own transaction, whose COMMIT must not be the one that is cut.
            _ = try await store.apply(Samples.batch([Samples.row("a")], to: 1, journal: "warm-up"))
            for (number, cut) in [PostgreSQLProxy.Cut.before("COMMIT"), .after("COMMIT")].enumerated() {
                proxy.cut(cut)
                _ = try await store.apply(Samples.batch([Samples.row("b")], to: 1, journal: "\(number)"))
            }
            #expect(try await store.paths() == ["a", "b", "b"])
        }
    }

    @Test("after an unanswered COMMIT, a longer batch is rejected only if the first one was stored", arguments: [true, false])
    func uncertain(isStored: Bool) async throws {
        try await through { proxy, store in
            _ = try await store.apply(Samples.batch([Samples.row("a")], to: 1))
            proxy.cut(isStored ? .after("COMMIT") : .before("COMMIT"), thenRefuse: true)
            let error = await #expect(throws: ServiceError.self) { try await store.apply(Samples.batch([Samples.row("b")], to: 2)) }
            #expect(error?.status == 503)
            proxy.heal()
            try await untilBack(store)
            let longer = Samples.batch([Samples.row("b"), Samples.row("c")], to: 3)
            if isStored {
                await #expect(throws: PostgreSQLError.self) { try await store.apply(longer) }
                #expect(try await store.position(of: "a") == JournalPosition(segment: 0, offset: 2))
                _ = try await store.apply(Samples.batch([Samples.row("c")], to: 3))
            } else {
                _ = try await store.apply(longer)
            }
            #expect(try await store.paths() == ["a", "b", "c"])
        }
    }

    @Test(
        "a control transaction runs once, or fails when it may have run",
        arguments: [
            PostgreSQLProxy.Cut.before("BEGIN"), .before("INSERT"), .after("INSERT"), .before("COMMIT"), .after("COMMIT"),
        ])
    func control(cut: PostgreSQLProxy.Cut) async throws {
        let proxy = try PostgreSQLProxy(to: PostgreSQLTestServer.url!)
        defer { proxy.close() }
        try await PostgreSQLTestServer.withControlStore(url: proxy.url) { store, _ in
            try await store.write("CREATE TABLE note (n BIGINT)")
            proxy.cut(cut)
            let insert: SQL = "INSERT INTO note VALUES (1)"
            switch cut {
            case .before("COMMIT"), .after("COMMIT"):
                let error = await #expect(throws: ServiceError.self) { try await store.write(insert) }
                #expect(error?.status == 503)
            default: try await store.write(insert)
            }
            let expected = if case .before("COMMIT") = cut { 0 } else { 1 }
            #expect(try await store.read("SELECT n FROM note").count == expected)
        }
    }

    @Test("calls fail with 503 while the server is down, and work again once it is back")
    func away() async throws {
        try await through { proxy, store in
            proxy.cut(.before("SELECT 1"), thenRefuse: true)
            for _ in 0..<3 {
                let error = await #expect(throws: ServiceError.self) { try await store.ping() }
                #expect(error?.status == 503)
            }
            proxy.heal()
            try await untilBack(store)
        }
    }

    // Without client-side timeouts, each of these calls would wait as long as the server hangs.
    @Test("no call outlasts its timeout while the server hangs, and calls work again afterwards", .timeLimit(.minutes(1)))
    func hangs() async throws {
        try await through { proxy, store in
            try await store.ping()
            proxy.freeze()
            await #expect(throws: QueryTimeout.self) { try await store.query("SELECT 1 AS one", timeoutSeconds: 0.1) }
            let report = Task { try await store.query("SELECT 2 AS two", timeoutSeconds: 3_600) }
            report.cancel()
            await #expect(throws: (any Error).self) { try await report.value }
            await #expect(throws: ServiceError.self) { try await store.ping() }
            proxy.thaw()
            try await untilBack(store)
            let answer = try await store.query("SELECT 1 AS one", timeoutSeconds: 5)
            #expect(answer[0].int("one") == 1)
        }
    }

    @Test("a cancel request never hits a later statement")
    func stopping() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            for _ in 0..<20 {
                _ = try? await store.query("SELECT pg_sleep(0.002)", timeoutSeconds: 0.002)
                let answer = try await store.query("SELECT 1 AS one", timeoutSeconds: 30)
                #expect(answer[0].int("one") == 1)
            }
        }
    }

    private func through(_ body: (PostgreSQLProxy, PostgreSQLEventStore) async throws -> Void) async throws {
        let proxy = try PostgreSQLProxy(to: PostgreSQLTestServer.url!)
        defer { proxy.close() }
        try await PostgreSQLTestServer.withEventStore(url: proxy.url) { store, _ in try await body(proxy, store) }
    }

    /// Waits for the store to reconnect, which it tries only after a delay.
    private func untilBack(_ store: PostgreSQLEventStore) async throws {
        for _ in 0..<100 {
            if (try? await store.ping()) != nil, (try? await store.change([])) != nil { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the store didn't reconnect")
    }
}

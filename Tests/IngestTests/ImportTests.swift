@_spi(Host) import Access
import AllModules
@_spi(Host) import Common
import Core
@_spi(Host) @testable import Host
@_spi(Host) @testable import Ingest
@_spi(Host) import Storage
import Testing
@testable import TestSupport

/// One project sends more than the event store can take. Here the store takes nothing for as long as the test wants.
@Suite("An import next to other projects", .modules(.all), .timeLimit(.minutes(2)))
struct ImportTests {
    /// Stores one event for each of two projects, then runs `body` while the store accepts nothing more.
    private static func whileNothingIsStored(
        _ profile: Profile,
        _ body: @escaping @Sendable (TestApp, _ other: [TestApp.Caller: TestApp.Caller], StallingEventStore) async throws -> Void
    ) async throws {
        let store = Locked<StallingEventStore?>(nil)
        try await TestApp.run(
            profile, modules: try ProbeModule.withCore(),
            events: { real in
                let stalling = StallingEventStore(real)
                store.withLock { $0 = stalling }
                return stalling
            }
        ) { app in
            let store = try #require(store.withLock { $0 })
            let other = try await app.otherProject().keys.mapValues { TestApp.Caller.key($0) }
            for caller in [.ingest, other[.ingest]!] { try await app.collect(pageview, as: caller) }
            try await app.installation.writer.settle()
            store.hold()
            defer { store.release() }
            app.time.advance(seconds: 10)
            try await body(app, other, store)
        }
    }

    private static let pageview = #"{"type":"pageview","payload":{"path":"/"}}"#

    /// 120 pageviews in 24 KB.
    private static let batch =
        "["
        + Array(
            repeating: #"{"type":"pageview","payload":{"path":"/","title":"\#(String(repeating: "t", count: 150))"}}"#, count: 120
        ).joined(separator: ",") + "]"

    private static func pageviews(_ answer: TestApp.Answer) throws -> Int64? { try answer.json()["current"]?["pageviews"]?.integer }

    @Test(
        "the importing project's reports have an as-of time; other projects' reports are complete and don't wait",
        arguments: Profile.available)
    func reports(profile: Profile) async throws {
        try await Self.whileNothingIsStored(profile) { app, other, store in
            #expect(try await app.collect(Self.batch).body == #"{"accepted":120,"ok":true}"#)
            app.time.advance(seconds: 10)
            let theirs = try await app.get("/api/v1/stats", as: other[.query]!)
            #expect(try Self.pageviews(theirs) == 1)
            #expect(theirs.headers[Self.asOf] == nil)
            // These reports wait for two seconds.
            async let plain = app.get("/api/v1/stats")
            async let compared = app.get("/api/v1/pages?compare=previous")
            async let list = app.get("/api/v1/realtime")
            let answers = try await [plain, compared, list]
            #expect(answers.map { $0.headers[Self.asOf] } == Array(repeating: "2026-03-02T12:00:10Z", count: 3))
            #expect(try Self.pageviews(answers[0]) == 1)
            #expect(try answers[1].json()["as_of"]?.string == "2026-03-02T12:00:10Z")

            store.release()
            try await app.installation.writer.settle()
            let whole = try await app.get("/api/v1/stats")
            #expect(try Self.pageviews(whole) == 121)
            #expect(whole.headers[Self.asOf] == nil)
            #expect(try await app.get("/api/v1/pages?compare=previous").json()["as_of"] == nil)
        }
    }

    @Test(
        "the importing project's next batch waits and is rejected, also one from code; single events and other projects' batches are accepted",
        arguments: Profile.available)
    func door(profile: Profile) async throws {
        try await Self.whileNothingIsStored(profile) { app, other, store in
            let writer = app.installation.writer
            // A store so slow that a single batch is too much.
            writer.door.applied(upTo: writer.appliedPosition, bytesPerSecond: 1_000)
            #expect(try await app.collect(Self.batch).status == 200)
            async let next = app.collect(Self.batch)
            let intake = app.installation.gate.services.intake, sender = EventSender(.module("core"), for: app.project)
            async let handedIn = intake.collect(Array(repeating: IncomingEvent("pageview", path: "/"), count: 1_000), for: sender)
            #expect(try await app.collect(Self.pageview).status == 200)
            #expect(try await app.collect(Self.batch, as: other[.ingest]!).status == 200)
            let refused = try await next
            #expect(refused.status == 429)
            let seconds = try #require(refused.headers[.retryAfter].flatMap(Int.init))
            #expect((10...60).contains(seconds))
            #expect(refused.body == #"{"error":"Events arrive faster than they can be stored. Retry after \#(seconds) seconds."}"#)
            do {
                _ = try await handedIn
                Issue.record("a large batch from code did not wait")
            } catch let error as ServiceError { #expect(error.status == 429 && error.code == "too_fast") }

            store.release()
            try await writer.settle()
            #expect(try await app.collect(Self.batch).status == 200)
            #expect(try await app.stats("pageviews") == 242)
            #expect(try await app.ledger() == ["12:00 received 244 = stored 242 + duplicate 0 + waiting 0 + too_fast 2"])
            #expect(try Self.pageviews(try await app.get("/api/v1/stats", as: other[.query]!)) == 121)
        }
    }

    @Test("the backlog is reported in seconds of work")
    func backlog() async throws {
        try await Self.whileNothingIsStored(.embedded) { app, _, store in
            func seconds() async throws -> Double? {
                try await app.get("/readyz", as: .nobody).json()["journal"]?["backlog_seconds"]?.number
            }
            #expect(try await seconds() == 0)
            for _ in 0..<3 { _ = try await app.collect(Self.batch) }
            #expect(try #require(try await seconds()) > 0)
            #expect(try await app.get("/metrics", as: .nobody).body.contains("ingest_backlog_seconds "))
            store.release()
            try await app.installation.writer.settle()
            #expect(try await seconds() == 0)
        }
    }

    private static let asOf = HTTPField.Name("X-Pulse-As-Of")!
}

import AllModules
import Common
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Storage
import Synchronization
import Testing
import TestSupport

/// A visitor is erased while another host's journal has events of theirs that are not stored.
@Suite("Erased visitors in a journal", .modules(.all), .enabled(if: Profile.available.contains(.server)))
struct ErasedVisitorTests {
    private static let noon = Instant(milliseconds: 1_772_452_800_000)

    private static func pageview(_ visitor: String, _ path: String, minutes: Int64 = 0) -> String {
        let at = Instant(milliseconds: noon.milliseconds + minutes * 60_000).iso8601
        return #"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)","timestamp":"\#(at)"}"#
    }

    /// Paths of the stored pageviews, in order.
    private static func paths(_ app: TestApp) async throws -> [String] {
        try await app.installation.writer.settle()
        return try await app.installation.engines.events.query(
            "SELECT path FROM core_activity WHERE kind = 0 ORDER BY path", timeoutSeconds: 10
        ).map { $0.text("path") }
    }

    private static func erase(_ visitor: String, _ app: TestApp) async throws {
        let answer = try await app.delete("/api/admin/projects/\(app.project.id)/privacy/visitors/\(visitor)", as: .token)
        #expect(answer.status == 204)
    }

    private static func ledger(_ app: TestApp) async throws -> [Int64?] {
        let ledger = try await app.get("/api/v1/ingest/ledger?start_at=2026-03-01&end_at=2026-03-04").json()["data"]?.elements.first
        return ["received", "stored", "waiting"].map { ledger?[$0]?.integer } + [ledger?["refused"]?["erased"]?.integer]
    }

    @Test("a host that was killed doesn't bring a visitor back who was erased meanwhile")
    func killed() async throws {
        let scratch = try Scratch(), environment = try await Profile.server.environment()
        let first = scratch.path + "/first"
        try await TestApp.run(in: first, environment: environment, events: { StallingEventStore($0, refusing: true) }) { app in
            let all = [
                Self.pageview("ada", "/a1"), Self.pageview("bob", "/b1"), Self.pageview("ada", "/a2", minutes: -50),
                #"{"type":"log","level":"info","message":"hello","visitor_id":"ada"}"#,
            ]
            let answer = try await app.collect("[\(all.joined(separator: ","))]")
            #expect(answer.body == #"{"accepted":4,"ok":true}"#)
        }
        try await TestApp.run(in: scratch.path + "/second", environment: environment, now: "2026-03-02T12:05:00Z") { app in
            try await Self.erase("ada", app)
            // The visitor is welcome again.
            try await app.collect(Self.pageview("ada", "/a3", minutes: 5))
            #expect(try await Self.paths(app) == ["/a3"])
        }
        for _ in 0..<2 {
            try await TestApp.run(in: first, environment: environment, now: "2026-03-02T12:06:00Z") { app in
                let paths = try await Self.paths(app), logs = try await app.get("/api/v1/logs").json(), ledger = try await Self.ledger(app)
                #expect(paths == ["/a3", "/b1"])
                #expect(logs["data"]?.elements.isEmpty == true)
                #expect(ledger == [5, 2, 0, 3])
            }
        }
        try await TestApp.run(in: first, environment: environment, now: "2026-03-02T12:07:00Z") { app in
            // What is sent after the erasure is stored, however old it is: the host has begun anew.
            try await app.collect(Self.pageview("ada", "/a4", minutes: -20))
            #expect(try await Self.paths(app) == ["/a3", "/a4", "/b1"])
        }
    }

    @Test("a host that knows of no other stores nothing that was there before an erasure on the other")
    func cutOff() async throws {
        let scratch = try Scratch(), environment = try await Profile.server.environment().filter { $0.key != "REDIS_URL" }
        let stall = Mutex<StallingEventStore?>(nil)
        try await TestApp.run(
            in: scratch.path + "/first", environment: environment,
            events: { store in
                let stalling = StallingEventStore(store)
                stall.withLock { $0 = stalling }
                return stalling
            }
        ) { first in
            let store = try #require(stall.withLock { $0 })
            try await TestApp.run(in: scratch.path + "/second", environment: environment) { second in
                for round in 1...3 {
                    store.hold()
                    // Before the erasure, then after it.
                    first.time.advance(seconds: 60)
                    second.time.advance(seconds: 120)
                    try await first.collect(#"{"type":"pageview","path":"/old","visitor_id":"ada"}"#)
                    try await first.collect(#"{"type":"pageview","path":"/bob","visitor_id":"bob"}"#)
                    try await Self.erase("ada", second)
                    first.time.advance(seconds: 120)
                    second.time.advance(seconds: 60)
                    try await first.collect(#"{"type":"pageview","path":"/new","visitor_id":"ada"}"#)
                    store.release()
                    try await first.installation.writer.settle()
                    #expect(try await Self.paths(second) == Array(repeating: "/bob", count: round) + ["/new"])
                    #expect(try await Self.ledger(first) == [Int64(3 * round), Int64(2 * round), 0, Int64(round)])
                }
            }
        }
    }

    @Test("old erasures are forgotten")
    func forgetting() async throws {
        try await TestApp.run(.server) { app in
            try await Self.erase("ada", app)
            func kept() async throws -> Int {
                try await app.installation.retention.run(now: app.time.now)
                return try await app.installation.engines.events.query("SELECT key FROM ingest_erased_visitors", timeoutSeconds: 10).count
            }
            #expect(try await kept() == 1)
            app.time.advance(seconds: ErasedVisitors.days * 86_400)
            #expect(try await kept() == 1)
            app.time.advance(seconds: 1)
            #expect(try await kept() == 0)
            try await Self.erase("bob", app)
            let last = try await app.installation.engines.events.query(ErasedVisitors.last, timeoutSeconds: 10)
            #expect(last.first?.int("number") == 2)
        }
    }
}

import AllModules
import Common
import Foundation
@testable import Host
@_spi(Host) @testable import Ingest
import Questions
@_spi(Host) import Storage
import Testing
@testable import TestSupport

/// Sessions match their definition whatever order their rows arrive in, and whatever has been evicted from memory in the meantime.
@Suite("Sessions of rows in any order", .modules(.all))
struct SessionPlacementTests {
    private static func page(_ path: String, _ at: String, visitor: String = "ada", more: String = "") -> String {
        #"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)","timestamp":"\#(at)"\#(more)}"#
    }

    private static func event(_ name: String, _ at: String, visitor: String = "ada", more: String = "") -> String {
        #"{"type":"event","name":"\#(name)","visitor_id":"\#(visitor)","timestamp":"\#(at)"\#(more)}"#
    }

    /// Sessions, bounce rate and average duration; two reports that count sessions differently have to agree.
    private static func told(_ app: TestApp, _ query: String = "?start_at=2026-01-01&end_at=2026-03-31") async throws -> String {
        let stats = try #require(try await app.get("/api/v1/stats\(query)").json()["current"])
        let days = try await app.get("/api/v1/stats/timeseries\(query)").json()["data"]?.elements ?? []
        let sessions = stats["sessions"]?.integer ?? -1
        let byDay: Int64 = days.reduce(0) { $0 + ($1["sessions"]?.integer ?? 0) }
        #expect(byDay == sessions)
        return "\(sessions) \(stats["bounce_rate"]?.number ?? -1) \(stats["avg_duration"]?.number ?? -1)"
    }

    private static func names(_ app: TestApp, _ table: String = "core_activity") async throws -> [String] {
        try await app.lines("SELECT session_at FROM \(sql: table) GROUP BY session_at ORDER BY session_at").map {
            Instant(milliseconds: Int64($0)!).iso8601
        }
    }

    @Test("an import that sends one table after another", arguments: Profile.available, [false, true])
    func tableByTable(profile: Profile, hasID: Bool) async throws {
        try await TestApp.run(profile, now: "2026-03-31T00:00:00Z") { app in
            func day(_ number: Int, _ clock: String) -> String { "2026-03-\(number < 10 ? "0" : "")\(number)T\(clock)Z" }
            func more(_ number: Int) -> String { hasID ? #","session_id":"s\#(number)""# : "" }
            let pages = (1...20).flatMap {
                [Self.page("/a", day($0, "10:00:00"), more: more($0)), Self.page("/b", day($0, "10:05:00"), more: more($0))]
            }
            let events = (1...20).map { Self.event("e", day($0, "10:02:00"), more: more($0)) }
            for batch in [pages, events] { try await app.collect("[\(batch.joined(separator: ","))]", as: .server) }
            #expect(try await Self.told(app) == "20 0.0 300.0")
            // Backwards, one at a time, into the same sessions.
            for number in (1...20).reversed() {
                try await app.collect(Self.page("/c", day(number, "10:30:00"), more: more(number)), as: .server)
            }
            #expect(try await Self.told(app) == "20 0.0 1800.0")
            #expect(
                try await app.get("/api/v1/pages/exit?start_at=2026-03-01&end_at=2026-03-31").body
                    == #"{"data":[{"exit_rate":100,"path":"/c","sessions":20}],"total":1}"#)
        }
    }

    @Test("an offline client that sends after a restart or after its session left memory", arguments: Profile.available, [false, true])
    func offline(profile: Profile, restarts: Bool) async throws {
        let folder = NSTemporaryDirectory() + "pulse-test-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let environment = try await profile.environment()
        let late: @Sendable (TestApp) async throws -> Void = { app in
            app.time.set(Instant(iso: "2026-03-02T12:00:00Z"))
            app.installation.sessions.sweep(now: app.time.now)
            try await app.collect(Self.event("e", "2026-03-02T10:02:00Z"))
            #expect(try await Self.told(app) == "1 0.0 300.0")
        }
        try await TestApp.run(in: folder, environment: environment, now: "2026-03-02T10:05:00Z") { app in
            try await app.collect("[\(Self.page("/a", "2026-03-02T10:00:00Z")),\(Self.page("/b", "2026-03-02T10:05:00Z"))]")
            #expect(try await Self.told(app) == "1 0.0 300.0")
            if !restarts { try await late(app) }
        }
        if restarts { try await TestApp.run(in: folder, environment: environment) { try await late($0) } }
    }

    @Test("a row at the exact instant the session began", arguments: Profile.available)
    func sameInstant(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let others = (2...10).map { Self.page("/x", "2026-02-\($0 < 10 ? "0" : "")\($0)T10:00:00Z") }
            try await app.collect("[\(([Self.page("/one", "2026-02-01T10:00:00Z")] + others).joined(separator: ","))]", as: .server)
            try await app.collect(Self.page("/two", "2026-02-01T10:00:00Z"), as: .server)
            #expect(try await Self.told(app) == "10 90.0 0.0")
            let range = "?start_at=2026-02-01&end_at=2026-02-01"
            #expect(try await Self.told(app, range) == "1 0.0 0.0")
            #expect(
                try await app.get("/api/v1/pages/entry\(range)").body
                    == #"{"data":[{"bounce_rate":0,"path":"/one","sessions":1}],"total":1}"#)
            #expect(
                try await app.get("/api/v1/pages/exit\(range)").body
                    == #"{"data":[{"exit_rate":100,"path":"/two","sessions":1}],"total":1}"#)
            // A session id makes it a separate session, with a different start.
            try await app.collect(Self.page("/three", "2026-02-01T10:00:00Z", more: #","session_id":"s""#), as: .server)
            #expect(try await Self.told(app, range) == "2 50.0 0.0")
        }
    }

    @Test("a row between two sessions merges them", arguments: Profile.available, [true, false])
    func bridge(profile: Profile, isLive: Bool) async throws {
        try await TestApp.run(profile, now: isLive ? "2026-03-02T10:50:00Z" : "2026-03-20T00:00:00Z") { app in
            for at in ["10:00", "10:50", "10:25"] {
                if !isLive { app.time.advance(seconds: 7_200) }
                app.installation.sessions.sweep(now: app.time.now)
                try await app.collect(Self.page("/\(at.prefix(2))", "2026-03-02T\(at):00Z"), as: .server)
            }
            #expect(try await Self.told(app) == "1 0.0 3000.0")
            let names = try await Self.names(app)
            // Unless live, the session's start depends on which rows were in one batch.
            #expect(names == ["2026-03-02T10:50:00Z"] || !isLive && names.count == 1)
            // Later activity joins the merged session, and a range that cuts it sees part of one session.
            try await app.collect(Self.page("/on", "2026-03-02T10:52:00Z"), as: .server)
            #expect(try await Self.told(app) == "1 0.0 3120.0")
            for range in [
                "10:10:00Z&end_at=2026-03-02T10:55:00Z", "09:00:00Z&end_at=2026-03-02T10:51:00Z", "10:30:00Z&end_at=2026-03-02T10:55:00Z",
            ] {
                let told = try await Self.told(app, "?start_at=2026-03-02T\(range)")
                #expect(told.hasPrefix("1 0.0 "), "\(range): \(told)")
            }
        }
    }

    @Test("the earliest activity decides the session's source, even in facts already stored", arguments: Profile.available)
    func attributes(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect(Self.event("buy", "2026-02-01T10:20:00Z", more: #","revenue_amount":5"#), as: .server)
            try await app.collect(Self.page("/", "2026-02-01T10:10:00Z", more: #","referrer":"https://www.bing.com/""#), as: .server)
            try await app.collect(Self.page("/", "2026-02-01T10:00:00Z", more: #","referrer":"https://www.google.com/""#), as: .server)
            try await app.collect(Self.event("buy", "2026-02-01T10:40:00Z", more: #","revenue_amount":7"#), as: .server)
            let range = "?start_at=2026-02-01&end_at=2026-02-01"
            #expect(try await Self.told(app, range) == "1 0.0 2400.0")
            #expect(
                try await app.get("/api/v1/referrers\(range)").body == #"{"data":[{"pageviews":2,"source":"google.com","visitors":1}]}"#)
            let orders = try await app.lines("SELECT session_at, source FROM revenue_orders ORDER BY occurred_at")
            #expect(Set(orders) == Set(try await app.lines("SELECT session_at, source FROM core_activity")))
            #expect(orders.count == 2)
        }
    }

    @Test("a past fact that isn't activity belongs to the session around it", arguments: Profile.available)
    func facts(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect("[\(Self.page("/", "2026-02-01T10:00:00Z")),\(Self.page("/", "2026-02-01T10:05:00Z"))]", as: .server)
            app.time.advance(seconds: 86_400)
            app.installation.sessions.sweep(now: app.time.now)
            try await app.collect(
                #"{"type":"log","payload":{"level":"error","message":"m"},"visitor_id":"ada","timestamp":"2026-02-01T10:03:00Z"}"#,
                as: .server)
            #expect(try await Self.names(app, "logs_entries") == ["2026-02-01T10:00:00Z"])
        }
    }

    @Test("a visit that alternates between two hosts, the second started mid-visit", .enabled(if: Profile.available.contains(.server)))
    func twoHosts() async throws {
        let folders = (1...2).map { _ in NSTemporaryDirectory() + "pulse-test-" + UUID().uuidString }
        defer { for folder in folders { try? FileManager.default.removeItem(atPath: folder) } }
        let environment = try await Profile.server.environment()
        try await TestApp.run(in: folders[0], environment: environment) { first in
            @Sendable func view(_ number: Int64, on app: TestApp) async throws {
                app.time.set(Instant(iso: TestApp.noon).adding(seconds: number * 10))
                try await app.collect(#"{"type":"pageview","path":"/p\#(number)","visitor_id":"ada"}"#)
                _ = try await app.stats("sessions")
            }
            try await view(0, on: first)
            try await view(1, on: first)
            try await TestApp.run(in: folders[1], environment: environment, now: "2026-03-02T12:00:20Z") { second in
                for number in 2...7 { try await view(Int64(number), on: number % 2 == 0 ? second : first) }
                first.time.advance(seconds: 60)
                #expect(try await Self.told(first) == "1 0.0 70.0")
                let pages = try await first.get("/api/v1/pages").json()["data"]?.elements ?? []
                #expect(pages.map { $0["avg_duration"]?.number } == [10, 10, 10, 10, 10, 10, 10, 0])
            }
        }
    }

    @Test("live events don't query the store; older ones query it once per batch")
    func asking() async throws {
        let folder = NSTemporaryDirectory() + "pulse-test-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = FakeEventStore(), tables = [Activity.table, Activity.visitors]
        let placement = SessionPlacement(tables: tables, events: store, timeoutMinutes: 30), sessions = Sessions()
        func batch(_ steps: [Step]) -> FactBatch {
            let rows = steps.map { step in
                let (place, attributes) = sessions.add(step.arrival) { .named("x") }
                var row = RowEncoder(.init(table: 0, project: 1, hour: 0, isTentative: place.isTentative))
                for value in [1, place.at, step.visitor, 0, place.sessionAt, Int64(place.seq)] { row.append(value) }
                row.appendNull()
                row.append(1 as Int64)
                for _ in 0..<4 { row.append("") }
                row.appendNull()
                row.append(encoded: attributes.columns)
                row.appendNull()
                return EncodedRow(row.bytes[...])
            }
            return FactBatch(journal: "j", position: .start, tables: tables, rows: rows, ledger: [])
        }
        let now = clock("12:00")
        // Up to five minutes old, out of order and two at the same instant: memory is enough.
        let live = [300_000, 1_000, 2_000, 2_000, 0].flatMap { age in (1...3).map { Step(at: now - age, now: now, visitor: $0, path: "/") }
        }
        _ = try await placement.placed(batch(live))
        #expect(store.queries.isEmpty)
        _ = try await placement.placed(batch((1...50).map { Step(at: now - 86_400_000 + $0, now: now, visitor: $0, path: "/") }))
        #expect(store.queries.count == 1)
    }
}

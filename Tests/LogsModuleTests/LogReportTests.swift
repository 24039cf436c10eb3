import Core
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@testable import LogsModule
import NIOCore
import Testing
import TestSupport

@Suite("Log reports", .modules(LogsModule.self))
struct LogReportTests {
    private static func log(
        _ app: TestApp, _ level: String, _ message: String, _ more: String = "", at time: String = "2026-03-02T11:00:00Z"
    ) async throws {
        let body =
            #"{"type":"log","timestamp":"\#(time)","payload":{"level":"\#(level)","message":"\#(message)"\#(more.isEmpty ? "" : "," + more)}}"#
        let answer = try await app.collect(body)
        #expect(answer.body == #"{"ok":true}"#, "\(body)")
    }

    private static func entries(_ app: TestApp) async throws {
        try await log(app, "info", "Started", #""release":"1.0""#, at: "2026-02-28T00:00:00Z")
        try await log(app, "warn", "Checkout retry 2", #""release":"1.1","environment":"staging""#, at: "2026-03-01T10:00:00Z")
        try await log(app, "error", "Checkout failed: Größe 100%_!", #""release":"1.1""#, at: "2026-03-01T23:59:59.999Z")
        try await log(app, "error", "card DECLINED by bank", at: "2026-03-02T11:00:00Z")
        try await log(app, "fatal", "retry checkout", #""release":"1.1""#, at: "2026-03-02T11:00:00Z")
    }

    private static func messages(_ app: TestApp, _ query: String) async throws -> [String] {
        let answer = try await app.get("/api/v1/logs" + query)
        #expect(answer.status == 200, "\(answer.body)")
        return try answer.json()["data"]?.elements.compactMap { $0["message"]?.string } ?? []
    }

    @Test("returns entries with everything sent, each with a stable id", arguments: Profile.available)
    func whole(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect(
                #"{"type":"log","visitor_id":"v_7fz9k2","payload":{"level":"warn","message":"Checkout retry at https://u:p@acme.com/x","body":{"retry_count":2,"order_id":"ord_123","list":[1.5,null,true]},"path":"/checkout?card=1","release":"2026.05.09","environment":"staging"}}"#
            )
            try await Self.log(app, "debug", "bare")
            let body = try await app.get("/api/v1/logs").body
            let ids = try JSON.parse(body)["data"]?.elements.compactMap { $0["id"]?.string } ?? []
            #expect(Set(ids).count == 2)
            #expect(ids.allSatisfy { $0.dropFirst(14).hasPrefix("7000-") })
            #expect(
                body
                    == #"{"data":[{"body":{"list":[1.5,null,true],"order_id":"ord_123","retry_count":2},"created_at":"2026-03-02T12:00:00Z","environment":"staging","id":"\#(ids[0])","level":"warn","message":"Checkout retry at https://acme.com/x","path":"/checkout","release":"2026.05.09","visitor_id":"v_7fz9k2"},"#
                    + #"{"body":{},"created_at":"2026-03-02T11:00:00Z","environment":"production","id":"\#(ids[1])","level":"debug","message":"bare","path":null,"release":null,"visitor_id":null}]}"#
            )
            #expect(try await app.get("/api/v1/logs").body == body)
        }
    }

    @Test("lists entries newest first, equal times by latest arrival, page by page", arguments: Profile.available)
    func order(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await Self.entries(app)
            #expect(
                try await Self.messages(app, "") == [
                    "retry checkout", "card DECLINED by bank", "Checkout failed: Größe 100%_!", "Checkout retry 2", "Started",
                ])
            #expect(try await Self.messages(app, "?limit=2&offset=1") == ["card DECLINED by bank", "Checkout failed: Größe 100%_!"])
            #expect(
                try await Self.messages(app, "?start_at=2026-03-01&end_at=2026-03-01") == [
                    "Checkout failed: Größe 100%_!", "Checkout retry 2",
                ])
            #expect(try await Self.messages(app, "?start_at=2026-03-01T10:00:00Z&end_at=2026-03-01T23:59:59.999Z") == ["Checkout retry 2"])
        }
    }

    @Test("filters by level, release, environment and case-insensitive text", arguments: Profile.available)
    func filters(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await Self.entries(app)
            for (query, expected) in [
                ("level=error", ["card DECLINED by bank", "Checkout failed: Größe 100%_!"]),
                ("level=warn,fatal", ["retry checkout", "Checkout retry 2"]),
                ("release=1.0", ["Started"]), ("environment=staging", ["Checkout retry 2"]), ("level=warn&environment=production", []),
                ("search=declined", ["card DECLINED by bank"]), ("search=ARTE", ["Started"]),
                ("search=heckout+fail", ["Checkout failed: Größe 100%_!"]),
                ("search=checkout+retry", ["retry checkout", "Checkout retry 2"]), ("search=%22checkout+retry%22", ["Checkout retry 2"]),
                ("search=%22retry+CHECK", ["retry checkout"]), ("search=gr%C3%96%C3%9FE", ["Checkout failed: Größe 100%_!"]),
                ("search=100%25_!", ["Checkout failed: Größe 100%_!"]), ("search=%25", ["Checkout failed: Größe 100%_!"]),
                ("search='%3B--", []),
                (
                    "search=%22%22",
                    ["retry checkout", "card DECLINED by bank", "Checkout failed: Größe 100%_!", "Checkout retry 2", "Started"]
                ),
            ] as [(String, [String])] {
                #expect(try await Self.messages(app, "?" + query) == expected, "\(query)")
            }
        }
    }

    @Test("counts entries by level and release, and over time", arguments: Profile.available)
    func counts(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await Self.entries(app)
            try await Self.log(app, "error", "once more", #""release":"1.1""#)
            #expect(
                try await app.get("/api/v1/logs/summary").body
                    == #"{"data":[{"count":2,"level":"error","release":"1.1"},{"count":1,"level":"error","release":null},{"count":1,"level":"fatal","release":"1.1"},{"count":1,"level":"info","release":"1.0"},{"count":1,"level":"warn","release":"1.1"}]}"#
            )
            #expect(
                try await app.get("/api/v1/logs/timeseries?start_at=2026-02-27&end_at=2026-03-02&search=checkout").body
                    == #"{"data":[{"count":0,"date":"2026-02-27","debug":0,"error":0,"fatal":0,"info":0,"warn":0},{"count":0,"date":"2026-02-28","debug":0,"error":0,"fatal":0,"info":0,"warn":0},"#
                    + #"{"count":2,"date":"2026-03-01","debug":0,"error":1,"fatal":0,"info":0,"warn":1},{"count":1,"date":"2026-03-02","debug":0,"error":0,"fatal":1,"info":0,"warn":0}]}"#
            )
            #expect(
                try await app.get(
                    "/api/v1/logs/timeseries?start_at=2026-03-02T11:00:00Z&end_at=2026-03-02T12:00:00Z&interval=hour&level=error"
                ).body
                    == #"{"data":[{"count":2,"date":"2026-03-02T11:00","debug":0,"error":2,"fatal":0,"info":0,"warn":0}]}"#)
        }
    }

    @Test(
        "rejects invalid entries and requests with a message",
        arguments: [
            (#"{"type":"log","message":"a"}"#, "missing required field 'level'."),
            (#"{"type":"log","level":"warn"}"#, "missing required field 'message'."),
            (
                #"{"type":"log","level":"warning","message":"a"}"#,
                "field 'level' must be one of 'debug', 'info', 'warn', 'error', 'fatal'; got 'warning'."
            ),
        ])
    func refused(body: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.collect(body)
            #expect(answer.status == 400 && answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#, "\(answer.body)")
            #expect(
                try await app.get("/api/v1/logs?level=warn,loud").body
                    == #"{"error":"Invalid query parameter 'level': must be one or more of 'debug', 'info', 'warn', 'error', 'fatal', separated by commas; got 'loud'."}"#
            )
        }
    }

    @Test("a huge message is cut and can still be found", arguments: Profile.available)
    func long(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await Self.log(app, "info", String(repeating: "ab ", count: 70_000))
            #expect(try await Self.messages(app, "?search=%22b+a%22").map(\.count) == [8_192])
        }
    }

    @Test("the live stream sends an entry as the list shows it, to readers who may read logs", arguments: Profile.available)
    func live(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let stream = app.installation.stream
            let reader = try await stream.watch(app.project.number) { { $0 == "logs" } },
                other = try await stream.watch(app.project.number) { { $0 == "core" } }
            try await app.collect(#"{"type":"log","visitor_id":"ada","level":"warn","message":"Checkout retry","body":{"retry_count":2}}"#)
            try await app.collect(#"{"type":"pageview","path":"/"}"#)
            func first(_ events: AsyncStream<ByteBuffer>) async -> String? {
                for await event in events where !String(buffer: event).hasPrefix(":") { return String(buffer: event) }
                return nil
            }
            let list = try await app.get("/api/v1/logs").body
            let entry = list.dropFirst(#"{"data":["#.count).dropLast(2)
            #expect(await first(reader) == "event: log\ndata: \(entry)\n\n")
            #expect(await first(other)?.hasPrefix("event: activity\n") == true)
        }
    }

    @Test("an entry's number becomes a version 7 UUID, ordered by time and arrival")
    func numbers() {
        let first = EntryNumber.next(), second = EntryNumber.next(), now = Instant(milliseconds: 0x0123_4567_89AB)
        let id = EntryNumber.uuid(first, at: now)
        #expect(id.hasPrefix("01234567-89ab-7000-") && "89ab".contains(id.dropFirst(19).first!) && id.count == 36)
        #expect(id < EntryNumber.uuid(second, at: now) || second < first)
        #expect(EntryNumber.uuid(0, at: now) == "01234567-89ab-7000-8000-000000000000")
        #expect(EntryNumber.uuid(1 << 62 - 1, at: now) == "01234567-89ab-7000-bfff-ffffffffffff")
    }
}

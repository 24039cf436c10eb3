import AllModules
import Common
import Foundation
@testable import Host
import Logging
import Synchronization
import Testing
import TestSupport

/// What `/readyz` reports, and what a start does, while a server behind the host is down or hangs.
@Suite("Readiness", .modules(.all))
struct ProbeTests {
    @Test("means that the host can collect; on request the engines are checked as well", arguments: Profile.available)
    func well(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let ready = try await app.get("/readyz", as: .nobody), short = try ready.json()
            #expect(ready.status == 200)
            #expect(
                short.members.map(\.name) == ["journal", "ok"] && short["ok"]?.boolean == true && short["journal"]?["ok"]?.boolean == true)
            let full = try await app.get("/readyz?full=true", as: .nobody), long = try full.json()
            #expect(full.status == 200)
            #expect(long.members.map(\.name) == ["control", "coordination", "events", "journal", "ok"] && long["ok"]?.boolean == true)
            for part in ["control", "coordination", "events", "journal"] { #expect(long[part]?["ok"]?.boolean == true) }
            let wrong = try await app.get("/readyz?full=yes", as: .nobody)
            #expect(wrong.status == 400)
        }
    }

    @Test("collection, reports, changes and readiness keep working while Redis hangs", .timeLimit(.minutes(2)))
    func hungRedis() async throws {
        let redis = try HungServer(), scratch = try Scratch()
        defer { redis.close() }
        let environment = ["REDIS_URL": "redis://127.0.0.1:\(redis.port)/0", "PULSE_LIMIT_INGEST": "100", "PULSE_LIMIT_QUERY": "100"]
        try await TestApp.run(in: scratch.path + "/data", environment: environment) { app in
            for _ in 0..<4 {
                let answer = try await app.collect(#"{"type":"pageview","path":"/"}"#)
                #expect(answer.status == 200)
            }
            let stats = try await app.get("/api/v1/stats").json()
            #expect(stats["current"]?["pageviews"]?.integer == 4)
            _ = try await app.installation.createProject("Second", domain: "second.example")
            let ready = try await app.get("/readyz", as: .nobody)
            #expect(ready.status == 200)
            let full = try await app.get("/readyz?full=true", as: .nobody)
            #expect(full.status == 503)
            let json = try full.json()
            #expect(
                json["control"]?["ok"]?.boolean == true && json["events"]?["ok"]?.boolean == true && json["journal"]?["ok"]?.boolean == true
            )
            #expect(json["coordination"]?["ok"]?.boolean == false && json["ok"]?.boolean == false)
        }
    }

    @Test("a start waits for a server that is still starting, and fails with an error if it never responds")
    func patience() async throws {
        let away = ServiceError.unavailable("database_unavailable", "The database is not available at the moment.")
        let pauses = Mutex(0), answers = Mutex(3)
        let patience = StartupWait(seconds: 60) { pauses.withLock { $0 += 1 } }
        try await patience.wait(for: "PostgreSQL", logger: .quiet) {
            try answers.withLock { left in
                left -= 1
                if left > 0 { throw away }
            }
        }
        #expect(pauses.withLock { $0 } == 2)
        let error = await #expect(throws: ServiceError.self) { try await patience.wait(for: "PostgreSQL", logger: .quiet) { throw away } }
        #expect(
            error?.message == "PostgreSQL did not answer for 60 seconds: The database is not available at the moment. See the log."
        )
        #expect(pauses.withLock { $0 } == 62)
        // An error that only a person can fix is reported immediately.
        let mistake = FolderError("wrong")
        await #expect(throws: FolderError.self) { try await patience.wait(for: "PostgreSQL", logger: .quiet) { throw mistake } }
        #expect(pauses.withLock { $0 } == 62)
    }
}

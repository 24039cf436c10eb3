import AllModules
import Common
@_spi(Host) @testable import Host
@_spi(Host) import Jobs
@_spi(Host) import Storage
import Testing
import TestSupport

@Suite("Retention", .modules(.all))
struct RetentionTests {
    @Test(
        "keeps whole calendar months",
        arguments: [
            ("2026-03-31T15:00:00Z", 1, "2026-02-28"), ("2024-03-31T15:00:00Z", 1, "2024-02-29"),
            ("2026-03-15T00:00:00Z", 12, "2025-03-15"),
            ("2026-01-31T23:59:59Z", 2, "2025-11-30"), ("2026-05-01T00:00:00Z", 1_200, "1926-05-01"),
        ])
    func start(now: String, months: Int, first: String) throws {
        #expect("\(Day(Retention.start(months: months, before: try #require(Instant(now)))))" == first)
    }

    @Test("runs every hour, once for all hours that no host was there", arguments: Profile.available)
    func schedule(profile: Profile) async throws {
        try await TestApp.run(profile, yaml: "retention: {audit_days: 1}") { app in
            func audited() async throws -> Int64 {
                try await app.installation.engines.control.read("SELECT count(*) AS n FROM access_audit")[0].int("n")
            }
            await app.installation.taskRunner.settle()
            #expect(try await audited() > 0)
            app.time.advance(seconds: 30 * 3_600)
            await app.installation.taskRunner.settle()
            #expect(try await audited() == 0)
            let runs = try await app.installation.tasks.tasks(of: "pulse.retention", limit: 10)
            #expect(runs.map(\.dueAt.iso8601) == ["2026-03-03T18:00:00Z"])
            #expect(runs.map(\.state) == [.done])
        }
    }

    @Test("visitor ids are kept as long as a fact needs them, and return with the visitor", arguments: Profile.available)
    func ids(profile: Profile) async throws {
        try await TestApp.run(profile, now: "2026-01-01T12:00:00Z", yaml: "retention: {events_months: 1}") { app in
            func visit(_ visitor: String) async throws {
                try await app.collect(#"{"type":"identify","visitor_id":"\#(visitor)","user_id":"u"}"#)
            }
            func names() async throws -> [String] {
                _ = try await app.get("/api/v1/stats")
                try await app.installation.retention.run(now: app.time.now)
                return try await app.get("/api/v1/identity/profiles").json()["data"]?.elements.compactMap { $0["visitor_id"]?.string }
                    .sorted() ?? []
            }
            try await visit("often")
            try await visit("seldom")
            // Too early for the id to be written again, so its row becomes older than all facts of the visitor that are kept.
            app.time.advance(seconds: 20 * 86_400)
            try await visit("often")
            app.time.advance(seconds: 20 * 86_400)
            #expect(try await names() == ["often"])
            try await visit("seldom")
            #expect(try await names() == ["often", "seldom"])
            for _ in 1...3 {
                app.time.advance(seconds: 20 * 86_400)
                try await visit("often")
            }
            #expect(try await names() == ["often"])
        }
    }
}

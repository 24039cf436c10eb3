import AllModules
import Common
import Foundation
@testable import Host
@_spi(Host) import Settings
import Testing
import TestSupport

@Suite("pulse doctor", .modules(.all))
struct DoctorTests {
    private static func examine(_ configuration: HostConfiguration, now: String = "2026-03-02T12:00:00Z") async -> [String: Doctor.Finding]
    {
        let findings = await Doctor(configuration: configuration, file: nil, now: Instant(now)!).examine()
        return Dictionary(findings.map { ($0.subject, $0) }) { first, _ in first }
    }

    @Test("finds nothing to fix before the first start, and creates nothing")
    func fresh() async throws {
        let scratch = try Scratch(), configuration = try scratch.configuration()
        let findings = await Self.examine(configuration)
        #expect(findings.values.filter { $0.verdict == .fail } == [])
        #expect(findings["stores"]?.text == "none yet; `pulse serve` creates them")
        #expect(!FileManager.default.fileExists(atPath: configuration.storage.dataFolder))
    }

    @Test("asks a running host")
    func serving() async throws {
        try await TestApp.run(over: .socket) { app in
            let findings = await Self.examine(app.installation.configuration)
            #expect(findings["host"]?.text.hasPrefix("process \(getpid()) is serving at http://127.0.0.1:") == true)
            for subject in ["control store", "event store", "coordination"] {
                #expect(findings[subject] == .ok(subject, "the host can reach it"))
            }
            #expect(findings["journal"]?.verdict == .ok)
            #expect(findings["stores"] == nil)
            #expect(findings["open files"]?.text.contains("enough for") == true)
        }
    }

    @Test("opens the stores when no host is running")
    func stopped() async throws {
        let scratch = try Scratch()
        try await TestApp.run(in: scratch.path + "/data") { app in try await app.collect(#"{"type":"pageview","path":"/"}"#) }
        let findings = await Self.examine(try scratch.configuration())
        #expect(findings["control store"]?.text == "SQLite responds")
        #expect(findings["event store"]?.text == "DuckDB responds")
        #expect(findings["migrations"]?.text == "none pending")
        #expect(findings["journal"]?.text.hasPrefix("0 bytes wait") == true)
    }

    @Test(
        "reports what is wrong",
        arguments: [
            ("privacy: {geoip_database: /nowhere/city.mmdb}", "GeoIP", Doctor.Finding.Verdict.fail),
            ("storage: {event_memory_mb: 1048576}", "memory", .warn),
            ("server: {public_url: \"https://stats.example.com\"}", "admin token", .warn),
            ("server: {public_url: \"https://stats.example.com\"}\nlimits: {query_per_second: 0}", "rate limits", .warn),
            ("server: {public_url: \"http://stats.example.com\"}", "public address", .warn),
            ("coordination: {redis_url: \"redis://127.0.0.1:1/0\"}", "cookie secret", .warn),
            ("server: {public_url: \"http://localhost:8080\"}", "admin token", .ok),
            ("admin_token: 0123456789abcdef0123456789abcde", "admin token", .warn),
            ("admin_token: 0123456789abcdef0123456789abcdef", "admin token", .ok),
            ("admin_token: abababababababababababababababababab", "admin token", .warn),
            ("cookie_secret: \"00000000000000000000000000000000\"", "cookie secret", .warn),
        ])
    func wrong(yaml: String, subject: String, verdict: Doctor.Finding.Verdict) async throws {
        let scratch = try Scratch()
        let findings = await Self.examine(try scratch.configuration(yaml))
        #expect(findings[subject]?.verdict == verdict)
    }

    @Test("finds a port that another program uses")
    func port() async throws {
        try await TestApp.run(over: .socket) { app in
            let taken = try #require(
                DataFolder(app.installation.configuration.storage.dataFolder).holder()?.address?.split(separator: ":").last)
            let scratch = try Scratch()
            var configuration = try scratch.configuration()
            configuration.server.port = try #require(Int(taken))
            configuration.server.host = "127.0.0.1"
            let findings = await Self.examine(configuration)
            #expect(findings["port"]?.verdict == .fail)
        }
    }

    @Test("reports a clock that is in the past")
    func clock() async throws {
        let scratch = try Scratch()
        #expect(await Self.examine(try scratch.configuration(), now: "1970-01-02T00:00:00Z")["clock"]?.verdict == .fail)
    }

    @Test("prints one line per finding, and a summary")
    func text() {
        #expect(
            DoctorCommand.text([.ok("disk", "69 GB free"), .fail("data folder", "one\ntwo")]) == """
                ok   disk         69 GB free
                fail data folder  one
                                  two

                1 to fix, 0 to look at.
                """)
    }
}

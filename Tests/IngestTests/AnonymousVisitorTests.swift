import AllModules
import Common
@testable import Host
import HTTPTypes
@_spi(Host) @testable import Ingest
import Storage
import Testing
@testable import TestSupport

@Suite("Visitors without an id", .modules(.all))
struct AnonymousVisitorTests {
    private static func browse(_ app: TestApp) async throws {
        for browser in 0..<12 {
            try await app.collect(#"{"type":"pageview","path":"/"}"#, headers: [.userAgent: "\(TestApp.chrome) Edition/\(browser)"])
        }
    }

    @Test("stay distinct after the clock jumps, and keep their identity for the day", arguments: Profile.available, [2, 3, 10] as [Int64])
    func leap(profile: Profile, days: Int64) async throws {
        try await TestApp.run(profile) { app in
            app.time.advance(seconds: days * 86_400)
            for _ in 1...2 {
                try await Self.browse(app)
                app.time.advance(seconds: 60)
                #expect(try await app.stats("visitors") == 12)
                try await app.installation.identity.renewSalts(now: app.time.now)
            }
            #expect(try await app.stats("sessions") == 12)
        }
    }

    @Test("stay distinct when no salt can be loaded, using a local salt that other hosts adopt later")
    func own() async throws {
        try await TestApp.run { app in
            let identity = VisitorIdentity(control: app.installation.engines.control), day = Day(app.time.now).adding(days: 5)
            func key(_ agent: String, _ identity: VisitorIdentity) -> Int64? {
                identity.anonymousKey(project: 1, address: "1.2.3.0", userAgent: agent, on: day, salt: day)
            }
            #expect(key("a", identity) == nil)
            let keys = ["a", "b"].map { agent in identity.withOwnSalt(of: day) { key(agent, identity) } }
            #expect(Set(keys).count == 2 && keys[0] != nil)
            try await identity.renewSalts(now: day.start)
            try await app.installation.identity.renewSalts(now: day.start)
            #expect(key("a", identity) == keys[0] && key("a", app.installation.identity) == keys[0])
        }
    }
}

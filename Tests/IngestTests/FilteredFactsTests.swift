import AllModules
import Core
import Testing
import TestSupport

/// Filters apply to modules' own facts as they do to activity.
@Suite("Filters on facts", .modules(.all))
struct FilteredFactsTests {
    @Test("pick the facts of visitors and sessions with matching activity", arguments: Profile.available)
    func picks(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            for (visitor, agent, path) in [("ada", Agent.firefox, "/a"), ("bob", TestApp.chrome, "/b")] {
                let headers = HTTPFields.named(["User-Agent": agent])
                try await app.collect(#"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)"}"#, headers: headers)
                try await app.collect(#"{"type":"probe","label":"\#(visitor)","visitor_id":"\#(visitor)"}"#, headers: headers)
            }
            for (filter, expected) in [
                ("", ["ada", "bob"]), ("filter=browser:Firefox", ["ada"]), ("filter=path:/b", ["bob"]),
                ("filter=browser:Firefox;path:/b", []),
                ("filter=browser!:Firefox", ["bob"]),
            ] {
                let answer = try await app.get("/api/v1/probe/facts?" + filter).json()
                #expect((answer["data"]?.elements ?? []).compactMap { $0["label"]?.string } == expected, "\(filter)")
            }
        }
    }
}

import Common
import Testing
import TestSupport

/// Filters on facts of a module whose table lacks the filtered columns. The filters select visitors instead of rows.
@Suite("Filters on a module's facts", .modules())
struct FactFilterTests {
    @Test(
        "select the facts of matching visitors", arguments: Profile.available,
        [
            ("", #"{"data":[{"amount":3,"count":2,"label":"a"}],"visitors":2}"#),
            ("event:signup", #"{"data":[{"amount":1,"count":1,"label":"a"}],"visitors":1}"#),
            ("path:/docs", #"{"data":[{"amount":2,"count":1,"label":"a"}],"visitors":1}"#),
            ("path:/docs;event:signup", #"{"data":[],"visitors":0}"#),
        ])
    func byVisitor(profile: Profile, filter: (String, String)) async throws {
        try await TestApp.run(profile, modules: ProbeModule.withCore()) { app in
            try await app.collect(
                #"[{"type":"event","name":"signup","visitor_id":"ada"},{"type":"probe","label":"a","amount":1,"visitor_id":"ada"},"#
                    + #"{"type":"pageview","path":"/docs","visitor_id":"bob"},{"type":"probe","label":"a","amount":2,"visitor_id":"bob"}]"#)
            let answer = try await app.get("/api/v1/probe/facts?filter=\(filter.0)")
            #expect(answer.body == filter.1)
        }
    }
}

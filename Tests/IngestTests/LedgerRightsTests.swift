import Access
import AllModules
import Testing
import TestSupport

@Suite("Ledger access", .modules(.all))
struct LedgerRightsTests {
    @Test("the ledger belongs to core, so a key limited to other modules can't read it")
    func limited() async throws {
        try await TestApp.run { app in
            try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"v"}"#)
            for (modules, status) in [(["bi"], 403), (["core"], 200), (nil, 200)] as [([String]?, Int)] {
                let answer = try await app.get("/api/v1/ingest/ledger", as: try await app.key([.query], modules: modules))
                #expect(answer.status == status, "\(answer.body)")
                if status == 403 { #expect(answer.body == #"{"error":"API key is not allowed to use module 'core'."}"#) }
            }
        }
    }
}

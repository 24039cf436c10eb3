import Core
import GuestbookModule
import Testing
import TestSupport

@Suite("Guest book", .modules(GuestbookModule.self))
struct GuestbookTests {
    @Test("counts entries by page, busiest first", arguments: Profile.available)
    func counts(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            for path in ["/b", "/a", "/b"] {
                try await app.collect(#"{"type":"guestbook_entry","path":"\#(path)","text":"hello"}"#)
            }
            let answer = try await app.get("/api/v1/guestbook")
            #expect(answer.body == #"{"data":[{"entries":2,"path":"/b"},{"entries":1,"path":"/a"}]}"#)
        }
    }
}

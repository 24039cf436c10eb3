import Core
import ErrorTrackingModule
import Testing
import TestSupport

@Suite("Releases", .modules(ErrorTrackingModule.self))
struct ReleaseTests {
    @Test("are registered, changed and deleted", arguments: Profile.available)
    func crud(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let body =
                #"{"version":"2026.05.09","environment":"production","commit_sha":"9f4c2a1","deployed_at":"2026-05-09T18:00:00Z","metadata":{"service":"web"}}"#
            let made = try await app.post("/api/v1/releases", body, as: .query)
            let id = try #require(try made.json()["id"]?.string)
            let expected =
                #"{"commit_sha":"9f4c2a1","created_at":"2026-03-02T12:00:00Z","deployed_at":"2026-05-09T18:00:00Z","environment":"production","id":"\#(id)","metadata":{"service":"web"},"version":"2026.05.09"}"#
            #expect(made.status == 201 && made.body == expected)
            app.time.advance(seconds: 1)
            // The default environment is production, so this is the same release; omitted fields keep their values.
            let changed = try await app.post("/api/v1/releases", #"{"version":"2026.05.09","commit_sha":"abc"}"#, as: .query)
            #expect(changed.status == 200 && changed.body == expected.replacing("9f4c2a1", with: "abc"))
            let other = try await app.post("/api/v1/releases", #"{"version":"2026.05.09","environment":"staging"}"#, as: .query)
            #expect(other.status == 201)
            let otherID = try #require(try other.json()["id"]?.string)
            let bare =
                #"{"commit_sha":null,"created_at":"2026-03-02T12:00:01Z","deployed_at":null,"environment":"staging","id":"\#(otherID)","metadata":{},"version":"2026.05.09"}"#
            #expect(other.body == bare)
            #expect(try await app.get("/api/v1/releases").body == #"{"data":[\#(expected.replacing("9f4c2a1", with: "abc")),\#(bare)]}"#)
            #expect(try await app.get("/api/v1/releases?limit=1&offset=1").body == #"{"data":[\#(bare)]}"#)
            let deleted = try await app.delete("/api/v1/releases/\(id)", as: .query)
            #expect(deleted.status == 204 && deleted.body.isEmpty)
            let again = try await app.delete("/api/v1/releases/\(id)", as: .query)
            #expect(again.status == 404 && again.body == #"{"error":"Release '\#(id)' not found."}"#)
        }
    }

    @Test(
        "rejects an invalid release with a message",
        arguments: [
            ("{}", "missing required field 'version'."),
            (#"{"version":""}"#, "field 'version' must be a string of 1 to 200 characters; got 0 characters."),
            (
                #"{"version":"1","deployed_at":"yesterday, noon"}"#,
                "field 'deployed_at' must be an ISO 8601 date or timestamp; got 'yesterday, noon'."
            ),
            (#"{"version":"1","metadata":[]}"#, "field 'metadata' must be an object; got an array."),
        ])
    func refused(body: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.post("/api/v1/releases", body, as: .query)
            #expect(answer.status == 400 && answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
        }
    }
}

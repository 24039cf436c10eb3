import Common
import TestSupport
import Testing

@Suite("SCIM")
struct SCIMTests {
    private static let path = "/api/v1/identity/scim"

    @Test("users have a profile, and groups have users", arguments: Profile.available)
    func usersAndGroups(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let made = try await app.post(
                Self.path + "/users", #"{"user_name":"ada","display_name":"Ada","emails":[{"value":"ADA@Example.com"},{"value":"a@b.c","primary":false}],"traits":{"team":"core"}}"#,
                as: .query)
            let id = try made.json()["id"]?.string ?? ""
            #expect(made.status == 201)
            for part in [#""active":true"#, #""display_name":"Ada""#, #""external_id":null"#, #"{"value":"ada@example.com","primary":true}"#, #"{"value":"a@b.c","primary":false}"#] {
                #expect(made.body.contains(part), "\(made.body)")
            }
            let known = try await app.get("/api/v1/identity/profiles/scim:\(id)")
            let traits = #"{"active":true,"email":"ada@example.com","name":"Ada","team":"core"}"#
            #expect(known.body == #"{"first_seen_at":"2026-03-02T12:00:00Z","last_seen_at":"2026-03-02T12:00:00Z","traits":\#(traits),"user_id":"ada","visitor_id":"scim:\#(id)"}"#)
            let twice = try await app.post(Self.path + "/users", #"{"user_name":"ada"}"#, as: .query)
            #expect(twice.body == #"{"error":"Invalid request body: a scim user with user_name 'ada' exists already."}"#)

            let stranger = try await app.post(Self.path + "/groups", #"{"display_name":"Core","members":["00000000-0000-0000-0000-000000000000"]}"#, as: .query)
            #expect(stranger.body == #"{"error":"Invalid request body: field 'members[0]' must be the id of a SCIM user; got '00000000-0000-0000-0000-000000000000'."}"#)
            let group = try await app.post(Self.path + "/groups", #"{"display_name":"Core","members":["\#(id)"]}"#, as: .query).json()["id"]?.string ?? ""
            let expanded = try await app.get(Self.path + "/groups/\(group)").json()["members"]?.elements ?? []
            #expect(expanded.map { $0["user_name"]?.string } == ["ada"])

            app.time.advance(seconds: 60)
            let changed = try await app.put(Self.path + "/users/\(id)", #"{"active":false,"traits":{"team":"data"}}"#, as: .query)
            #expect(changed.status == 200)
            let after = try await app.get("/api/v1/identity/profiles/scim:\(id)").json()["traits"]
            #expect(after?["team"]?.string == "data")
            #expect(after?["active"]?.boolean == false)
            let gone = try await app.delete(Self.path + "/users/\(id)", as: .query)
            #expect(gone.status == 204)
            let left = try await app.get(Self.path + "/groups").json()["data"]?.elements.first?["members"]?.elements.count
            #expect(left == 0)
        }
    }
}

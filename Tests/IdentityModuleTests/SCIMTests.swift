import Access
import Common
import IdentityModule
import RevenueModule
import Testing
import TestSupport

@Suite("SCIM", .modules(IdentityModule.self, RevenueModule.self))
struct SCIMTests {
    private static let path = "/api/v1/identity/scim"

    @Test("users have profiles, and groups have users", arguments: Profile.available)
    func usersAndGroups(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let made = try await app.post(
                Self.path + "/users",
                #"{"user_name":"ada","display_name":"Ada","emails":[{"value":"ADA@Example.com"},{"value":"a@b.c","primary":false}],"traits":{"team":"core"}}"#,
                as: .query)
            let id = try made.json()["id"]?.string ?? ""
            #expect(made.status == 201)
            for part in [
                #""active":true"#, #""display_name":"Ada""#, #""external_id":null"#, #"{"value":"ada@example.com","primary":true}"#,
                #"{"value":"a@b.c","primary":false}"#,
            ] {
                #expect(made.body.contains(part), "\(made.body)")
            }
            let known = try await app.get("/api/v1/identity/profiles/scim:\(id)")
            let traits = #"{"active":true,"email":"ada@example.com","name":"Ada","team":"core"}"#
            #expect(
                known.body
                    == #"{"first_seen_at":"2026-03-02T12:00:00Z","last_seen_at":"2026-03-02T12:00:00Z","traits":\#(traits),"user_id":"ada","visitor_id":"scim:\#(id)"}"#
            )
            let twice = try await app.post(Self.path + "/users", #"{"user_name":"ada"}"#, as: .query)
            #expect(twice.body == #"{"error":"Invalid request body: a scim user with user_name 'ada' already exists."}"#)

            let stranger = try await app.post(
                Self.path + "/groups", #"{"display_name":"Core","members":["00000000-0000-0000-0000-000000000000"]}"#, as: .query)
            #expect(
                stranger.body
                    == #"{"error":"Invalid request body: field 'members[0]' must be the id of a SCIM user; got '00000000-0000-0000-0000-000000000000'."}"#
            )
            let group =
                try await app.post(Self.path + "/groups", #"{"display_name":"Core","members":["\#(id)"]}"#, as: .query).json()["id"]?.string
                ?? ""
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

    @Test("a visitor's export has the user and its groups, and erasure deletes them for good", arguments: Profile.available)
    func erased(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            func create(_ kind: String, _ body: String) async throws -> String {
                try #require(try await app.post("\(Self.path)/\(kind)", body, as: .query).json()["id"]?.string)
            }
            let ada = try await create(
                "users",
                #"{"user_name":"ada","external_id":"hr-7","emails":[{"value":"ada@example.com"},{"value":"ada@home.example"}]}"#)
            let bob = try await create("users", #"{"user_name":"bob"}"#)
            // The id as another system may write it.
            let group = try await create("groups", #"{"display_name":"Core","members":["\#(ada.uppercased())","\#(bob)"]}"#)
            let named = try await create("groups", #"{"display_name":"Sales","traits":{"lead":"\#(ada)"},"members":["\#(bob)"]}"#)
            let privacy = "/api/admin/projects/\(app.project.id)/privacy/visitors/scim:\(ada)"

            let export = try await app.get(privacy + "/export", as: .token).json()["telemetry"]
            let user = export?["identity_scim_users"]?.elements ?? []
            #expect(user.count == 1)
            #expect(user.first?["definition"]?["external_id"]?.string == "hr-7")
            #expect(
                user.first?["definition"]?["emails"]?.elements.compactMap { $0["value"]?.string } == [
                    "ada@example.com", "ada@home.example",
                ])
            let groups = export?["identity_scim_groups"]?.elements ?? []
            #expect(Set(groups.compactMap { $0["id"]?.string }) == [group, named])
            // The definition of a group names other people.
            #expect(groups.allSatisfy { $0["definition"] == nil })

            #expect(try await app.delete(privacy, as: .token).status == 204)
            #expect(try await app.get("\(Self.path)/users/\(ada)").status == 404)
            #expect(try await app.get("\(Self.path)/users").json()["data"]?.elements.compactMap { $0["user_name"]?.string } == ["bob"])
            let members = try await app.get("\(Self.path)/groups").json()["data"]?.elements.first { $0["id"]?.string == group }?["members"]
            #expect(members?.elements.compactMap(\.string) == [bob])
            let entries =
                try await app.get("/api/admin/projects/\(app.project.id)/audit-logs?limit=100", as: .token).json()["data"]?.elements ?? []
            let erasure = entries.first { $0["action"]?.string == "visitor.erase" }?["metadata"]
            #expect(erasure?["identity_scim_users"]?.string == "1" && erasure?["identity_scim_groups"]?.string == "1")

            // Nothing brings the person back.
            for answer in [
                try await app.put("\(Self.path)/users/\(ada)", #"{"active":false}"#, as: .query),
                try await app.delete("\(Self.path)/users/\(ada)", as: .query),
            ] { #expect(answer.status == 404) }
            #expect(try await app.get("/api/v1/identity/profiles/scim:\(ada)").status == 404)
            let left = try await app.get(privacy + "/export", as: .token).body
            #expect(!left.contains("example.com") && left.contains(#""identity_scim_users":[]"#), "\(left)")
        }
    }

    @Test("deleting a user writes nothing of it but that it is inactive", arguments: Profile.available)
    func deleted(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let id = try #require(
                try await app.post(Self.path + "/users", #"{"user_name":"ada","display_name":"Ada"}"#, as: .query).json()["id"]?.string)
            app.time.advance(seconds: 60)
            #expect(try await app.delete("\(Self.path)/users/\(id)", as: .query).status == 204)
            let profile = try await app.get("/api/v1/identity/profiles/scim:\(id)").json()
            #expect(profile["user_id"]?.string == "ada" && profile["traits"]?["active"]?.boolean == false)
            let export = try await app.get("/api/admin/projects/\(app.project.id)/privacy/visitors/scim:\(id)/export", as: .token).json()
            let later = (export["telemetry"]?["identity_traits"]?.elements ?? []).filter {
                $0["occurred_at"]?.string == "2026-03-02T12:01:00Z"
            }
            #expect(later.compactMap { $0["name"]?.string } == ["active"])
        }
    }

    @Test("what is removed from a user is removed from the profile", arguments: Profile.available)
    func takenAway(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let made = try await app.post(
                Self.path + "/users",
                #"{"user_name":"ada","display_name":"Ada","emails":[{"value":"b@x"}],"traits":{"dept":"R","cost":7,"caf\u00e9":1}}"#,
                as: .query)
            let path = Self.path + "/users/\(try made.json()["id"]?.string ?? "")",
                profile = "/api/v1/identity/profiles/scim:\(try made.json()["id"]?.string ?? "")"
            app.time.advance(seconds: 60)
            _ = try await app.put(path, #"{"traits":{"team":"t1","cafe\u0301":2},"display_name":null,"emails":[]}"#, as: .query)
            let left = try await app.get(profile).json()["traits"]
            #expect(left?.members.map { ExactText($0.name) } == ["active", "cafe\u{301}", "team"])
            app.time.advance(seconds: 60)
            _ = try await app.put(path, #"{"display_name":"Ada L."}"#, as: .query)
            let again = try await app.get(profile).json()["traits"]
            #expect(again?["name"]?.string == "Ada L." && again?["team"]?.string == "t1" && again?["cost"] == nil)
        }
    }

    @Test("user names are case-insensitive (RFC 7643, 4.1.1) and must not be blank", arguments: Profile.available)
    func names(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            func create(_ name: String) async throws -> TestApp.Answer {
                try await app.post(Self.path + "/users", #"{"user_name":"\#(name)"}"#, as: .query)
            }
            let made = try await create("Ada@Example.com")
            #expect(try made.json()["user_name"]?.string == "Ada@Example.com")
            let twice = try await create("ada@example.COM")
            #expect(
                twice.status == 400 && twice.body.contains("a scim user with user_name 'ada@example.COM' already exists"), "\(twice.body)")
            let other = try await create("bob").json()["id"]?.string ?? ""
            let renamed = try await app.put(Self.path + "/users/\(other)", #"{"user_name":"ADA@example.com"}"#, as: .query)
            #expect(renamed.status == 400)
            let blank = try await create("  ")
            #expect(blank.body == #"{"error":"Invalid request body: field 'user_name' must not be blank."}"#)
        }
    }

    @Test("events can't use the id of a provisioned person")
    func collected() async throws {
        try await TestApp.run { app in
            let made =
                try await app.post(Self.path + "/users", #"{"user_name":"ada","traits":{"role":"user"}}"#, as: .query).json()["id"]?.string
                ?? ""
            for caller in [TestApp.Caller.ingest, .server] {
                let answer = try await app.collect(
                    #"{"type":"identify","visitor_id":"scim:\#(made)","payload":{"traits":{"role":"admin"}}}"#, as: caller)
                #expect(answer.status == 400 && answer.body.contains("field 'visitor_id' must not begin with 'scim:'"), "\(answer.body)")
            }
            let profile = try await app.get("/api/v1/identity/profiles/scim:\(made)").json()
            #expect(profile["traits"]?["role"]?.string == "user")
        }
    }
}

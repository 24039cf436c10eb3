import AllModules
import Core
@testable import Host
import Testing
import TestSupport

/// `/api/admin/projects/{id}/audit-logs`
@Suite("Administration: audit log", .modules(.all))
struct AdministrationAuditTests {
    /// An entry without its id, as text: time | actor | action | resource | metadata.
    private static func summary(_ entry: JSON) -> String {
        var metadata = JSONText()
        if let value = entry["metadata"] { metadata.append(value) }
        #expect(entry.members.map(\.name) == ["action", "actor", "created_at", "id", "metadata", "resource"])
        #expect(entry["id"]?.string?.count == 36)
        return [entry["created_at"], entry["actor"], entry["action"], entry["resource"]].map { $0?.string ?? "?" }.joined(separator: " | ")
            + " | " + metadata.string
    }

    private static func entries(_ app: TestApp, _ project: String, _ query: String = "?limit=100") async throws -> [String] {
        let answer = try await app.get("/api/admin/projects/\(project)/audit-logs\(query)", as: .token)
        #expect(answer.status == 200, "\(answer.body)")
        let json = try answer.json()
        #expect(json.members.map(\.name) == ["data"])
        return json["data"]!.elements.map(summary)
    }

    @Test("records every change with its actor, newest first", arguments: Profile.available)
    func everyChange(profile: Profile) async throws {
        try await TestApp.run(profile, modules: ProbeModule.withCore()) { app in
            func tick() { app.time.advance(seconds: 1) }
            let made = try await app.post("/api/admin/projects", #"{"name":"Shop","domain":"shop.example"}"#, as: .token)
            let id = try #require(try made.json()["id"]?.string), path = "/api/admin/projects/\(id)"
            tick()
            let key = try await app.post(path + "/keys", #"{"name":"Boss","scopes":["query","admin"]}"#, as: .token).json()
            let keyID = try #require(key["id"]?.string), boss = TestApp.Caller.bearer(try #require(key["key"]?.string))
            tick()
            _ = try await app.post(path + "/modules/probe/disable", as: boss)
            tick()
            _ = try await app.post(path + "/modules/probe/enable", as: .token)
            tick()
            _ = try await app.put(path + "/modules/probe/access", #"{"access":"read"}"#, as: boss)
            tick()
            _ = try await app.put(path + "/modules", #"{"modules":[{"name":"probe","access":"all"}]}"#, as: boss)
            tick()
            _ = try await app.put(path + "/privacy", #"{"respect_dnt":false}"#, as: boss)
            tick()
            _ = try await app.get(path + "/privacy/visitors/ada/export", as: boss)
            tick()
            _ = try await app.delete(path + "/privacy/visitors/ada", as: boss)
            tick()
            _ = try await app.delete(path + "/keys/\(keyID)", as: .token)
            let entries = try await Self.entries(app, id)
            let digest = try #require(entries.first { $0.contains("visitor.erase") }).split(separator: " | ")[3]
            #expect(digest.hasPrefix("visitor ") && digest.count == 40 && !digest.contains(Digest.sha256("ada").prefix(16)))
            #expect(
                entries == [
                    "2026-03-02T12:00:09Z | admin token | key.revoke | key \(keyID) | {}",
                    "2026-03-02T12:00:08Z | key \(keyID) | visitor.erase | \(digest) | "
                        + #"{"core_activity":"0","core_visitors":"0","probe_facts":"0"}"#,
                    "2026-03-02T12:00:07Z | key \(keyID) | visitor.export | \(digest) | {}",
                    "2026-03-02T12:00:06Z | key \(keyID) | privacy.change | project \(id) | "
                        + #"{"settings":"{\"allowed_consent_modes\":[],\"anonymize_ip\":true,\"blocked_user_agents\":[],\"bot_filtering\":true,\"consent_required\":false,\"respect_dnt\":false}"}"#,
                    #"2026-03-02T12:00:05Z | key \#(keyID) | module.change | module probe | {"access":"all","enabled":"true"}"#,
                    #"2026-03-02T12:00:04Z | key \#(keyID) | module.change | module probe | {"access":"read","enabled":"true"}"#,
                    #"2026-03-02T12:00:03Z | admin token | module.change | module probe | {"access":"all","enabled":"true"}"#,
                    #"2026-03-02T12:00:02Z | key \#(keyID) | module.change | module probe | {"access":"all","enabled":"false"}"#,
                    #"2026-03-02T12:00:01Z | admin token | key.create | key \#(keyID) | {"name":"Boss","scopes":"query,admin"}"#,
                    #"2026-03-02T12:00:00Z | admin token | project.create | project \#(id) | {"name":"Shop"}"#,
                ])
        }
    }

    @Test("a response has the specified format", arguments: Profile.available)
    func whole(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let project = try await app.installation.createProject("Shop", domain: "shop.example")
            let answer = try await app.get("/api/admin/projects/\(project.id)/audit-logs", as: .token)
            let id = try #require(try answer.json()["data"]?.elements.first?["id"]?.string)
            #expect(
                answer.body
                    == #"{"data":[{"action":"project.create","actor":"test","created_at":"2026-03-02T12:00:00Z","id":"\#(id)","metadata":{"name":"Shop"},"resource":"project \#(project.id)"}]}"#
            )
        }
    }

    @Test("is paged, ten entries at a time by default", arguments: Profile.available)
    func pages(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let project = try await app.installation.createProject("Shop", domain: "shop.example")
            for number in 1...12 {
                app.time.advance(seconds: 1)
                _ = try await app.post("/api/admin/projects/\(project.id)/keys", #"{"name":"k\#(number)","scopes":["query"]}"#, as: .token)
            }
            func names(_ query: String) async throws -> String {
                try await app.get("/api/admin/projects/\(project.id)/audit-logs\(query)", as: .token).json()["data"]!.elements
                    .map { $0["metadata"]!["name"]!.string! }.joined(separator: " ")
            }
            #expect(try await names("") == "k12 k11 k10 k9 k8 k7 k6 k5 k4 k3")
            #expect(try await names("?limit=2") == "k12 k11")
            #expect(try await names("?limit=2&offset=2") == "k10 k9")
            #expect(try await names("?offset=10") == "k2 k1 Shop")
            #expect(try await names("?offset=13") == "")
            let refused = try await app.get("/api/admin/projects/\(project.id)/audit-logs?limit=0", as: .token)
            #expect(refused.status == 400)
            #expect(refused.body == #"{"error":"Invalid query parameter 'limit': must be a whole number from 1 to 1000; got '0'."}"#)
        }
    }

    @Test("a change to several modules adds an entry for each, and paging loses none", arguments: Profile.available)
    func bulk(profile: Profile) async throws {
        try await TestApp.run(profile, modules: ProbeModule.withCore()) { app in
            let project = try await app.installation.createProject("Shop", domain: "shop.example")
            app.time.advance(seconds: 1)
            _ = try await app.put(
                "/api/admin/projects/\(project.id)/modules",
                #"{"modules":[{"name":"probe","enabled":false},{"name":"core","access":"read"}]}"#, as: .token)
            let all = try await Self.entries(app, project.id)
            #expect(
                Set(all) == [
                    #"2026-03-02T12:00:01Z | admin token | module.change | module probe | {"access":"all","enabled":"false"}"#,
                    #"2026-03-02T12:00:01Z | admin token | module.change | module core | {"access":"read","enabled":"true"}"#,
                    #"2026-03-02T12:00:00Z | test | project.create | project \#(project.id) | {"name":"Shop"}"#,
                ])
            var paged: [String] = []
            for offset in 0..<3 { paged += try await Self.entries(app, project.id, "?limit=1&offset=\(offset)") }
            #expect(paged == all)
        }
    }

    @Test("rejected and read-only requests add no entry", arguments: Profile.available)
    func silence(profile: Profile) async throws {
        try await TestApp.run(profile, modules: ProbeModule.withCore()) { app in
            let path = "/api/admin/projects/\(app.project.id)"
            let before = try await Self.entries(app, app.project.id)
            _ = try await app.post(path + "/keys", #"{"name":"a","scopes":["root"]}"#, as: .token)
            _ = try await app.delete(path + "/keys/nothing", as: .token)
            _ = try await app.put(
                path + "/modules", #"{"modules":[{"name":"probe","enabled":false},{"name":"core","enabled":false}]}"#, as: .token)
            _ = try await app.post(path + "/modules/core/disable", as: .token)
            _ = try await app.post(path + "/modules/funels/enable", as: .token)
            _ = try await app.put(path + "/privacy", #"{"unknown":1}"#, as: .token)
            for what in ["", "/keys", "/modules", "/privacy", "/audit-logs"] { _ = try await app.get(path + what, as: .token) }
            _ = try await app.put(path + "/privacy", "{}", as: .nobody)
            _ = try await app.put(path + "/privacy", "{}", as: .bearer(app.keys[.query]!))
            #expect(try await Self.entries(app, app.project.id) == before)
        }
    }

    @Test("doesn't show other projects or secrets", arguments: Profile.available)
    func discreet(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let other = try await app.installation.createProject("Other", domain: "other.example")
            let made = try await app.post("/api/admin/projects/\(app.project.id)/keys", #"{"name":"mine","scopes":["query"]}"#, as: .token)
                .json()
            let secret = try #require(made["key"]?.string)
            let own = try await app.get("/api/admin/projects/\(app.project.id)/audit-logs?limit=1000", as: .token).body
            #expect(
                own.contains("mine") && !own.contains(secret) && !own.contains(Digest.sha256(secret)) && !own.contains(secret.dropFirst(8)))
            #expect(!own.contains(other.id))
            let foreign = try await app.get("/api/admin/projects/\(other.id)/audit-logs?limit=1000", as: .token).body
            #expect(!foreign.contains("mine") && !foreign.contains(app.project.id))
        }
    }
}

import AllModules
import Core
@testable import Host
import Testing
import TestSupport

/// `/api/admin/projects/{id}/keys`
@Suite("Administration: keys", .modules(.all))
struct AdministrationKeyTests {
    /// Runs `body` with a project that has no keys, and the path of its keys.
    private static func run(
        _ profile: Profile = .embedded, _ body: @escaping @Sendable (TestApp, _ project: Project, _ path: String) async throws -> Void
    ) async throws {
        try await TestApp.run(profile, modules: ProbeModule.withCore()) { app in
            let project = try await app.installation.createProject("Shop", domain: "shop.example")
            try await body(app, project, "/api/admin/projects/\(project.id)/keys")
        }
    }

    private struct Made {
        let id: String
        let secret: String
        let answer: TestApp.Answer
    }

    private static func create(_ app: TestApp, _ path: String, _ body: String) async throws -> Made {
        let answer = try await app.post(path, body, as: .token)
        #expect(answer.status == 201, "\(answer.body)")
        let json = try answer.json()
        return Made(id: try #require(json["id"]?.string), secret: try #require(json["key"]?.string), answer: answer)
    }

    @Test("a key is shown in full when it is created, and masked afterwards", arguments: Profile.available)
    func shownOnce(profile: Profile) async throws {
        try await Self.run(profile) { app, _, path in
            #expect(try await app.get(path, as: .token).body == #"{"data":[]}"#)
            let made = try await Self.create(
                app, path,
                #"{"name":"Site","scopes":["query","ingest"],"expires_at":"2026-04-01","allowed_modules":["probe","core"],"server":true}"#)
            #expect(made.secret.wholeMatch(of: /pa_live_[A-Za-z0-9_-]{24}/) != nil)
            let shared = #""expires_at":"2026-04-01T00:00:00Z","id":"\#(made.id)","#
            #expect(
                made.answer.body
                    == #"{"allowed_modules":["probe","core"],"created_at":"2026-03-02T12:00:00Z",\#(shared)"key":"\#(made.secret)","name":"Site","scopes":["ingest","query"],"server":true}"#
            )
            let list = try await app.get(path, as: .token)
            #expect(
                list.body
                    == #"{"data":[{"allowed_modules":["probe","core"],"created_at":"2026-03-02T12:00:00Z",\#(shared)"key_prefix":"\#(made.secret.prefix(12))...","last_used_at":null,"name":"Site","scopes":["ingest","query"],"server":true}]}"#
            )
            #expect(!list.body.contains(made.secret.dropFirst(12)))
        }
    }

    @Test("omitted fields get their defaults", arguments: Profile.available)
    func defaults(profile: Profile) async throws {
        try await Self.run(profile) { app, _, path in
            for body in [
                #"{"name":"a","scopes":["admin"]}"#, #"{"name":"a","scopes":["admin"],"allowed_modules":[]}"#,
                #"{"name":"a","scopes":["admin","admin"],"expires_at":null,"allowed_modules":null,"server":null}"#,
            ] {
                let made = try await Self.create(app, path, body)
                let start = #"{"allowed_modules":null,"created_at":"2026-03-02T12:00:00Z","expires_at":null,"#
                #expect(
                    made.answer.body == start + #""id":"\#(made.id)","key":"\#(made.secret)","name":"a","scopes":["admin"],"server":false}"#
                )
            }
        }
    }

    @Test("no table contains a key's secret, and one table contains its digest", arguments: Profile.available)
    func storedHashed(profile: Profile) async throws {
        try await Self.run(profile) { app, project, path in
            let secret = try await Self.create(app, path, #"{"name":"Site","scopes":["ingest"]}"#).secret
            #expect(try await app.collect(#"{"type":"pageview","path":"/"}"#, as: .key(secret)).status == 200)
            _ = try await app.get(path, as: .token)
            let control = app.installation.engines.control
            var holdDigest: [String] = [], rows = 0
            for table in try await Self.tables(of: control) {
                for row in try await control.read("SELECT * FROM \(sql: table)") {
                    rows += 1
                    for text in row.values.compactMap(\.text) {
                        #expect(!text.contains(secret.dropFirst(8)), "\(table) holds the secret")
                        #expect(!text.contains(app.installation.adminToken), "\(table) holds the admin token")
                        if text.contains(Digest.sha256(secret)) { holdDigest.append(table) }
                    }
                }
            }
            #expect(holdDigest == ["access_keys"])
            #expect(rows > 5)
        }
    }

    private static func tables(of control: any ControlStore) async throws -> [String] {
        let names: SQL =
            control.dialect == .sqlite
            ? "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            : "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name"
        let tables = try await control.read(names).map { $0.text("name") }
        #expect(tables.contains("access_keys") && tables.contains("access_audit") && tables.contains("probe_gadgets"))
        return tables
    }

    @Test("only the project's keys are listed, oldest first", arguments: Profile.available)
    func listed(profile: Profile) async throws {
        try await Self.run(profile) { app, _, path in
            for name in ["c", "a", "b"] {
                _ = try await Self.create(app, path, #"{"name":"\#(name)","scopes":["query"]}"#)
                app.time.advance(milliseconds: 1)
            }
            #expect(try await app.get(path, as: .token).json()["data"]?.elements.map { $0["name"]?.string } == ["c", "a", "b"])
        }
    }

    @Test("the last use of a key is recorded to the minute", arguments: Profile.available)
    func lastUse(profile: Profile) async throws {
        try await Self.run(profile) { app, _, path in
            let secret = try await Self.create(app, path, #"{"name":"a","scopes":["query"]}"#).secret
            func lastUse() async throws -> JSON? { try await app.get(path, as: .token).json()["data"]?.elements.first?["last_used_at"] }
            #expect(try await lastUse()?.isNull == true)
            // 12:05:00, 12:05:30 and 12:06:00
            for (seconds, expected) in [(300, "2026-03-02T12:05:00Z"), (30, "2026-03-02T12:05:00Z"), (30, "2026-03-02T12:06:00Z")]
                as [(Int64, String)]
            {
                app.time.advance(seconds: seconds)
                #expect(try await app.get("/api/v1/stats", as: .key(secret)).status == 200)
                #expect(try await lastUse()?.string == expected)
            }
            // If the key isn't used, nothing changes.
            app.time.advance(seconds: 600)
            #expect(try await lastUse()?.string == "2026-03-02T12:06:00Z")
        }
    }

    @Test("a key stops working at the instant it expires", arguments: Profile.available)
    func expires(profile: Profile) async throws {
        try await Self.run(profile) { app, _, path in
            let key = TestApp.Caller.key(
                try await Self.create(app, path, #"{"name":"a","scopes":["query"],"expires_at":"2026-03-02T14:00:01+02:00"}"#).secret)
            #expect(try await app.get("/api/v1/stats", as: key).status == 200)
            app.time.advance(milliseconds: 999)
            #expect(try await app.get("/api/v1/stats", as: key).status == 200)
            app.time.advance(milliseconds: 1)
            let ended = try await app.get("/api/v1/stats", as: key)
            #expect(ended.status == 401)
            #expect(ended.body == #"{"error":"Invalid API key."}"#)
            // It stays listed until it is revoked.
            #expect(try await app.get(path, as: .token).json()["data"]?.elements.count == 1)
        }
    }

    @Test("a revoked key stops working immediately", arguments: Profile.available)
    func revoked(profile: Profile) async throws {
        try await Self.run(profile) { app, project, path in
            let made = try await Self.create(app, path, #"{"name":"a","scopes":["query","admin"]}"#)
            let kept = try await Self.create(app, path, #"{"name":"b","scopes":["query"]}"#)
            #expect(try await app.get("/api/v1/stats", as: .key(made.secret)).status == 200)
            let gone = try await app.delete("\(path)/\(made.id)", as: .token)
            #expect(gone.status == 204)
            #expect(gone.body == "")
            #expect(try await app.get("/api/v1/stats", as: .key(made.secret)).body == #"{"error":"Invalid API key."}"#)
            #expect(try await app.get(path, as: .bearer(made.secret)).body == #"{"error":"Invalid admin token."}"#)
            #expect(try await app.get("/api/v1/stats", as: .key(kept.secret)).status == 200)
            #expect(try await app.get(path, as: .token).json()["data"]?.elements.map { $0["name"]?.string } == ["b"])
            let again = try await app.delete("\(path)/\(made.id)", as: .token)
            #expect(again.status == 404)
            #expect(again.body == #"{"error":"Key '\#(made.id)' not found."}"#)
            // Ids may have a prefix.
            #expect(try await app.delete("\(path)/key-\(kept.id)", as: .token).status == 204)
            #expect(try await app.get("/api/v1/stats", as: .key(kept.secret)).status == 401)
        }
    }

    @Test("a key can revoke itself", arguments: Profile.available)
    func revokesItself(profile: Profile) async throws {
        try await Self.run(profile) { app, _, path in
            let made = try await Self.create(app, path, #"{"name":"a","scopes":["admin"]}"#)
            #expect(try await app.delete("\(path)/\(made.id)", as: .bearer(made.secret)).status == 204)
            #expect(try await app.delete("\(path)/\(made.id)", as: .bearer(made.secret)).status == 401)
        }
    }

    @Test("an id that is not one of the project's keys is not found", arguments: Profile.available)
    func unknown(profile: Profile) async throws {
        try await Self.run(profile) { app, _, path in
            for id in ["nothing", "00000000-0000-4000-8000-000000000000", "%27%3B--", "key-", "%FF"] {
                let answer = try await app.delete("\(path)/\(id)", as: .token)
                #expect(answer.status == 404)
                #expect(answer.body.hasPrefix(#"{"error":"Key '"#) && answer.body.hasSuffix(#"' not found."}"#), "\(answer.body)")
            }
        }
    }

    @Test("a restricted key opens only its modules", arguments: Profile.available)
    func restricted(profile: Profile) async throws {
        try await Self.run(profile) { app, _, path in
            for (modules, stats, gadgets) in [
                (#"["core"]"#, 200, 403), (#"["probe"]"#, 403, 200), (#"["core","probe"]"#, 200, 200), ("[]", 200, 200), ("null", 200, 200),
            ] {
                let made = try await Self.create(app, path, #"{"name":"a","scopes":["query"],"allowed_modules":\#(modules)}"#)
                #expect(try await app.get("/api/v1/stats", as: .key(made.secret)).status == stats, "\(modules)")
                #expect(try await app.get("/api/v1/gadgets", as: .key(made.secret)).status == gadgets, "\(modules)")
            }
        }
    }

    @Test("a restricted key collects only for its modules", arguments: Profile.available)
    func restrictedCollection(profile: Profile) async throws {
        try await Self.run(profile) { app, _, path in
            let made = try await Self.create(app, path, #"{"name":"a","scopes":["ingest"],"allowed_modules":["probe"]}"#)
            #expect(try await app.collect(#"{"type":"probe","label":"a"}"#, as: .key(made.secret)).body == #"{"ok":true}"#)
            let refused = try await app.collect(#"{"type":"pageview","path":"/"}"#, as: .key(made.secret))
            #expect(refused.status == 403)
            #expect(refused.body == #"{"error":"API key is not allowed to use module 'core'."}"#)
        }
    }

    static let wrongBodies: [(body: String, sentence: String)] = [
        ("{}", "missing required field 'name'."), (#"{"name":"a"}"#, "missing required field 'scopes'."),
        (#"{"name":"","scopes":["query"]}"#, "field 'name' must be a string of 1 to 200 characters; got 0 characters."),
        (#"{"name":"a","scopes":[]}"#, "field 'scopes' must be an array of 1 to 3 strings; got 0."),
        (#"{"name":"a","scopes":["query","query","query","query"]}"#, "field 'scopes' must be an array of 1 to 3 strings; got 4."),
        (#"{"name":"a","scopes":"query"}"#, "field 'scopes' must be an array of 1 to 3 strings; got 'query'."),
        (#"{"name":"a","scopes":["query","root"]}"#, "field 'scopes[1]' must be one of 'ingest', 'query', 'admin'; got 'root'."),
        (#"{"name":"a","scopes":["Query"]}"#, "field 'scopes[0]' must be one of 'ingest', 'query', 'admin'; got 'Query'."),
        (
            #"{"name":"a","scopes":["query"],"allowed_modules":["core","funels"]}"#,
            "field 'allowed_modules' names the unknown module 'funels'; accepted: core, probe."
        ),
        (
            #"{"name":"a","scopes":["query"],"allowed_modules":["core",7]}"#,
            "field 'allowed_modules[1]' must be a string of 1 to 64 characters; got 7."
        ),
        (
            #"{"name":"a","scopes":["query"],"allowed_modules":"core"}"#,
            "field 'allowed_modules' must be an array of 0 to 100 strings; got 'core'."
        ),
        (
            #"{"name":"a","scopes":["query"],"expires_at":"never, please"}"#,
            "field 'expires_at' must be an ISO 8601 date or timestamp; got 'never, please'."
        ),
        (
            #"{"name":"a","scopes":["query"],"expires_at":1772452800}"#,
            "field 'expires_at' must be an ISO 8601 date or timestamp; got 1772452800."
        ),
        (
            #"{"name":"a","scopes":["query"],"expires_at":"2026-03-02"}"#,
            "field 'expires_at' must be an ISO 8601 timestamp in the future; got '2026-03-02'."
        ),
        (
            #"{"name":"a","scopes":["query"],"expires_at":"2026-03-02T12:00:00Z"}"#,
            "field 'expires_at' must be an ISO 8601 timestamp in the future; got '2026-03-02T12:00:00Z'."
        ),
        (#"{"name":"a","scopes":["query"],"server":"yes"}"#, "field 'server' must be true or false; got 'yes'."),
    ]

    @Test("an invalid body is rejected with its error, and creates nothing")
    func refused() async throws {
        try await Self.run { app, _, path in
            for (body, sentence) in Self.wrongBodies {
                let answer = try await app.post(path, body, as: .token)
                #expect(answer.status == 400)
                #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
            }
            #expect(try await app.get(path, as: .token).body == #"{"data":[]}"#)
        }
    }
}

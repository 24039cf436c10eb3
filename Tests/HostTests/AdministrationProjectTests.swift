@_spi(Host) import Access
import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Platform
@_spi(Host) import Questions
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
import TestSupport

/// `/api/admin/projects`
@Suite("Administration: projects", .modules(.all))
struct AdministrationProjectTests {
    private static let path = "/api/admin/projects"

    /// The routes in the specification, except for webhooks, which come later.
    static let specified = [
        "POST /api/admin/projects", "GET /api/admin/projects", "GET /api/admin/projects/{id}",
        "POST /api/admin/projects/{id}/keys", "GET /api/admin/projects/{id}/keys", "DELETE /api/admin/projects/{id}/keys/{key_id}",
        "GET /api/admin/projects/{id}/modules", "PUT /api/admin/projects/{id}/modules",
        "POST /api/admin/projects/{id}/modules/{name}/enable",
        "POST /api/admin/projects/{id}/modules/{name}/disable", "PUT /api/admin/projects/{id}/modules/{name}/access",
        "GET /api/admin/projects/{id}/privacy", "PUT /api/admin/projects/{id}/privacy",
        "GET /api/admin/projects/{id}/privacy/visitors/{visitor_id}/export",
        "DELETE /api/admin/projects/{id}/privacy/visitors/{visitor_id}",
        "GET /api/admin/projects/{id}/audit-logs",
    ]

    @Test("the host serves the administration routes of the specification")
    func serves() async throws {
        try await TestApp.run { app in
            let routes = app.installation.registry.routes.map(\.route)
            for line in Self.specified {
                let route = try #require(routes.first { "\($0.method.rawValue) \($0.path)" == line }, "\(line)")
                #expect(route.scope == (route.path == Self.path ? .installation : .admin))
                #expect(route.access == (route.method == .get ? .read : .write))
            }
        }
    }

    @Test("a project is created, read and listed, oldest first", arguments: Profile.available)
    func lifecycle(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let first = #"{"created_at":"2026-03-02T12:00:00Z","domain":"example.com","id":"\#(app.project.id)","name":"Test"}"#
            #expect(try await app.get(Self.path, as: .token).body == #"{"data":[\#(first)]}"#)

            app.time.advance(milliseconds: 1_500)
            let made = try await app.post(Self.path, #"{"name":" Shop & Söhne ","domain":"Shop.Example.COM","unknown":[1]}"#, as: .token)
            let id = try #require(try made.json()["id"]?.string)
            let shop = #"{"created_at":"2026-03-02T12:00:01.500Z","domain":"shop.example.com","id":"\#(id)","name":"Shop & Söhne"}"#
            #expect(made.status == 201)
            #expect(made.body == shop)
            #expect(id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
            #expect(try await app.get("\(Self.path)/\(id)", as: .token).body == shop)
            #expect(try await app.get("\(Self.path)/\(id.uppercased())", as: .token).body == shop)
            #expect(try await app.get(Self.path, as: .token).body == #"{"data":[\#(first),\#(shop)]}"#)
        }
    }

    @Test("a new project can be used immediately: keys, collection, reports", arguments: Profile.available)
    func usable(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let made = try await app.post(Self.path, #"{"name":"Shop","domain":"shop.example"}"#, as: .token)
            let id = try #require(try made.json()["id"]?.string)
            func key(_ scope: String) async throws -> TestApp.Caller {
                let answer = try await app.post("\(Self.path)/\(id)/keys", #"{"name":"\#(scope)","scopes":["\#(scope)"]}"#, as: .token)
                return .key(try #require(try answer.json()["key"]?.string))
            }
            #expect(try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"ada"}"#, as: key("ingest")).body == #"{"ok":true}"#)
            #expect(try await app.get("/api/v1/stats", as: key("query")).json()["current"]?["pageviews"]?.integer == 1)
            #expect(try await app.get("/api/v1/stats").json()["current"]?["pageviews"]?.integer == 0)
        }
    }

    static let wrongBodies: [(body: String, sentence: String)] = [
        ("", "it is empty; JSON is expected."), ("nonsense", "not valid JSON."), ("[]", "the body must be an object; got an array."),
        ("{}", "missing required field 'name'."), (#"{"name":"Shop"}"#, "missing required field 'domain'."),
        (#"{"domain":"shop.example"}"#, "missing required field 'name'."),
        (#"{"name":"","domain":"shop.example"}"#, "field 'name' must be a string of 1 to 200 characters; got 0 characters."),
        (#"{"name":"  ","domain":"shop.example"}"#, "field 'name' must not be blank."),
        (#"{"name":7,"domain":"shop.example"}"#, "field 'name' must be a string of 1 to 200 characters; got 7."),
        (#"{"name":null,"domain":"shop.example"}"#, "field 'name' must be a string of 1 to 200 characters; got null."),
        (#"{"name":"a\u0000","domain":"shop.example"}"#, "field 'name' contains a NUL character, which can't be stored."),
        (
            #"{"name":"Shop","domain":"https://shop.example"}"#,
            "field 'domain' must be a host name such as example.com; got 'https://shop.example'."
        ),
        (#"{"name":"Shop","domain":"shop example"}"#, "field 'domain' must be a host name such as example.com; got 'shop example'."),
        (#"{"name":"Shop","domain":" "}"#, "field 'domain' must be a host name such as example.com; got ''."),
        (
            #"{"name":"Shop","domain":"shop.example/path"}"#,
            "field 'domain' must be a host name such as example.com; got 'shop.example/path'."
        ),
    ]

    @Test("an invalid body is rejected with its error, and creates nothing")
    func refused() async throws {
        try await TestApp.run { app in
            for (body, sentence) in Self.wrongBodies {
                let answer = try await app.post(Self.path, body, as: .token)
                #expect(answer.status == 400)
                #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
            }
            #expect(app.installation.directory.projects.count == 1)
        }
    }

    @Test("all forms of domains are accepted")
    func domains() async throws {
        try await TestApp.run { app in
            for (sent, kept) in [
                ("localhost", "localhost"), ("localhost:3000", "localhost:3000"), ("192.0.2.7", "192.0.2.7"),
                ("[2001:db8::1]:8080", "[2001:db8::1]:8080"),
                ("MÜNCHEN.example", "münchen.example"), ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"), (" a.example ", "a.example"),
            ] {
                let answer = try await app.post(Self.path, #"{"name":"a","domain":"\#(sent)"}"#, as: .token)
                #expect(try answer.json()["domain"]?.string == kept, "\(answer.body)")
            }
        }
    }

    @Test("projects created concurrently get different numbers", arguments: Profile.available)
    func concurrent(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let made = try await withThrowingTaskGroup(of: TestApp.Answer.self) { group in
                for number in 0..<20 {
                    group.addTask { try await app.post(Self.path, #"{"name":"p\#(number)","domain":"a.example"}"#, as: .token) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for answer in made { #expect(answer.status == 201, "\(answer.body)") }
            let projects = app.installation.directory.projects
            #expect(projects.count == 21)
            #expect(projects.map(\.number) == Array(1...21))
            #expect(Set(projects.map(\.name)).count == 21)
        }
    }

    @Test("the list of projects can be read in parts, and is whole without parameters")
    func parts() async throws {
        try await TestApp.run { app in
            for name in ["b", "c", "d"] { _ = try await app.installation.createProject(name, domain: "a.example") }
            for (query, names) in [
                ("", ["Test", "b", "c", "d"]), ("?limit=2", ["Test", "b"]), ("?limit=2&offset=1", ["b", "c"]), ("?offset=3", ["d"]),
                ("?offset=4", []),
            ] {
                let answer = try await app.get(Self.path + query, as: .token)
                #expect(try answer.json()["data"]?.elements.map { $0["name"]?.string ?? "" } == names)
            }
            let refused = try await app.get(Self.path + "?limit=0", as: .token)
            #expect(refused.status == 400 && refused.body.contains("'limit'"), "\(refused.body)")
        }
    }

    @Test("an unknown project is not found", arguments: Profile.available)
    func unknown(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            for (id, shown) in [
                ("nothing", "nothing"), ("00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000000"),
                ("%00", "\u{FFFD}"), ("%27", "'"),
                ("%F0%9F%A6%86", "🦆"),
            ] {
                let answer = try await app.get("\(Self.path)/\(id)", as: .token)
                #expect(answer.status == 404)
                #expect(answer.body == #"{"error":"Project '\#(shown)' not found."}"#)
            }
        }
    }

    @Test("a project's admin key administers only that project", arguments: Profile.available)
    func adminKey(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let own = "\(Self.path)/\(app.project.id)"
            #expect(try await app.get(own, as: .admin).status == 200)
            #expect(try await app.post("\(own)/keys", #"{"name":"by a key","scopes":["query"]}"#, as: .admin).status == 201)
            let other = try await app.installation.createProject("Other", domain: "other.example")
            for path in ["", "/keys", "/modules", "/privacy", "/audit-logs"] {
                let answer = try await app.get("\(Self.path)/\(other.id)\(path)", as: .admin)
                #expect(answer.status == 404)
                #expect(answer.body == #"{"error":"Project '\#(other.id)' not found."}"#)
            }
            for answer in [
                try await app.get(Self.path, as: .admin), try await app.post(Self.path, #"{"name":"a","domain":"b"}"#, as: .admin),
            ] {
                #expect(answer.status == 401)
                #expect(answer.body == #"{"error":"Invalid admin token."}"#)
            }
        }
    }
}

import AllModules
import Core
@testable import Host
import Testing
import TestSupport

/// The five routes of a resource, tested with the probe module's gadgets, which have a unique `name`, a `size` and `tags`.
@Suite("Resource", .modules(.all))
struct ResourceTests {
    private static let path = "/api/v1/gadgets"

    private static func run(_ profile: Profile, _ body: @escaping @Sendable (TestApp) async throws -> Void) async throws {
        try await TestApp.run(profile, modules: ProbeModule.withLoadedModules(), body)
    }

    /// Creates a gadget and returns its id.
    private static func create(_ app: TestApp, _ body: String, as caller: TestApp.Caller = .query) async throws -> String {
        let answer = try await app.post(path, body, as: caller)
        #expect(answer.status == 201, "\(answer.body)")
        return try #require(try answer.json()["id"]?.string)
    }

    @Test("is created, read, changed, listed and deleted", arguments: Profile.available)
    func lifecycle(profile: Profile) async throws {
        try await Self.run(profile) { app in
            #expect(try await app.get(Self.path).body == #"{"data":[],"total":0}"#)

            let made = try await app.post(Self.path, #"{"tags":["b","a"],"size":7,"name":"Lamp","colour":"red"}"#, as: .query)
            let id = try #require(try made.json()["id"]?.string)
            let lamp =
                #"{"id":"\#(id)","name":"Lamp","size":7,"tags":["b","a"],"created_at":"2026-03-02T12:00:00Z","updated_at":"2026-03-02T12:00:00Z"}"#
            #expect(made.status == 201)
            #expect(made.body == lamp)
            #expect(try await app.get("\(Self.path)/\(id)").body == lamp)

            app.time.advance(milliseconds: 90_250)
            let changed = try await app.put("\(Self.path)/\(id)", #"{"size":8}"#, as: .query)
            let brighter =
                #"{"id":"\#(id)","name":"Lamp","size":8,"tags":["b","a"],"created_at":"2026-03-02T12:00:00Z","updated_at":"2026-03-02T12:01:30.250Z"}"#
            #expect(changed.status == 200)
            #expect(changed.body == brighter)
            #expect(try await app.get("\(Self.path)/\(id)").body == brighter)
            #expect(try await app.get(Self.path).body == #"{"data":[\#(brighter)],"total":1}"#)

            let gone = try await app.delete("\(Self.path)/\(id)", as: .query)
            #expect(gone.status == 204)
            #expect(gone.body == "")
            let missing = #"{"error":"Gadget '\#(id)' not found."}"#
            for answer in [
                try await app.get("\(Self.path)/\(id)"), try await app.put("\(Self.path)/\(id)", "{}", as: .query),
                try await app.delete("\(Self.path)/\(id)", as: .query),
            ] {
                #expect(answer.status == 404)
                #expect(answer.body == missing)
            }
            #expect(try await app.get(Self.path).body == #"{"data":[],"total":0}"#)
        }
    }

    @Test("an update keeps the fields that it omits", arguments: Profile.available)
    func partialUpdate(profile: Profile) async throws {
        try await Self.run(profile) { app in
            let id = try await Self.create(app, #"{"name":"a","size":1,"tags":["x"]}"#)
            func after(_ change: String) async throws -> String {
                let answer = try await app.put("\(Self.path)/\(id)", change, as: .query)
                #expect(answer.status == 200, "\(answer.body)")
                let json = try await app.get("\(Self.path)/\(id)").json()
                var text = JSONText()
                for name in ["name", "size", "tags"] {
                    text.append(raw: name + "=")
                    if let value = json[name] { text.append(value) } else { text.append(raw: "-") }
                    text.append(raw: " ")
                }
                return text.string
            }
            #expect(try await after("{}") == #"name="a" size=1 tags=["x"] "#)
            #expect(try await after(#"{"name":"b"}"#) == #"name="b" size=1 tags=["x"] "#)
            #expect(try await after(#"{"tags":[]}"#) == #"name="b" size=1 tags=[] "#)
            #expect(try await after(#"{"size":1000,"unknown":{"x":1}}"#) == #"name="b" size=1000 tags=[] "#)
            // Null removes an optional field.
            #expect(try await after(#"{"size":null}"#) == #"name="b" size=- tags=[] "#)
            #expect(try await after(#"{"name":"c","size":3,"tags":["z"]}"#) == #"name="c" size=3 tags=["z"] "#)
            // A gadget's own name doesn't count as a duplicate.
            #expect(try await after(#"{"name":"c"}"#) == #"name="c" size=3 tags=["z"] "#)
        }
    }

    static let wrongBodies: [(body: String, sentence: String)] = [
        ("", "it is empty; JSON is expected."),
        ("{", "not valid JSON."),
        ("[]", "the body must be an object; got an array."),
        (#"{"size":1001}"#, "field 'size' must be a whole number from 1 to 1000; got 1001."),
        (#"{"size":"7"}"#, "field 'size' must be a whole number from 1 to 1000; got '7'."),
        (#"{"name":""}"#, "field 'name' must be a string of 1 to 40 characters; got 0 characters."),
        (#"{"name":null}"#, "field 'name' must be a string of 1 to 40 characters; got null."),
        (#"{"name":"a\u0000"}"#, "field 'name' contains a NUL character, which can't be stored."),
        (
            #"{"name":"12345678901234567890123456789012345678901"}"#,
            "field 'name' must be a string of 1 to 40 characters; got 41 characters."
        ),
        (#"{"tags":["a","b","c","d","e","f"]}"#, "field 'tags' must be an array of 0 to 5 strings; got 6."),
        (#"{"tags":["a",""]}"#, "field 'tags[1]' must be a string of 1 to 20 characters; got 0 characters."),
        (#"{"tags":["a","b","a"]}"#, "field 'tags' contains 'a' twice."),
    ]

    @Test("an invalid body is rejected with the right error, and nothing is created or changed", arguments: Profile.available)
    func validation(profile: Profile) async throws {
        try await Self.run(profile) { app in
            let id = try await Self.create(app, #"{"name":"right"}"#)
            let before = try await app.get(Self.path).body
            for (body, sentence) in Self.wrongBodies {
                // To create a gadget, the body needs a name even if it tests another field.
                let new = body.hasPrefix(#"{"size"#) || body.hasPrefix(#"{"tags"#) ? #"{"name":"n","# + body.dropFirst() : body
                for answer in [
                    try await app.post(Self.path, new, as: .query), try await app.put("\(Self.path)/\(id)", body, as: .query),
                ] {
                    #expect(answer.status == 400, "\(body)")
                    #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#, "\(body)")
                }
            }
            #expect(
                try await app.post(Self.path, "{}", as: .query).body == #"{"error":"Invalid request body: missing required field 'name'."}"#
            )
            // Nothing was created or changed.
            #expect(try await app.get(Self.path).body == before)
        }
    }

    @Test("a unique value can't be used twice in a project, but can be used in several projects", arguments: Profile.available)
    func unique(profile: Profile) async throws {
        try await Self.run(profile) { app in
            let first = try await Self.create(app, #"{"name":"Lamp"}"#), second = try await Self.create(app, #"{"name":"lamp"}"#)
            let sentence = #"{"error":"Invalid request body: a gadget with name 'Lamp' already exists."}"#
            for answer in [
                try await app.post(Self.path, #"{"name":"Lamp"}"#, as: .query),
                try await app.put("\(Self.path)/\(second)", #"{"name":"Lamp"}"#, as: .query),
            ] {
                #expect(answer.status == 400)
                #expect(answer.body == sentence)
            }
            #expect(try await app.get(Self.path).json()["total"]?.integer == 2)
            #expect(try await app.get("\(Self.path)/\(second)").json()["name"]?.string == "lamp")

            let other = try await app.installation.createProject("Other", domain: "other.example")
            let key = try await app.installation.createKeys(in: other)[.query]!
            _ = try await Self.create(app, #"{"name":"Lamp"}"#, as: .key(key))

            // A name can be used again after its gadget was renamed or deleted.
            #expect(try await app.put("\(Self.path)/\(first)", #"{"name":"Torch"}"#, as: .query).status == 200)
            #expect(try await app.put("\(Self.path)/\(second)", #"{"name":"Lamp"}"#, as: .query).status == 200)
            #expect(try await app.delete("\(Self.path)/\(first)", as: .query).status == 204)
            _ = try await Self.create(app, #"{"name":"Torch"}"#)
        }
    }

    @Test("lists are paged, oldest first", arguments: Profile.available)
    func pages(profile: Profile) async throws {
        try await Self.run(profile) { app in
            for number in 1...12 {
                _ = try await Self.create(app, #"{"name":"g\#(number)"}"#)
                app.time.advance(milliseconds: 1)
            }
            func names(_ query: String) async throws -> String {
                let json = try await app.get(Self.path + query).json()
                #expect(json["total"]?.integer == 12)
                return json["data"]!.elements.map { String($0["name"]!.string!.dropFirst()) }.joined(separator: " ")
            }
            #expect(try await names("") == "1 2 3 4 5 6 7 8 9 10")
            #expect(try await names("?limit=3") == "1 2 3")
            #expect(try await names("?limit=3&offset=3") == "4 5 6")
            #expect(try await names("?offset=10") == "11 12")
            #expect(try await names("?limit=1000&offset=11") == "12")
            #expect(try await names("?offset=12") == "")
            #expect(try await names("?offset=1000000") == "")
            #expect(try await names("?limit=&offset=") == "1 2 3 4 5 6 7 8 9 10")
        }
    }

    static let wrongPages: [(query: String, sentence: String)] = [
        ("limit=0", "'limit': must be a whole number from 1 to 1000; got '0'."),
        ("limit=1001", "'limit': must be a whole number from 1 to 1000; got '1001'."),
        ("limit=ten", "'limit': must be a whole number from 1 to 1000; got 'ten'."),
        ("limit=-1", "'limit': must be a whole number from 1 to 1000; got '-1'."),
        ("limit=1.5", "'limit': must be a whole number from 1 to 1000; got '1.5'."),
        ("limit=5%00", "'limit': must be a whole number from 1 to 1000; got '5\\u0000'."),
        ("offset=-1", "'offset': must be a whole number from 0 to 1000000; got '-1'."),
        ("offset=99999999999999999999", "'offset': must be a whole number from 0 to 1000000; got '99999999999999999999'."),
        ("limit=0&offset=-1", "'limit': must be a whole number from 1 to 1000; got '0'."),
        ("limit=5&limit=0", "'limit': must be a whole number from 1 to 1000; got '0'."),
    ]

    @Test("an invalid limit or offset is rejected with the right error")
    func refusesPages() async throws {
        try await Self.run(.embedded) { app in
            for (query, sentence) in Self.wrongPages {
                let answer = try await app.get("\(Self.path)?\(query)")
                #expect(answer.status == 400)
                #expect(answer.body == #"{"error":"Invalid query parameter \#(sentence)"}"#)
            }
        }
    }

    @Test("ids may have a prefix and be in upper case", arguments: Profile.available)
    func prefixedIDs(profile: Profile) async throws {
        try await Self.run(profile) { app in
            let id = try await Self.create(app, #"{"name":"a"}"#)
            let plain = try await app.get("\(Self.path)/\(id)")
            for form in ["gad-\(id)", "exp-\(id)", id.uppercased(), "GAD-\(id.uppercased())"] {
                #expect(try await app.get("\(Self.path)/\(form)").body == plain.body, "\(form)")
                #expect(try await app.put("\(Self.path)/\(form)", "{}", as: .query).status == 200, "\(form)")
            }
            #expect(try await app.delete("\(Self.path)/gad-\(id)", as: .query).status == 204)
        }
    }

    @Test("a malformed id gets a 404, never a server error", arguments: Profile.available)
    func noID(profile: Profile) async throws {
        try await Self.run(profile) { app in
            _ = try await Self.create(app, #"{"name":"a"}"#)
            for id in [
                "nothing", "0", "-", "gad-", "00000000-0000-4000-8000-000000000000", "%27%20OR%201=1--", "%FF%FE", "%E2%82%AC", "%", "%zz",
                "..%2F..",
                String(repeating: "x", count: 5_000),
            ] {
                for answer in [
                    try await app.get("\(Self.path)/\(id)"), try await app.put("\(Self.path)/\(id)", "{}", as: .query),
                    try await app.delete("\(Self.path)/\(id)", as: .query),
                ] {
                    #expect(answer.status == 404, "\(id.excerpt()): \(answer.body)")
                    #expect(answer.body.hasPrefix(#"{"error":"Gadget '"#) && answer.body.hasSuffix(#"' not found."}"#))
                    #expect(answer.body.utf8.count < 700)
                }
            }
            #expect(try await app.get(Self.path).json()["total"]?.integer == 1)
        }
    }

    @Test("every change adds an entry to the audit log, and a rejected change adds none", arguments: Profile.available)
    func audit(profile: Profile) async throws {
        try await Self.run(profile) { app in
            let keys = try await app.installation.directory.keys(of: app.project)
            let key = try #require(keys.first { $0.scopes == [.query] })
            app.time.advance(seconds: 60)
            let id = try await Self.create(app, #"{"name":"Lamp"}"#)
            app.time.advance(seconds: 1)
            _ = try await app.put("\(Self.path)/\(id)", #"{"size":2}"#, as: .query)
            _ = try await app.put("\(Self.path)/\(id)", #"{"size":0}"#, as: .query)
            _ = try await app.post(Self.path, #"{"name":"Lamp"}"#, as: .query)
            app.time.advance(seconds: 1)
            _ = try await app.delete("\(Self.path)/\(id)", as: .query)
            _ = try await app.delete("\(Self.path)/\(id)", as: .query)
            let entries = try await app.get("/api/admin/projects/\(app.project.id)/audit-logs?limit=3", as: .token).json()["data"]!.elements
            let lines = entries.map { entry in
                "\(entry["created_at"]!.string!) \(entry["actor"]!.string!) \(entry["action"]!.string!) \(entry["resource"]!.string!)"
            }
            #expect(
                lines == [
                    "2026-03-02T12:01:02Z key \(key.id) gadget.delete gadget \(id)",
                    "2026-03-02T12:01:01Z key \(key.id) gadget.update gadget \(id)",
                    "2026-03-02T12:01:00Z key \(key.id) gadget.create gadget \(id)",
                ])
        }
    }

    @Test("null resets a field to its default, or removes it if it has none", arguments: Profile.available)
    func nulls(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let policy = #""name":"p","dataset":"pageviews","field":"path","operator":"neq","values":["/pricing"]"#
            let made = try await app.post("/api/v1/bi/row-policies", #"{\#(policy),"is_active":null}"#, as: .query)
            #expect(made.status == 201)
            #expect(try made.json()["is_active"]?.boolean == true)
            let path = "/api/v1/bi/row-policies/\(try made.json()["id"]?.string ?? "")"
            #expect(try await app.put(path, #"{"is_active":false}"#, as: .query).json()["is_active"]?.boolean == false)
            #expect(try await app.put(path, #"{"is_active":null}"#, as: .query).json()["is_active"]?.boolean == true)
            let without = try await app.put(path, #"{"values":null}"#, as: .query)
            #expect(without.body == #"{"error":"Invalid request body: field 'values' must be an array of 1 to 100 values; got null."}"#)
            let steps = #"[{"type":"pageview","value":"/","label":"A"},{"type":"pageview","value":"/b","label":"B"}]"#
            let funnel = try await app.post(
                "/api/v1/funnels", #"{"name":"f","steps":\#(steps),"order":null,"exclusions":null}"#, as: .query)
            #expect(funnel.status == 201)
            #expect(!funnel.body.contains("null"), "\(funnel.body)")
        }
    }

    /// Request bodies, each with the name of a field and the value that is stored for it.
    static let nested: [(path: String, body: String, field: String, kept: String)] = [
        (
            "/api/v1/funnels",
            #"{"name":"f","steps":[{"type":"pageview","value":"/","where":null,"colour":"red","label":"A"},{"type":"event","value":"b","where":[{"field":"plan","op":"exists","value":null,"x":1}],"label":"B"}]}"#,
            "steps",
            #"[{"label":"A","type":"pageview","value":"/"},{"label":"B","type":"event","value":"b","where":[{"field":"plan","op":"exists"}]}]"#
        ),
        (
            "/api/v1/dashboards",
            #"{"name":"d","widgets":[{"id":"w","x":0,"y":0,"w":1,"h":1,"report_type":"pages","title":null,"size":{"a":1},"params":{"limit":null}}]}"#,
            // Free-form objects are stored unchanged.
            "widgets", #"[{"id":"w","x":0,"y":0,"w":1,"h":1,"report_type":"pages","params":{"limit":null}}]"#
        ),
        (
            "/api/v1/identity/scim/users", #"{"user_name":"ada","emails":[{"type":"work","value":"a@b.c","primary":null}]}"#, "emails",
            #"[{"value":"a@b.c","primary":true}]"#
        ),
        (
            "/api/v1/goals",
            #"{"name":"g","goal_type":"event","config":{"event_name":"paid","where":[{"field":"plan","op":"eq","value":"pro","x":1}],"value":null,"path":"/"}}"#,
            "config", #"{"event_name":"paid","where":[{"field":"plan","op":"eq","value":"pro"}]}"#
        ),
        ("/api/v1/goals", #"{"name":"g","goal_type":"pageview","config":{"path":"/","where":null,"more":[]}}"#, "config", #"{"path":"/"}"#),
    ]

    @Test("nested nulls and undeclared members are dropped too", arguments: Profile.available)
    func nestedNulls(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            for (path, body, field, kept) in Self.nested {
                let made = try await app.post(path, body, as: .query)
                #expect(made.status == 201, "\(made.body)")
                let one = "\(path)/\(try made.json()["id"]?.string ?? "")", sent = try #require(try JSON.parse(body)[field])
                var text = JSONText()
                text.append(sent)
                let changed = try await app.put(one, #"{"\#(field)":\#(text.string)}"#, as: .query)
                for answer in [made, changed, try await app.get(one)] {
                    #expect(answer.body.contains(#""\#(field)":\#(kept)"#), "\(answer.body)")
                }
            }
        }
    }

    @Test("definitions stored with undeclared members are returned as documented", arguments: Profile.available)
    func storedNulls(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let (path, body, field, kept) = Self.nested[0]
            let made = try await app.post(path, body, as: .query), id = try made.json()["id"]?.string ?? ""
            // The form in which an earlier version stored the definition.
            let stored =
                #"{"name":"f","steps":[{"label":"A","type":"pageview","value":"/","where":null,"colour":"red"},{"label":"B","type":"event","value":"b","where":[{"field":"plan","op":"exists","value":null,"x":1}]}]}"#
            _ = try await app.installation.engines.control.write {
                try await $0.run("UPDATE funnels_definition SET definition = \(stored) WHERE id = \(id)")
            }
            #expect(try await app.get("\(path)/\(id)").body.contains(#""\#(field)":\#(kept)"#))
            #expect(try await app.get("\(path)/\(id)/analyze").status == 200)
            let renamed = try await app.put("\(path)/\(id)", #"{"name":"g"}"#, as: .query)
            #expect(renamed.body.contains(#""\#(field)":\#(kept)"#), "\(renamed.body)")
        }
    }

    @Test("concurrent changes to different fields are all kept", arguments: Profile.available)
    func concurrentChanges(profile: Profile) async throws {
        try await Self.run(profile) { app in
            let id = try await Self.create(app, #"{"name":"a","size":1,"tags":[]}"#)
            for round in 1...10 {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for change in [#"{"name":"n\#(round)"}"#, #"{"size":\#(round)}"#, #"{"tags":["t\#(round)"]}"#] {
                        group.addTask { try await app.put("\(Self.path)/\(id)", change, as: .query).status }
                    }
                    for try await status in group { #expect(status == 200) }
                }
                let json = try await app.get("\(Self.path)/\(id)").json()
                #expect(json["name"]?.string == "n\(round)")
                #expect(json["size"]?.integer == Int64(round))
                #expect(json["tags"]?.elements.first?.string == "t\(round)")
            }
        }
    }

    @Test("of several concurrent creates of the same name, exactly one succeeds; the same goes for deletes", arguments: Profile.available)
    func concurrentDuplicates(profile: Profile) async throws {
        try await Self.run(profile) { app in
            func statuses(_ ask: @escaping @Sendable () async throws -> TestApp.Answer) async throws -> [Int] {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<8 { group.addTask { try await ask().status } }
                    return try await group.reduce(into: []) { $0.append($1) }.sorted()
                }
            }
            #expect(
                try await statuses { try await app.post(Self.path, #"{"name":"same"}"#, as: .query) } == [201]
                    + Array(repeating: 400, count: 7))
            let list = try await app.get(Self.path).json()
            #expect(list["total"]?.integer == 1)
            let id = try #require(list["data"]?.elements.first?["id"]?.string)
            #expect(
                try await statuses { try await app.delete("\(Self.path)/\(id)", as: .query) } == [204] + Array(repeating: 404, count: 7))
        }
    }

    @Test("fields keep any text unchanged", arguments: Profile.available)
    func values(profile: Profile) async throws {
        try await Self.run(profile) { app in
            for name in ["'; DROP TABLE probe_gadgets; --", "日本 🦆", "\\\"/\\n", "{\"a\":1}", "%_*", "  ", "null"] {
                var body = JSONText()
                body.append(raw: #"{"name":"#)
                body.append(string: name)
                body.append(raw: "}")
                let id = try await Self.create(app, body.string)
                #expect(try await app.get("\(Self.path)/\(id)").json()["name"]?.string == name)
            }
        }
    }
}

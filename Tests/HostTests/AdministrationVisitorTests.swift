@_spi(Host) import Access
import AllModules
import Core
import Foundation
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Platform
@_spi(Host) import Questions
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
import TestSupport

/// `/api/admin/projects/{id}/privacy/visitors/{visitor_id}`: export and erasure of one visitor's data.
@Suite("Administration: visitors", .modules(.all))
struct AdministrationVisitorTests {
    private static func run(_ profile: Profile, _ body: @escaping @Sendable (TestApp, _ path: String) async throws -> Void) async throws {
        try await TestApp.run(profile, modules: ProbeModule.withLoadedModules()) { app in
            try await body(app, "/api/admin/projects/\(app.project.id)/privacy/visitors")
        }
    }

    /// Sends two pageviews, an event and two facts of another module, within three minutes from now.
    private static func visit(_ app: TestApp, _ visitor: String, as caller: TestApp.Caller = .ingest) async throws {
        for payload in [
            #"{"type":"pageview","path":"/","title":"Home","referrer":"https://blog.example.org/post?id=1"}"#,
            #"{"type":"event","name":"signup","path":"/","data":{"plan":"pro","seats":[1,2]}}"#,
            #"{"type":"probe","label":"seven","amount":1.5,"data":{"deep":{"er":true}}}"#,
            #"{"type":"pageview","path":"/b"}"#,
            #"{"type":"probe","label":"eight"}"#,
        ] {
            var body = JSONText()
            body.append(raw: payload.dropLast() + #","visitor_id":"#)
            body.append(string: visitor)
            body.append(raw: "}")
            let answer = try await app.collect(body.string, as: caller)
            #expect(answer.status == 200, "\(answer.body)")
            app.time.advance(seconds: 30)
        }
    }

    /// The named members of each row, as compact JSON.
    private static func picked(_ rows: JSON?, _ names: [String]) -> [String] {
        (rows?.elements ?? []).map { row in
            names.map { name in
                var text = JSONText()
                if let value = row[name] { text.append(value) } else { text.append(raw: "missing") }
                return text.string
            }.joined(separator: " ")
        }
    }

    private static func nothing(_ id: String) -> String {
        #"{"visitor_id":"\#(id)","identity":{},"pageviews":[],"events":[],"sessions":[],"surveys":[],"experiments":[],"replays":[],"telemetry":{\#(noTelemetry)}}"#
    }

    /// The fact tables of all modules, and their control tables with data of visitors, empty, as in an export.
    private static let noTelemetry: String = {
        let modules = try! ProbeModule.withLoadedModules()
        let names = modules.flatMap(\.factTables).map(\.name) + modules.flatMap { VisitorTable.all(in: $0.migrations) }.map(\.name)
        return names.map { #""\#($0)":[]"# }.joined(separator: ",")
    }()

    @Test("an export has the visitor's identity after all identify calls", arguments: Profile.available)
    func identity(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            for payload in [
                #"{"user_id":"u1","traits":{"plan":"free","caf\u00e9":1,"gone":true}}"#,
                #"{"traits":{"plan":"pro","cafe\u0301":[2],"gone":null}}"#,
            ] { _ = try await app.collect(#"{"type":"identify","visitor_id":"ada","payload":\#(payload)}"#) }
            _ = try await app.collect(#"{"type":"identify","visitor_id":"bob","payload":{"traits":{"plan":"none"}}}"#)
            for (visitor, identity) in [
                ("ada", #"{"user_id":"u1","traits":{"cafe\u{301}":[2],"caf\u{e9}":1,"plan":"pro"}}"#),
                ("bob", #"{"user_id":null,"traits":{"plan":"none"}}"#),
                ("eve", "{}"),
            ] {
                let export = try await app.get("\(path)/\(visitor)/export", as: .token)
                let expected = #"{"visitor_id":"\#(visitor)","identity":\#(identity),"pageviews":"#
                    .replacing("\\u{301}", with: "\u{301}").replacing("\\u{e9}", with: "\u{e9}")
                #expect(
                    ExactText(String(export.body.unicodeScalars.prefix(expected.unicodeScalars.count))) == ExactText(expected),
                    "\(export.body.prefix(300))")
            }
        }
    }

    @Test("an export has the visitor's rows from every table, in time order", arguments: Profile.available)
    func export(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            try await Self.visit(app, "ada")
            try await Self.visit(app, "bob")
            let answer = try await app.get("\(path)/ada/export", as: .token)
            #expect(answer.status == 200)
            let json = try answer.json()
            #expect(
                json.members.map(\.name) == [
                    "visitor_id", "identity", "pageviews", "events", "sessions", "surveys", "experiments", "replays", "telemetry",
                ])
            #expect(json["visitor_id"]?.string == "ada")
            #expect(
                Self.picked(json["pageviews"], ["occurred_at", "path", "title", "source", "from_path", "pageview_no", "browser", "data"])
                    == [
                        #""2026-03-02T12:00:00Z" "/" "Home" "blog.example.org" "" 1 "Chrome" null"#,
                        #""2026-03-02T12:01:30Z" "/b" "" "blog.example.org" "/" 2 "Chrome" null"#,
                    ])
            #expect(
                Self.picked(json["events"], ["occurred_at", "path", "name", "data", "session_at"]) == [
                    #""2026-03-02T12:00:30Z" "/" "signup" {"plan":"pro","seats":[1,2]} "2026-03-02T12:00:00Z""#
                ])
            #expect(
                Self.picked(json["sessions"], ["session_at", "started_at", "ended_at", "pageviews", "events"]) == [
                    #""2026-03-02T12:00:00Z" "2026-03-02T12:00:00Z" "2026-03-02T12:01:30Z" 2 1"#
                ])
            #expect(
                Self.picked(json["telemetry"]?["probe_facts"], ["occurred_at", "label", "amount", "is_lucky", "seen_at", "data"]) == [
                    #""2026-03-02T12:01:00Z" "seven" 1.5 true "2026-03-02T12:01:00Z" {"deep":{"er":true}}"#,
                    #""2026-03-02T12:02:00Z" "eight" null false "2026-03-02T12:02:00Z" null"#,
                ])
            // All columns of every table are exported, except for the table that holds the id itself.
            let columns = ["occurred_at"] + Activity.table.columns.map(\.name)
            #expect(json["pageviews"]?.elements.first?.members.map(\.name) == columns)
            let tables = app.installation.registry.factTables.filter { ![Activity.table, Activity.visitors, SetAside.table].contains($0) }
            #expect(json["telemetry"]?.members.map(\.name) == tables.map(\.name) + ["identity_scim_users", "identity_scim_groups"])
            #expect(
                json["telemetry"]?["probe_facts"]?.elements.first?.members.map(\.name) == ["occurred_at"]
                    + ProbeModule.facts.columns.map(\.name))
        }
    }

    @Test(
        "after erasure the export is empty, reports no longer count the visitor, and other visitors are untouched",
        arguments: Profile.available)
    func erasure(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            let other = try await app.installation.createProject("Other", domain: "other.example")
            let otherKeys = try await app.installation.createKeys(in: other)
            let otherPath = path.replacing(app.project.id, with: other.id)
            try await Self.visit(app, "ada")
            try await Self.visit(app, "bob")
            try await Self.visit(app, "ada", as: .key(otherKeys[.ingest]!))
            app.time.advance(seconds: 60)
            let questions = [
                "/api/v1/stats", "/api/v1/pages", "/api/v1/events", "/api/v1/referrers", "/api/v1/devices", "/api/v1/probe/facts",
                "/api/v1/stats/timeseries",
            ]
            func answers(_ caller: TestApp.Caller) async throws -> [String] {
                var answers: [String] = []
                for question in questions { answers.append(try await app.get(question, as: caller).body) }
                return answers
            }
            // Query once before, so stale cached responses would show.
            let before = try await app.get("/api/v1/stats").json()["current"]
            #expect(before?["visitors"]?.integer == 2)
            #expect(before?["pageviews"]?.integer == 4)
            #expect(try await app.get("/api/v1/probe/facts").json()["visitors"]?.integer == 2)
            let otherBefore = try await answers(.key(otherKeys[.query]!))
            let bob = try await app.get("\(path)/bob/export", as: .token).body,
                otherAda = try await app.get("\(otherPath)/ada/export", as: .token).body

            let gone = try await app.delete("\(path)/ada", as: .token)
            #expect(gone.status == 204)
            #expect(gone.body == "")

            #expect(try await app.get("\(path)/ada/export", as: .token).body == Self.nothing("ada"))
            #expect(
                try await app.get("/api/v1/stats").json()["current"].map {
                    Self.picked($0, in: ["visitors", "pageviews", "sessions", "events"])
                } == "1 2 1 1")
            #expect(
                try await app.get("/api/v1/probe/facts").body
                    == #"{"data":[{"amount":0,"count":1,"label":"eight"},{"amount":1.5,"count":1,"label":"seven"}],"visitors":1}"#)
            #expect(try await app.get("/api/v1/pages").json()["data"]?.elements.map { $0["unique_views"]?.integer } == [1, 1])
            #expect(try await app.get("\(path)/bob/export", as: .token).body == bob)
            #expect(try await app.get("\(otherPath)/ada/export", as: .token).body == otherAda)
            #expect(try await answers(.key(otherKeys[.query]!)) == otherBefore)

            // Erasing again does nothing and is not an error.
            #expect(try await app.delete("\(path)/ada", as: .token).status == 204)
        }
    }

    private static func picked(_ object: JSON, in names: [String]) -> String {
        names.map { object[$0]?.integer.map(String.init) ?? "?" }.joined(separator: " ")
    }

    @Test("no fact table contains data of an erased visitor", arguments: Profile.available)
    func everyTable(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            let id = "ada@example.com"
            try await Self.visit(app, id)
            try await Self.visit(app, "bob")
            _ = try await app.get("/api/v1/stats")
            let events = app.installation.engines.events, tables = app.installation.registry.factTables
            func rows() async throws -> [String: Int64] {
                guard
                    let visitor = try await events.visitor(VisitorIdentity.key(of: id, project: app.project.number), of: app.project.number)
                else { return [:] }
                var counts: [String: Int64] = [:]
                for table in tables {
                    let found = try await events.query(
                        "SELECT count(*) AS n FROM \(sql: table.name) WHERE visitor = \(visitor)", timeoutSeconds: 10)
                    counts[table.name] = found[0].int("n")
                }
                return counts
            }
            let before = try await rows()
            #expect(before["core_activity"] == 3)
            #expect(before["core_visitors"] == 1)
            #expect(before["probe_facts"] == 2)
            #expect(try await app.delete("\(path)/ada%40example.com", as: .token).status == 204)
            #expect(try await rows().values.allSatisfy { $0 == 0 })
            for table in tables {
                let left = try await events.query("SELECT * FROM \(sql: table.name)", timeoutSeconds: 10)
                #expect(left.allSatisfy { row in row.values.allSatisfy { !($0.text ?? "").contains(id) } }, "\(table.name)")
                if ["core_activity", "core_visitors", "probe_facts"].contains(table.name) {
                    #expect(!left.isEmpty, "bob is gone from \(table.name)")
                }
            }
        }
    }

    @Test("no journal file contains an erased visitor, and after a stop none contains any visitor", arguments: Profile.available)
    func journal(profile: Profile) async throws {
        let scratch = try Scratch(), data = scratch.path + "/data"
        @Sendable func contents() throws -> String {
            let names = try FileManager.default.contentsOfDirectory(atPath: data + "/journal").filter { $0.hasSuffix(".journal") }
            return try names.map { String(decoding: try Data(contentsOf: URL(fileURLWithPath: data + "/journal/" + $0)), as: UTF8.self) }
                .joined()
        }
        try await TestApp.run(in: data, environment: try await profile.environment(), modules: ProbeModule.withLoadedModules()) { app in
            try await Self.visit(app, "ada@example.com")
            let before = try contents()
            #expect(before.contains("ada@example.com"))
            let erased = try await app.delete("/api/admin/projects/\(app.project.id)/privacy/visitors/ada%40example.com", as: .token)
            #expect(erased.status == 204)
            let after = try contents()
            #expect(!after.contains("ada"))
            try await Self.visit(app, "bob@example.com")
        }
        #expect(try contents().isEmpty)
    }

    @Test("no file in the data folder contains texts of an erased visitor, before or after a stop")
    func files() async throws {
        let scratch = try Scratch(), data = scratch.path + "/data"
        @Sendable func files(with texts: [String]) throws -> [String] {
            let all = (FileManager.default.enumerator(atPath: data)?.allObjects as? [String] ?? []).sorted()
            return try all.filter { name in
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: data + "/" + name, isDirectory: &isFolder), !isFolder.boolValue else {
                    return false
                }
                let bytes = try Data(contentsOf: URL(fileURLWithPath: data + "/" + name))
                return texts.contains { bytes.range(of: Data($0.utf8)) != nil }
            }
        }
        let ada = ["ada-of-the-tests", "/only/of/ada", "ada@example.org"], bob = ["bob-of-the-tests"]
        try await TestApp.run(in: data) { app in
            for id in ["bob-of-the-tests", "ada-of-the-tests", "eve-of-the-tests"] {
                let name = id.prefix(3)
                for payload in [
                    #""type":"pageview","path":"/only/of/\#(name)","title":"Page""#,
                    #""type":"event","name":"signup","data":{"email":"\#(name)@example.org"}"#,
                    #""type":"identify","payload":{"user_id":"\#(name)@example.org","traits":{"mail":"\#(name)@example.org"}}"#,
                ] { try await app.collect("{\(payload),\"visitor_id\":\"\(id)\"}") }
            }
            _ = try await app.get("/api/v1/stats")
            for text in ada { #expect(try files(with: [text]).contains("events.duckdb.wal"), "\(text)") }
            let erased = try await app.delete("/api/admin/projects/\(app.project.id)/privacy/visitors/ada-of-the-tests", as: .token)
            #expect(erased.status == 204)
            #expect(try files(with: ada) == [])
            #expect(try files(with: bob) == ["events.duckdb"])
        }
        #expect(try files(with: ada) == [])
        #expect(try files(with: bob) == ["events.duckdb"])
    }

    @Test("the audit log records export and erasure, with row counts but without the visitor id", arguments: Profile.available)
    func audited(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            let id = "ada@example.com"
            try await Self.visit(app, id)
            _ = try await app.get("\(path)/ada%40example.com/export", as: .token)
            app.time.advance(seconds: 1)
            _ = try await app.delete("\(path)/ada%40example.com", as: .admin)
            let answer = try await app.get("/api/admin/projects/\(app.project.id)/audit-logs?limit=2", as: .token)
            #expect(!answer.body.contains(id) && !answer.body.contains("ada%40"))
            let entries = try #require(try answer.json()["data"]?.elements)
            #expect(entries.map { $0["action"]?.string } == ["visitor.erase", "visitor.export"])
            let resources = Set(entries.map { $0["resource"]?.string ?? "" })
            #expect(resources.count == 1, "the same visitor has the same pseudonym")
            #expect(resources.first?.wholeMatch(of: /visitor [0-9a-f]{32}/) != nil)
            #expect(
                resources.first?.contains(Digest.sha256(id).prefix(16)) == false, "nobody may find the visitor by hashing e-mail addresses")
            let admin = try #require(try await app.installation.directory.keys(of: app.project).first { $0.scopes == [.admin] })
            #expect(entries.map { $0["actor"]?.string } == ["key \(admin.id)", "admin token"])
            let counts = entries[0]["metadata"]
            // Rows that were set aside are counted only if there are any.
            #expect(counts?.members.count == app.installation.registry.factTables.count - 1 + 2, "two control tables have data of visitors")
            #expect(["core_activity", "core_visitors", "probe_facts"].map { counts?[$0]?.string } == ["3", "1", "2"])
            #expect(entries[1]["metadata"]?.members.isEmpty == true)
            // The id is nowhere else in the control plane either.
            let control = app.installation.engines.control
            for table in ["access_projects", "access_keys", "access_modules", "access_audit", "probe_gadgets"] {
                for row in try await control.read("SELECT * FROM \(sql: table)") {
                    #expect(row.values.allSatisfy { !($0.text ?? "").contains(id) }, "\(table)")
                }
            }
        }
    }

    @Test("an unknown visitor's export is empty, and erasing one does nothing", arguments: Profile.available)
    func unknown(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            try await Self.visit(app, "ada")
            #expect(try await app.get("\(path)/nobody/export", as: .token).body == Self.nothing("nobody"))
            #expect(try await app.delete("\(path)/nobody", as: .token).status == 204)
            #expect(try await app.get("/api/v1/stats").json()["current"]?["visitors"]?.integer == 1)
            #expect(try await app.get("/api/v1/probe/facts").json()["visitors"]?.integer == 1)
        }
    }

    static let encodedIDs: [(id: String, path: String)] = [
        ("a b", "a%20b"), ("a/b", "a%2Fb"), ("50%25", "50%2525"), ("a+b@example.com", "a+b@example.com"),
        ("ä日🦆", "%C3%A4%E6%97%A5%F0%9F%A6%86"), ("'; --", "%27;%20--"),
        ("..", "%2E%2E"), ("?x=1#y", "%3Fx=1%23y"), ("Ada", "Ada"), ("anon_00000000000000ff", "anon_00000000000000ff"),
        ("export", "export"),
    ]

    @Test("an id may contain any characters, percent-encoded in the path", arguments: Profile.available)
    func encoded(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            try await Self.visit(app, "ada")
            for (id, encoded) in Self.encodedIDs {
                try await Self.visit(app, id)
                let json = try await app.get("\(path)/\(encoded)/export", as: .token).json()
                #expect(json["visitor_id"]?.string == id)
                #expect(json["pageviews"]?.elements.count == 2, "\(id)")
                #expect(try await app.delete("\(path)/\(encoded)", as: .token).status == 204)
                #expect(try await app.get("\(path)/\(encoded)/export", as: .token).json()["pageviews"]?.elements.count == 0, "\(id)")
            }
            #expect(try await app.get("\(path)/ada/export", as: .token).json()["pageviews"]?.elements.count == 2)
        }
    }

    @Test("an id longer than collection accepts is not found", arguments: Profile.available)
    func longID(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            let sentence = #"{"error":"Visitor '\#(String(repeating: "x", count: 100))...' not found."}"#
            for length in [201, 3_000] {
                let place = "\(path)/\(String(repeating: "x", count: length))"
                for answer in [try await app.delete(place, as: .token), try await app.get("\(place)/export", as: .token)] {
                    #expect(answer.status == 404)
                    #expect(answer.body == sentence)
                }
            }
        }
    }

    @Test(
        "an id of maximum length may have any characters, and an impossible id is an unknown visitor", arguments: Profile.available)
    func longestID(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            let id = String(repeating: "日", count: 200)
            try await Self.visit(app, id)
            let encoded = String(repeating: "%E6%97%A5", count: 200)
            #expect(try await app.get("\(path)/\(encoded)/export", as: .token).json()["pageviews"]?.elements.count == 2)
            for nobody in ["%00", "a%00b", "%FF", "%zz"] {
                #expect(try await app.delete("\(path)/\(nobody)", as: .token).status == 204, "\(nobody)")
                #expect(try await app.get("\(path)/\(nobody)/export", as: .token).json()["pageviews"]?.elements.count == 0, "\(nobody)")
            }
            #expect(try await app.delete("\(path)/\(encoded)", as: .token).status == 204)
            #expect(try await app.get("\(path)/\(encoded)/export", as: .token).body == Self.nothing(id))
        }
    }

    @Test("events collected a moment ago are exported and erased too", arguments: Profile.available)
    func atOnce(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            for round in 1...5 {
                try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"ada"}"#)
                try await app.collect(#"{"type":"probe","label":"a","visitor_id":"ada"}"#)
                if round % 2 == 0 {
                    let json = try await app.get("\(path)/ada/export", as: .token).json()
                    #expect(json["pageviews"]?.elements.count == 1)
                    #expect(json["telemetry"]?["probe_facts"]?.elements.count == 1)
                }
                #expect(try await app.delete("\(path)/ada", as: .token).status == 204)
                #expect(try await app.get("\(path)/ada/export", as: .token).body == Self.nothing("ada"))
            }
        }
    }

    @Test("an erased visitor stays erased after a restart")
    func restart() async throws {
        let folder = try TemporaryFolder()
        try await TestApp.run(in: folder.path, modules: ProbeModule.withLoadedModules()) { app in
            try await Self.visit(app, "ada")
            try await Self.visit(app, "bob")
            #expect(try await app.delete("/api/admin/projects/\(app.project.id)/privacy/visitors/ada", as: .token).status == 204)
        }
        try await TestApp.run(in: folder.path, modules: ProbeModule.withLoadedModules(), now: "2026-03-02T13:00:00Z") { app in
            let export = try await app.get("/api/admin/projects/\(app.project.id)/privacy/visitors/ada/export", as: .token)
            #expect(export.body == Self.nothing("ada"))
            #expect(try await app.get("/api/v1/stats").json()["current"]?["visitors"]?.integer == 1)
        }
    }

    @Test("an erased visitor who comes back is a new visitor with a new session", arguments: Profile.available)
    func comesBack(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            try await Self.visit(app, "ada")
            #expect(try await app.delete("\(path)/ada", as: .token).status == 204)
            try await app.collect(#"{"type":"pageview","path":"/c","visitor_id":"ada"}"#)
            app.time.advance(seconds: 60)
            let stats = try await app.get("/api/v1/stats").json()["current"],
                json = try await app.get("\(path)/ada/export", as: .token).json()
            #expect(stats.map { Self.picked($0, in: ["visitors", "pageviews", "sessions"]) } == "1 1 1")
            #expect(Self.picked(json["pageviews"], ["path", "from_path", "seq", "source"]) == [#""/c" "" 1 "(direct)""#])
        }
    }

    @Test("an erased visitor who comes back and is identified has a profile again", arguments: Profile.available)
    func isNamedAgain(profile: Profile) async throws {
        try await Self.run(profile) { app, path in
            let identify = #"{"type":"identify","visitor_id":"b0","payload":{"user_id":"Ub0","traits":{"a":1}}}"#
            for _ in 1...2 {
                try await app.collect(identify)
                #expect(try await app.get("/api/v1/identity/profiles/b0").json()["user_id"]?.string == "Ub0")
                #expect(try await app.get("/api/v1/identity/profiles").json()["data"]?.elements.count == 1)
                #expect(try await app.delete("\(path)/b0", as: .token).status == 204)
            }
            #expect(try await app.get("/api/v1/identity/profiles/b0").status == 404)
        }
    }
}

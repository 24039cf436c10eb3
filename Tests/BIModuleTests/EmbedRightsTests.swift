import AllModules
import BIModule
import Core
@testable import Host
import Testing
import TestSupport

/// Embeds made with a key that is limited to some modules.
@Suite("Embed permissions", .modules(.all))
struct EmbedRightsTests {
    private static let modules = ["bi", "core", "dashboards"]

    private static func run(
        _ profile: Profile, _ body: @escaping @Sendable (TestApp, _ limited: TestApp.Caller) async throws -> Void
    ) async throws {
        try await Traffic.run(profile) { app in
            try await app.installation.directory.setModules(
                ["revenue", "utm", "segments", "identity", "dashboards"].map { .init(module: $0, isEnabled: true, access: nil) },
                in: app.project, by: "test")
            let key = try await app.installation.directory.createKey(
                .init(name: "limited", scopes: [.query], allowedModules: Self.modules), in: app.project, by: "test")
            try await body(app, .key(key.secret))
        }
    }

    private static func id(_ answer: TestApp.Answer) throws -> String { try #require(try answer.json()["id"]?.string, "\(answer.body)") }

    private static func embed(_ app: TestApp, _ type: String, _ config: String, as caller: TestApp.Caller) async throws -> TestApp.Answer {
        try await app.post("/api/v1/bi/embeds", #"{"name":"E","resource_type":"\#(type)","resource_config":{\#(config)}}"#, as: caller)
    }

    private static func show(_ app: TestApp, _ embed: TestApp.Answer) async throws -> TestApp.Answer {
        try await app.get("/api/embed/" + (try #require(try embed.json()["token"]?.string, "\(embed.body)")), as: .nobody)
    }

    private static func forbidden(_ module: String) -> String {
        #"{"error":"This link is not allowed to show module '\#(module)': the key that created it was not allowed to read it."}"#
    }

    private static func keyForbidden(_ module: String) -> String { #"{"error":"API key is not allowed to use module '\#(module)'."}"# }

    private static let pages = "SELECT count(*) AS n FROM pageviews WHERE project_id = {{project_id}}"
    private static let orders = "SELECT sum(amount) AS n FROM revenue_orders WHERE project_id = {{project_id}}"

    @Test("an embed shows only what its creator may read, whatever its content is changed to later", arguments: Profile.available)
    func changed(profile: Profile) async throws {
        try await Self.run(profile) { app, limited in
            let query = try Self.id(try await app.post("/api/v1/bi/sql-queries", #"{"name":"Q","sql_text":"\#(Self.pages)"}"#, as: limited))
            let metric = try Self.id(
                try await app.post(
                    "/api/v1/bi/metrics", #"{"key":"m","name":"M","dataset":"pageviews","expression":"count()"}"#, as: limited))
            let report = try Self.id(try await app.post("/api/v1/reports", #"{"name":"R","report_type":"pages"}"#, as: limited))
            func widget(_ type: String) -> String { #"{"widgets":[{"id":"a","report_type":"\#(type)","x":0,"y":0,"w":1,"h":1}]}"# }
            let board = try Self.id(try await app.post("/api/v1/dashboards", #"{"name":"D",\#(widget("pages").dropFirst())"#, as: limited))
            for (type, config, path, change, module) in [
                ("sql_query", #""sql_query_id":"\#(query)""#, "bi/sql-queries/\(query)", #"{"sql_text":"\#(Self.orders)"}"#, "revenue"),
                ("metric", #""metric_id":"\#(metric)""#, "bi/metrics/\(metric)", #"{"dataset":"revenue_orders"}"#, "revenue"),
                ("report", #""report_id":"\#(report)""#, "reports/\(report)", #"{"report_type":"campaigns"}"#, "utm"),
                ("dashboard", #""dashboard_id":"\#(board)""#, "dashboards/\(board)", widget("campaigns"), "utm"),
            ] {
                let own = try await Self.embed(app, type, config, as: limited), open = try await Self.embed(app, type, config, as: .query)
                #expect(try own.json()["allowed_modules"]?.elements.compactMap(\.string) == Self.modules)
                #expect(try open.json()["allowed_modules"]?.isNull == true)
                #expect(try await Self.show(app, own).status == 200)
                // The limited key can't put a module it may not read into content that other embeds show.
                let refused = try await app.put("/api/v1/" + path, change, as: limited)
                #expect(refused.status == 403 && refused.body == Self.keyForbidden(module), "\(type): \(refused.body)")
                let renamed = try await app.put("/api/v1/" + path, #"{"name":"N"}"#, as: limited)
                #expect(renamed.status == 200, "\(renamed.body)")
                let changed = try await app.put("/api/v1/" + path, change, as: .query)
                #expect(changed.status == 200, "\(changed.body)")
                let now = try await Self.show(app, own), whole = try await Self.show(app, open)
                if type == "dashboard" {
                    // A dashboard shows the error in place of the widget.
                    #expect(
                        try now.json()["result"]?["widgets"]?["a"]?["data"] == nil
                            && now.body.contains("This link is not allowed to show module 'utm'"), "\(now.body)")
                    #expect(try whole.json()["result"]?["widgets"]?["a"]?["data"] != nil, "\(whole.body)")
                } else {
                    #expect(now.status == 403 && now.body == Self.forbidden(module), "\(type): \(now.body)")
                    #expect(whole.status == 200, "\(whole.body)")
                }
                // The limited key may keep what is already there.
                let same = try await app.put("/api/v1/" + path, change, as: limited)
                #expect(same.status == 200, "\(same.body)")
            }
        }
    }

    @Test("embedding a report needs the right to run it, including its filter, segment and people", arguments: Profile.available)
    func parameters(profile: Profile) async throws {
        try await Self.run(profile) { app, limited in
            let segment = try await app.createSegment("S", #"{"source":"profile","field":"traits.plan","op":"eq","value":"pro"}"#)
            let other = try await app.installation.directory.createKey(
                .init(name: "other", scopes: [.query], allowedModules: Self.modules + ["segments"]), in: app.project, by: "test")
            for (params, module, limited) in [
                (#""segment_id":"\#(segment)""#, "segments", limited), (#""segment_id":"\#(segment)""#, "identity", .key(other.secret)),
                (#""count_by":"people""#, "identity", limited),
            ] {
                let report = try Self.id(
                    try await app.post(
                        "/api/v1/reports", #"{"name":"R","report_type":"pages","params":{\#(params)}}"#, as: .query))
                let widget = #"{"id":"a","report_type":"pages","x":0,"y":0,"w":1,"h":1,"params":{\#(params)}}"#
                let board = try Self.id(try await app.post("/api/v1/dashboards", #"{"name":"D","widgets":[\#(widget)]}"#, as: .query))
                for (type, config) in [("report", #""report_id":"\#(report)""#), ("dashboard", #""dashboard_id":"\#(board)""#)] {
                    let made = try await Self.embed(app, type, config, as: limited)
                    #expect(made.status == 403 && made.body == Self.keyForbidden(module), "\(made.body)")
                    let open = try await Self.embed(app, type, config, as: .query)
                    #expect(try await Self.show(app, open).status == 200)
                }
                // The same if they are added after the report was embedded.
                let plain = try Self.id(try await app.post("/api/v1/reports", #"{"name":"P","report_type":"pages"}"#, as: limited))
                let own = try await Self.embed(app, "report", #""report_id":"\#(plain)""#, as: limited)
                _ = try await app.put("/api/v1/reports/\(plain)", #"{"params":{\#(params)}}"#, as: .query)
                let now = try await Self.show(app, own)
                #expect(now.status == 403 && now.body == Self.forbidden(module), "\(now.body)")
            }
        }
    }

    @Test("an embed shows no more than every key that chose its content or has its token may read", arguments: Profile.available)
    func narrowed(profile: Profile) async throws {
        try await Self.run(profile) { app, limited in
            let query = try Self.id(try await app.post("/api/v1/bi/sql-queries", #"{"name":"Q","sql_text":"\#(Self.pages)"}"#, as: .query))
            let config = #""sql_query_id":"\#(query)""#
            func modules(_ id: String) async throws -> JSON? { try await app.get("/api/v1/bi/embeds/\(id)").json()["allowed_modules"] }
            let first = try await Self.embed(app, "sql_query", config, as: .query), id = try Self.id(first)
            // Renaming doesn't limit what it shows, and neither does a rejected change.
            _ = try await app.put("/api/v1/bi/embeds/\(id)", #"{"name":"N"}"#, as: limited)
            let refused = try await app.put(
                "/api/v1/bi/embeds/\(id)",
                #"{"resource_type":"visual_query","resource_config":{"dataset":"revenue_orders","metrics":["count"]}}"#, as: limited)
            #expect(refused.status == 403, "\(refused.body)")
            for wrong in [#""allowed_origins":["nowhere"]"#, #""name":null"#] {
                let invalid = try await app.put(
                    "/api/v1/bi/embeds/\(id)", #"{"resource_config":{\#(config),"limit":5},\#(wrong)}"#, as: limited)
                #expect(invalid.status == 400, "\(invalid.body)")
            }
            #expect(try await modules(id)?.isNull == true)
            let rotated = try await app.post("/api/v1/bi/embeds/\(id)/rotate", as: limited)
            #expect(try rotated.json()["allowed_modules"]?.elements.compactMap(\.string) == Self.modules)
            let second = try Self.id(try await Self.embed(app, "sql_query", config, as: .query))
            _ = try await app.put("/api/v1/bi/embeds/\(second)", #"{"resource_config":{\#(config),"limit":5}}"#, as: limited)
            #expect(try await modules(second)?.elements.count == 3)
            // An unlimited key doesn't widen it, because others know the token.
            _ = try await app.put("/api/v1/bi/embeds/\(id)", #"{"resource_config":{\#(config),"limit":5}}"#, as: .query)
            _ = try await app.post("/api/v1/bi/embeds/\(second)/rotate", as: .query)
            #expect(try await modules(id)?.elements.count == 3)
            #expect(try await modules(second)?.elements.count == 3)
            _ = try await app.put("/api/v1/bi/sql-queries/\(query)", #"{"sql_text":"\#(Self.orders)"}"#, as: .query)
            #expect(try await Self.show(app, rotated).body == Self.forbidden("revenue"))
        }
    }

    @Test("a limited key can't unhide rows of modules that it may not read", arguments: Profile.available)
    func policies(profile: Profile) async throws {
        try await Self.run(profile) { app, limited in
            func policy(_ dataset: String, _ field: String, as caller: TestApp.Caller) async throws -> TestApp.Answer {
                try await app.post(
                    "/api/v1/bi/row-policies",
                    #"{"name":"P","dataset":"\#(dataset)","field":"\#(field)","operator":"neq","values":["x"]}"#, as: caller)
            }
            let orders = "/api/v1/bi/row-policies/" + (try Self.id(try await policy("revenue_orders", "currency", as: .query)))
            let pages = "/api/v1/bi/row-policies/" + (try Self.id(try await policy("pageviews", "path", as: limited)))
            for change in [#"{"is_active":false}"#, #"{"dataset":"pageviews","field":"path"}"#] {
                let refused = try await app.put(orders, change, as: limited)
                #expect(refused.status == 403 && refused.body == Self.keyForbidden("revenue"), "\(refused.body)")
            }
            let moved = try await app.put(pages, #"{"dataset":"revenue_orders","field":"currency"}"#, as: limited)
            #expect(moved.status == 403 && moved.body == Self.keyForbidden("revenue"), "\(moved.body)")
            let made = try await policy("revenue_orders", "currency", as: limited)
            #expect(made.status == 403, "\(made.body)")
            #expect(try await app.delete(orders, as: limited).status == 403)
            #expect(try await app.get(orders).json()["is_active"]?.boolean == true)
            #expect(try await app.put(pages, #"{"is_active":false}"#, as: limited).status == 200)
            #expect(try await app.delete(pages, as: limited).status == 204)
            #expect(try await app.delete(orders, as: .query).status == 204)
        }
    }

    @Test("a limited key can't choose which rows of other modules are shown", arguments: Profile.available)
    func restricted(profile: Profile) async throws {
        try await Self.run(profile) { app, limited in
            let path = "/api/v1/bi/row-policies"
            let policy = #"{"name":"P","dataset":"pageviews","field":"path","operator":"eq","values":["/a"]}"#
            let made = try await app.post(path, policy, as: .query)
            let own = path + "/" + (try Self.id(made)), widget = #"[{"id":"w","report_type":"campaigns","x":0,"y":0,"w":1,"h":1}]"#
            let text = "SELECT count(*) AS n FROM pageviews WHERE project_id = {{project_id}} AND path IN (SELECT path FROM revenue_orders)"
            for (place, body, module) in [
                ("/api/v1/reports", #"{"name":"R","report_type":"campaigns"}"#, "utm"),
                ("/api/v1/reports", #"{"name":"R","report_type":"pages","params":{"filter":"utm_source:a"}}"#, "utm"),
                ("/api/v1/dashboards", #"{"name":"D","widgets":\#(widget)}"#, "utm"),
                ("/api/v1/bi/sql-queries", #"{"name":"Q","sql_text":"\#(text)"}"#, "revenue"),
            ] {
                let saved = try await app.post(place, body, as: .query)
                for refused in [
                    try await app.post(path, policy, as: limited), try await app.put(own, #"{"is_active":false}"#, as: limited),
                    try await app.delete(own, as: limited),
                ] { #expect(refused.status == 403 && refused.body == Self.keyForbidden(module), "\(body): \(refused.body)") }
                #expect(try await app.put(own, #"{"name":"N"}"#, as: .query).status == 200)
                #expect(try await app.delete(place + "/" + (try Self.id(saved)), as: .query).status == 204)
            }
            // What the key may read itself, and what reads no pageviews, doesn't count.
            _ = try await app.post("/api/v1/reports", #"{"name":"R","report_type":"pages"}"#, as: .query)
            _ = try await app.post("/api/v1/bi/sql-queries", #"{"name":"Q","sql_text":"\#(Self.orders)"}"#, as: .query)
            #expect(try await app.post(path, policy, as: limited).status == 201)
            #expect(try await app.put(own, #"{"is_active":false}"#, as: limited).status == 200)
            #expect(try await app.delete(own, as: limited).status == 204)
        }
    }

    @Test("a limited key can't choose whom a report shows that it may not read", arguments: Profile.available)
    func segments(profile: Profile) async throws {
        try await Self.run(profile) { app, _ in
            func segment(_ name: String, _ condition: String) async throws -> String { try await app.createSegment(name, condition) }
            func rule(_ condition: String) -> String { #"{"definition":{"match":"all","conditions":[\#(condition)]}}"# }
            let plan = #"{"source":"profile","field":"traits.plan","op":"eq","value":"pro"}"#
            let other = #"{"source":"profile","field":"traits.plan","op":"eq","value":"free"}"#
            let used = try await segment("Used", plan), inner = try await segment("Inner", plan), free = try await segment("Free", plan)
            let outer = try await segment("Outer", #"{"source":"segment","segment_id":"\#(inner)"}"#)
            for id in [used, outer] {
                _ = try Self.id(
                    try await app.post(
                        "/api/v1/reports", #"{"name":"R","report_type":"pages","params":{"segment_id":"\#(id)"}}"#, as: .query))
            }
            let limited = try await app.installation.directory.createKey(
                .init(name: "limited", scopes: [.query], allowedModules: ["segments", "identity"]), in: app.project, by: "test")
            for (id, status) in [(used, 403), (inner, 403), (free, 200)] {
                let changed = try await app.put("/api/v1/segments/\(id)", rule(other), as: .key(limited.secret))
                #expect(changed.status == status, "\(changed.body)")
                if status == 403 { #expect(changed.body == Self.keyForbidden("core")) }
            }
            #expect(try await app.put("/api/v1/segments/\(used)", #"{"name":"N"}"#, as: .key(limited.secret)).status == 200)
            #expect(try await app.put("/api/v1/segments/\(used)", rule(other), as: .query).status == 200)
        }
    }

    @Test("an embed ends with the key that created it or last rotated its token", arguments: Profile.available)
    func maker(profile: Profile) async throws {
        try await Self.run(profile) { app, _ in
            let directory = app.installation.directory
            let revoked = try await directory.createKey(.init(name: "revoked", scopes: [.query]), in: app.project, by: "test")
            let ending = try await directory.createKey(
                .init(name: "ending", scopes: [.query], expiresAt: app.time.now.adding(seconds: 3_600)), in: app.project, by: "test")
            let query = try Self.id(try await app.post("/api/v1/bi/sql-queries", #"{"name":"Q","sql_text":"\#(Self.pages)"}"#, as: .query))
            let config = #""sql_query_id":"\#(query)""#
            let first = try await Self.embed(app, "sql_query", config, as: .key(revoked.secret))
            let second = try await Self.embed(app, "sql_query", config, as: .key(ending.secret))
            for embed in [first, second] { #expect(try await Self.show(app, embed).status == 200) }
            try await directory.revokeKey(revoked.key.id, in: app.project, by: "test")
            #expect(try await Self.show(app, first).status == 404)
            #expect(try await Self.show(app, second).status == 200)
            app.time.advance(seconds: 3_600)
            #expect(try await Self.show(app, second).status == 404)
            let again = try await app.post("/api/v1/bi/embeds/\(try Self.id(first))/rotate", as: .query)
            #expect(try await Self.show(app, again).status == 200)
        }
    }

    @Test("an embed from before 003-embed-makers, when the column had the key's id, still ends with its key", arguments: Profile.available)
    func migrated(profile: Profile) async throws {
        try await Self.run(profile) { app, _ in
            let key = try await app.installation.directory.createKey(.init(name: "k", scopes: [.query]), in: app.project, by: "test")
            let report = try Self.id(try await app.post("/api/v1/reports", #"{"name":"R","report_type":"pages"}"#, as: .query))
            let embed = try await Self.embed(app, "report", #""report_id":"\#(report)""#, as: .key(key.secret))
            let control = app.installation.engines.control
            try await control.write("UPDATE bi_embed_token SET maker = \(key.key.id) WHERE embed_id = \(try Self.id(embed))")
            let migration = try #require(try BIModule(ModuleSetup()).migrations.first { $0.id == "003-embed-makers" })
            for statement in migration.steps.flatMap({ $0.statements(for: control.dialect) }) { try await control.write(statement) }
            #expect(try await Self.show(app, embed).status == 200)
            try await app.installation.directory.revokeKey(key.key.id, in: app.project, by: "test")
            #expect(try await Self.show(app, embed).status == 404)
        }
    }
}

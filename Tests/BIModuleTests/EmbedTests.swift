import AllModules
import BIModule
import Core
@testable import Host
import Testing
import TestSupport

@Suite("Embeds", .modules(.all))
struct EmbedTests {
    static let visual =
        #"{"dataset":"pageviews","dimensions":["path"],"metrics":["count"],"limit":25,"start_at":"2026-03-01","end_at":"2026-03-02"}"#

    @Test("shows only what the keys that created, changed or rotated it may read", arguments: Profile.available)
    func rights(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            let limited = try await app.installation.directory.createKey(
                .init(name: "limited", scopes: [.query], allowedModules: ["bi", "dashboards"]), in: app.project, by: "test"
            ).secret
            let refusal = #"{"error":"API key is not allowed to use module 'core'."}"#
            // The limited key may save a report that it can't run.
            let report =
                try await app.post("/api/v1/reports", #"{"name":"r","report_type":"pages"}"#, as: .key(limited)).json()["id"]?.string ?? ""
            let run = try await app.post("/api/v1/reports/\(report)/run", as: .key(limited))
            #expect(run.status == 403)
            let widget = #"{"id":"a","report_type":"pages","x":0,"y":0,"w":1,"h":1}"#
            let board =
                try await app.post("/api/v1/dashboards", #"{"name":"d","widgets":[\#(widget)]}"#, as: .query).json()["id"]?.string ?? ""
            for config in [
                #""report","resource_config":{"report_id":"\#(report)"}"#, #""dashboard","resource_config":{"dashboard_id":"\#(board)"}"#,
            ] {
                let body = #"{"name":"e","resource_type":\#(config)}"#
                let made = try await app.post("/api/v1/bi/embeds", body, as: .key(limited))
                #expect(made.status == 403 && made.body == refusal, "\(made.body)")
                let id = try await app.bi("embeds", body).json()["id"]?.string ?? ""
                for answer in [
                    try await app.post("/api/v1/bi/embeds/\(id)/rotate", as: .key(limited)),
                    try await app.put("/api/v1/bi/embeds/\(id)", #"{"is_active":true}"#, as: .key(limited)),
                    try await app.put("/api/v1/bi/embeds/\(id)", #"{"resource_type":\#(config)}"#, as: .key(limited)),
                ] { #expect(answer.status == 403 && answer.body == refusal, "\(answer.body)") }
                let rotated = try await app.post("/api/v1/bi/embeds/\(id)/rotate", as: .query)
                #expect(rotated.status == 200)
            }
        }
    }

    @Test("works until its token is rotated, it is disabled or it expires", arguments: Profile.available)
    func life(profile: Profile) async throws {
        try await Traffic.run(profile, yaml: "server:\n  public_url: https://pulse.example\n") { app in
            let body =
                #"{"name":"KPI","resource_type":"visual_query","resource_config":\#(Self.visual),"allowed_origins":["https://app.example.com"],"theme":{"brand":"Acme"},"expires_at":"2026-03-03T00:00:00Z"}"#
            let made = try await app.bi("embeds", body), json = try made.json()
            #expect(made.status == 201, "\(made.body)")
            let id = json["id"]!.string!, token = json["token"]!.string!
            #expect(token.hasPrefix("pemb_") && token.count == 37 && json["token_prefix"]?.string == String(token.prefix(9)) + "...")
            #expect(json["embed_url"]?.string == "https://pulse.example/api/embed/" + token)
            let kept = try await app.get("/api/v1/bi/embeds")
            #expect(!kept.body.contains(token))
            func show(_ token: String, origin: String? = "https://app.example.com", query: String = "") async throws -> TestApp.Answer {
                try await app.get("/api/embed/" + token + query, as: .nobody, headers: origin.map { [.origin: $0] } ?? [:])
            }
            var answer = try await show(token)
            #expect(answer.status == 200, "\(answer.body)")
            let shown = try answer.json()
            #expect(shown["embed"]?["name"]?.string == "KPI" && shown["embed"]?["theme"]?["brand"]?.string == "Acme")
            #expect(
                shown["result"]?["rows"]?.elements.first?["count"]?.integer == 3 && shown["resource"]?["dataset"]?.string == "pageviews")
            #expect(answer.headers[.accessControlAllowOrigin] == "https://app.example.com")
            #expect(answer.headers[.contentSecurityPolicy] == "default-src 'none'; frame-ancestors https://app.example.com")
            #expect(answer.headers[HTTPField.Name("X-Frame-Options")!] == nil)
            // Query parameters of the public don't change what is shown.
            answer = try await show(token, query: "?limit=1&start_at=2020-01-01&end_at=2020-01-02")
            #expect(try answer.json()["result"]?["rows"]?.elements.count == 3)
            for origin in ["https://evil.example", "https://app.example.com.evil.example", "http://app.example.com", "null", nil] {
                answer = try await show(token, origin: origin)
                #expect(answer.status == 403 && answer.body.contains("This embed is not allowed on"), "\(answer.body)")
            }
            answer = try await app.get("/api/embed/" + token, as: .nobody, headers: [.referer: "https://app.example.com/page?x=1"])
            #expect(answer.status == 200)
            let used = try await app.get("/api/v1/bi/embeds/\(id)").json()
            #expect(used["access_count"]?.integer == 3 && used["last_accessed_at"]?.string != nil)
            let rotated = try await app.post("/api/v1/bi/embeds/\(id)/rotate", as: .query).json()["token"]!.string!
            let unknown = #"{"error":"Embed not found."}"#
            for wrong in [token, "pemb_" + String(repeating: "A", count: 32), "x", "%00", rotated.lowercased(), Digest.sha256(rotated)] {
                answer = try await show(wrong)
                #expect(answer.status == 404 && answer.body == unknown, "\(answer.body)")
            }
            _ = try await app.put("/api/v1/bi/embeds/\(id)", #"{"is_active":false}"#, as: .query)
            answer = try await show(rotated)
            #expect(answer.status == 404 && answer.body == unknown)
            _ = try await app.put("/api/v1/bi/embeds/\(id)", #"{"is_active":true,"allowed_origins":[]}"#, as: .query)
            answer = try await show(rotated, origin: nil)
            #expect(answer.status == 200 && answer.headers[.accessControlAllowOrigin] == "*")
            try await app.installation.directory.setModules(
                [.init(module: "bi", isEnabled: false, access: nil)], in: app.project, by: "test")
            answer = try await show(rotated)
            #expect(answer.status == 403 && answer.body == #"{"error":"Module 'bi' is not enabled for this project."}"#)
            try await app.installation.directory.setModules(
                [.init(module: "bi", isEnabled: true, access: nil)], in: app.project, by: "test")
            app.time.advance(milliseconds: 86_400_000)
            answer = try await show(rotated)
            #expect(answer.status == 404 && answer.body == unknown)
            let gone = try await app.delete("/api/v1/bi/embeds/\(id)", as: .query)
            #expect(gone.status == 204)
        }
    }

    @Test("shows metrics and saved SQL without the statement's text, and applies policies", arguments: Profile.available)
    func kinds(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            func embed(_ type: String, _ config: String) async throws -> TestApp.Answer {
                try await app.bi("embeds", #"{"name":"E","resource_type":"\#(type)","resource_config":\#(config)}"#)
            }
            let metric = try await app.bi("metrics", #"{"key":"seen","name":"Seen","dataset":"pageviews","expression":"count()"}"#).json()[
                "id"]!.string!
            let query = try await app.bi(
                "sql-queries",
                #"{"name":"Q","# + TestApp.sqlBody("SELECT count(*) AS n FROM pageviews WHERE project_id = {{project_id}}").dropFirst()
            ).json()["id"]!.string!
            _ = try await app.bi("row-policies", #"{"name":"P","dataset":"pageviews","field":"path","operator":"eq","values":["/"]}"#)
            for (type, config, column) in [
                ("metric", #"{"metric_id":"\#(metric)","start_at":"2026-03-01","end_at":"2026-03-02"}"#, "seen"),
                ("sql_query", #"{"sql_query_id":"\#(query)"}"#, "n"),
            ] {
                let made = try await embed(type, config)
                #expect(made.status == 201, "\(made.body)")
                let answer = try await app.get("/api/embed/" + made.json()["token"]!.string!, as: .nobody)
                #expect(try answer.json()["result"]?["rows"]?.elements.first?[column]?.integer == 3, "\(answer.body)")
                #expect(!answer.body.contains("SELECT"))
            }
            for (type, config, sentence) in [
                (
                    "metric", #"{"metric_id":"00000000-0000-4000-8000-000000000000"}"#,
                    "field 'resource_config.metric_id': Metric '00000000-0000-4000-8000-000000000000' not found."
                ),
                ("sql_query", "{}", "missing required field 'resource_config.sql_query_id'."),
                ("visual_query", #"{"dataset":"x","metrics":["count"]}"#, "field 'resource_config.dataset' must be one of"),
                ("pages", "{}", "field 'resource_type' must be one of 'dashboard', 'report', 'sql_query', 'visual_query', 'metric'"),
            ] {
                let refusal = try await embed(type, config)
                #expect(refusal.status == 400 && refusal.body.contains(sentence), "\(refusal.body)")
            }
            let origin = try await app.bi(
                "embeds",
                #"{"name":"E","resource_type":"visual_query","resource_config":\#(Self.visual),"allowed_origins":["https://a.example; script-src *"]}"#
            )
            #expect(origin.status == 400 && origin.body.contains("field 'allowed_origins' must contain origins such as"))
        }
    }

    @Test("an embed that couldn't be shown can't be saved, and the message names the field", arguments: Profile.available)
    func configs(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            let metric =
                try await app.bi("metrics", #"{"key":"seen","name":"Seen","dataset":"pageviews","expression":"count()"}"#).json()["id"]?
                .string ?? ""
            let query =
                try await app.bi(
                    "sql-queries",
                    #"{"name":"Q","# + TestApp.sqlBody("SELECT path, title FROM pageviews WHERE project_id = {{project_id}}").dropFirst()
                ).json()["id"]?.string ?? ""
            for (type, start) in [
                ("visual_query", #""dataset":"pageviews","metrics":["count"]"#), ("metric", #""metric_id":"\#(metric)""#),
            ] {
                for (member, sentence) in [
                    (#""start_at":"yesterday""#, "field 'resource_config.start_at' must be"),
                    (#""end_at":"2026-02-31""#, "field 'resource_config.end_at' must be"),
                    (#""start_at":"2026-03-02","end_at":"2026-03-01""#, "field 'resource_config.end_at' must be after start_at"),
                    (#""filters":{"nope":1}"#, "field 'resource_config.filters': 'nope' is not a field of pageviews"),
                    (#""filters":{"hour":"ten"}"#, "field 'resource_config.filters.hour' takes a whole number; got 'ten'."),
                    (#""filters":[]"#, "field 'resource_config.filters' must be"),
                    (#""dimensions":"path""#, "field 'resource_config.dimensions' must be an array"),
                    (#""dimensions":["duration"]"#, "field 'resource_config.dimensions': 'duration' is not a field of pageviews"),
                    (#""limit":-1"#, "field 'resource_config.limit' must be a whole number from 1 to 10000; got -1."),
                    (#""limit":"many""#, "field 'resource_config.limit' must be a whole number"),
                ] {
                    let refusal = try await app.bi(
                        "embeds", #"{"name":"E","resource_type":"\#(type)","resource_config":{\#(start),\#(member)}}"#)
                    #expect(refusal.status == 400 && refusal.body.contains(sentence), "\(type) \(member): \(refusal.body)")
                }
            }
            for limit in ["0", "10001", "true"] {
                let refusal = try await app.bi(
                    "embeds", #"{"name":"E","resource_type":"sql_query","resource_config":{"sql_query_id":"\#(query)","limit":\#(limit)}}"#)
                #expect(
                    refusal.status == 400 && refusal.body.contains("field 'resource_config.limit' must be a whole number"),
                    "\(refusal.body)")
            }
        }
    }

    @Test("errors only the owner can fix aren't shown to visitors, and the embed can still be disabled")
    func outdated() async throws {
        try await Traffic.run(.embedded) { app in
            let metric =
                try await app.bi("metrics", #"{"key":"seen","name":"Seen","dataset":"pageviews","expression":"count()"}"#).json()["id"]?
                .string ?? ""
            let config = #"{"metric_id":"\#(metric)","dimensions":["title"]}"#
            let made = try await app.bi("embeds", #"{"name":"E","resource_type":"metric","resource_config":\#(config)}"#).json()
            // Now the metric's dataset is sessions, which have no title.
            _ = try await app.put("/api/v1/bi/metrics/\(metric)", #"{"dataset":"sessions"}"#, as: .query)
            let answer = try await app.get("/api/embed/\(made["token"]?.string ?? "")", as: .nobody)
            #expect(answer.status == 400)
            #expect(
                answer.body
                    == #"{"error":"This embed can't be shown: its content has changed since it was set up. Its owner can fix it by saving it again."}"#
            )
            let path = "/api/v1/bi/embeds/\(made["id"]?.string ?? "")"
            let off = try await app.put(path, #"{"is_active":false}"#, as: .query)
            #expect(off.status == 200, "\(off.body)")
            let again = try await app.put(path, #"{"resource_type":null,"resource_config":\#(config)}"#, as: .query)
            #expect(again.body.contains("field 'resource_config.dimensions': 'title' is not a field of sessions"), "\(again.body)")
        }
    }

    private static let outdatedSentence =
        #"{"error":"This embed can't be shown: its content has changed since it was set up. Its owner can fix it by saving it again."}"#

    @Test("what an embed shows can't be deleted, and visitors don't learn why it is not shown", arguments: Profile.available)
    func inUse(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            try await app.installation.directory.setModules(
                ["segments", "dashboards"].map { .init(module: $0, isEnabled: true, access: nil) }, in: app.project, by: "test")
            func create(_ path: String, _ body: String) async throws -> String {
                let answer = try await app.post("/api/v1/" + path, body, as: .query)
                return try #require(try answer.json()["id"]?.string, "\(answer.body)")
            }
            let segment = try await app.createSegment("S", #"{"source":"pageview","field":"path","op":"eq","value":"/"}"#)
            let params = #""params":{"segment_id":"\#(segment)"}"#
            let metric = try await create("bi/metrics", #"{"key":"seen","name":"Seen","dataset":"pageviews","expression":"count()"}"#)
            let report = try await create("reports", #"{"name":"R","report_type":"pages"}"#)
            let limited = try await create("reports", #"{"name":"L","report_type":"pages",\#(params)}"#)
            let board = try await create(
                "dashboards", #"{"name":"D","widgets":[{"id":"a","report_type":"pages","x":0,"y":0,"w":1,"h":1,\#(params)}]}"#)
            func embed(_ type: String, _ config: String) async throws -> (id: String, path: String) {
                let made = try await app.bi("embeds", #"{"name":"E","resource_type":"\#(type)","resource_config":{\#(config)}}"#)
                return (try #require(try made.json()["id"]?.string, "\(made.body)"), "/api/embed/\(try made.json()["token"]?.string ?? "")")
            }
            for (type, config, path, used) in [
                ("report", #""report_id":"\#(report)""#, "reports/\(report)", "Report '\(report)'"),
                ("dashboard", #""dashboard_id":"\#(board)""#, "dashboards/\(board)", "Dashboard '\(board)'"),
                ("metric", #""metric_id":"\#(metric)""#, "bi/metrics/\(metric)", "Metric '\(metric)'"),
                ("visual_query", #""dataset":"pageviews","metrics":["seen"]"#, "bi/metrics/\(metric)", "Metric '\(metric)'"),
            ] {
                let id = try await embed(type, config).id
                let refused = try await app.delete("/api/v1/" + path, as: .query)
                #expect(refused.status == 400)
                #expect(
                    refused.body == #"{"error":"\#(used) is used by embed 'E' (\#(id)); change or delete that embed first."}"#,
                    "\(refused.body)")
                if type == "visual_query" {
                    // The query names the metric by its key.
                    let renamed = try await app.put("/api/v1/" + path, #"{"key":"viewed"}"#, as: .query)
                    #expect(renamed.status == 400 && renamed.body.contains("\(used) is used by embed 'E'"), "\(renamed.body)")
                    #expect(try await app.put("/api/v1/" + path, #"{"name":"Viewed"}"#, as: .query).status == 200)
                }
                #expect(try await app.delete("/api/v1/bi/embeds/\(id)", as: .query).status == 204)
            }

            let byReport = try await embed("report", #""report_id":"\#(report)""#)
            let bySegment = try await embed("report", #""report_id":"\#(limited)""#)
            let byBoard = try await embed("dashboard", #""dashboard_id":"\#(board)""#)
            for shown in [byReport, bySegment, byBoard] { #expect(try await app.get(shown.path, as: .nobody).status == 200) }
            _ = try await app.put("/api/v1/reports/\(report)", #"{"is_active":false}"#, as: .query)
            _ = try await app.put("/api/v1/segments/\(segment)", #"{"is_active":false}"#, as: .query)
            func check() async throws {
                for shown in [byReport, bySegment] {
                    let answer = try await app.get(shown.path, as: .nobody)
                    #expect(answer.status == 400 && answer.body == Self.outdatedSentence, "\(answer.body)")
                }
                let answer = try await app.get(byBoard.path, as: .nobody).json()["result"]?["widgets"]?["a"]?["error"]?.string
                #expect(answer == "This widget can't be shown; its owner can fix it.")
            }
            try await check()
            // The same once they are gone, as they may be in a store that an earlier version wrote.
            let control = app.installation.engines.control
            try await control.write("DELETE FROM dashboards_report WHERE id = \(report)")
            try await control.write("DELETE FROM segments_definition WHERE id = \(segment)")
            // A change makes the host read the segments again.
            _ = try await app.createSegment("T", #"{"source":"pageview","field":"path","op":"eq","value":"/"}"#)
            try await check()

            let inactive = try await create("reports", #"{"name":"I","report_type":"pages","is_active":false}"#)
            let refused = try await app.bi(
                "embeds", #"{"name":"E","resource_type":"report","resource_config":{"report_id":"\#(inactive)"}}"#)
            #expect(refused.status == 400)
            #expect(
                refused.body
                    == #"{"error":"Invalid request body: field 'resource_config': Report '\#(inactive)' is not active; set its 'is_active' to true to use it."}"#
            )
        }
    }

    @Test("reports and dashboards are shown as saved, without what policies forbid", arguments: Profile.available)
    func saved(profile: Profile) async throws {
        let modules = try ProbeModule.withLoadedModules().filter { $0.name != "dashboards" } + [DashboardsStandIn()]
        try await TestApp.run(profile, modules: modules) { app in
            for event in Traffic.events { try await app.collect(event) }
            let report = try await app.post(
                "/api/v1/reports", #"{"name":"Pages","report_type":"pages","params":{"start_at":"2026-03-01","end_at":"2026-03-02"}}"#,
                as: .query
            ).json()["id"]!.string!
            let widget =
                #"{"id":"w","report_type":"pages","x":0,"y":0,"w":1,"h":1,"params":{"start_at":"2026-03-01","end_at":"2026-03-02"}}"#
            let reversed = #"{"id":"r","report_type":"pages","x":0,"y":1,"w":1,"h":1,"params":{"start_at":"2026-03-02T12:30:00Z"}}"#
            // Saved an hour later, so the range's start is before its end.
            app.time.advance(seconds: 3_600)
            let dashboard = try await app.post("/api/v1/dashboards", #"{"name":"D","widgets":[\#(widget),\#(reversed)]}"#, as: .query)
                .json()["id"]!.string!
            app.time.advance(seconds: -3_600)
            _ = try await app.bi(
                "row-policies", #"{"name":"P","dataset":"pageviews","field":"path","operator":"neq","values":["/pricing"]}"#)
            for (type, config) in [("report", #"{"report_id":"\#(report)"}"#), ("dashboard", #"{"dashboard_id":"\#(dashboard)"}"#)] {
                let made = try await app.bi("embeds", #"{"name":"E","resource_type":"\#(type)","resource_config":\#(config)}"#)
                #expect(made.status == 201, "\(made.body)")
                // The public can't change the saved report's parameters.
                let token = try made.json()["token"]!.string!
                let answer = try await app.get(
                    "/api/embed/\(token)?start_at=2020-01-01&end_at=2020-01-02&filter=path:/nothing", as: .nobody)
                let result = try answer.json()["result"], data = type == "report" ? result?["data"] : result?["widgets"]?["w"]?["data"]
                #expect(data?.elements.compactMap { $0["path"]?.string }.sorted() == ["/", "/docs"], "\(answer.body)")
                // A visitor can't fix a range that ends before it begins.
                #expect(!answer.body.contains("query parameter"), "\(answer.body)")
                if type == "dashboard" {
                    #expect(result?["widgets"]?["r"]?["error"]?.string == "This widget can't be shown; its owner can fix it.")
                }
            }
        }
    }

    @Test(
        "a segment excludes what policies forbid", arguments: Profile.available,
        [
            #"{"source":"pageview","field":"path","op":"eq","value":"/pricing"}"#,
            #"{"source":"pageview","field":"path","op":"eq","value":"/pricing","count":{"op":"gte","value":1}}"#,
            #"{"source":"sequence","steps":[{"path":"/"},{"path":"/pricing"}]}"#,
            #"{"source":"session","field":"exit_page","op":"eq","value":"/pricing"}"#,
            #"{"source":"session","field":"pageviews","op":"gte","value":2}"#,
            #"{"source":"metric","field":"pageviews","op":"gte","value":3}"#,
        ])
    func segments(profile: Profile, condition: String) async throws {
        try await forbid(on: profile) { app in #""segment_id":"\#(try await app.createSegment("S", condition))""# }
    }

    @Test("entry and exit pages exclude what policies forbid", arguments: Profile.available)
    func exitPages(profile: Profile) async throws { try await forbid(on: profile) { _ in #""filter":"exit_page:/pricing""# } }

    /// A report with `parameter` shows pages of visitors who were at `/pricing`, and nothing once a policy forbids that page.
    private func forbid(on profile: Profile, showing parameter: @escaping @Sendable (TestApp) async throws -> String) async throws {
        let modules = try ProbeModule.withLoadedModules().filter { $0.name != "dashboards" } + [DashboardsStandIn()]
        try await TestApp.run(profile, modules: modules) { app in
            for event in Traffic.events { try await app.collect(event) }
            let params = #"{"start_at":"2026-03-01","end_at":"2026-03-02",\#(try await parameter(app))}"#
            let report =
                try await app.post(
                    "/api/v1/reports", #"{"name":"Pages","report_type":"pages","params":\#(params)}"#, as: .query
                ).json()["id"]?.string ?? ""
            let body = #"{"name":"E","resource_type":"report","resource_config":{"report_id":"\#(report)"}}"#
            let token = try await app.bi("embeds", body).json()["token"]?.string ?? ""
            func paths() async throws -> [String] {
                let answer = try await app.get("/api/embed/\(token)", as: .nobody)
                return try answer.json()["result"]?["data"]?.elements.compactMap { $0["path"]?.string } ?? [answer.body]
            }
            let before = try await paths()
            #expect(before.contains("/pricing"), "\(before)")
            _ = try await app.bi(
                "row-policies", #"{"name":"P","dataset":"pageviews","field":"path","operator":"neq","values":["/pricing"]}"#)
            let after = try await paths()
            #expect(after.isEmpty, "\(after)")
        }
    }
}

/// Stores reports and dashboards like the module of the same name.
struct DashboardsStandIn: AnalyticsModule {
    static let manifest = ModuleManifest(name: "dashboards", category: .analysis, summaries: ["en": "For tests."])
    init() {}
    init(_ setup: ModuleSetup) throws {}

    var migrations: [Migration] {
        [Migration("001-create", on: .control, [SavedReport.resource.creation, Dashboard.resource.creation])]
    }
    var routes: [Route] { SavedReport.resource.routes + Dashboard.resource.routes }
    var definitionKinds: [DefinitionKind] {
        [SavedReport.resource.referable(as: "report"), Dashboard.resource.referable(as: "dashboard")]
    }
}

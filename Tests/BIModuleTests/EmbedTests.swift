import Core
@testable import Host
import TestSupport
import Testing

@Suite("Embeds")
struct EmbedTests {
    static let visual = #"{"dataset":"pageviews","dimensions":["path"],"metrics":["count"],"limit":25,"start_at":"2026-03-01","end_at":"2026-03-02"}"#

    @Test("lives from its token to its end", arguments: Profile.available)
    func life(profile: Profile) async throws {
        try await Traffic.run(profile, yaml: "server:\n  public_url: https://pulse.example\n") { app in
            let body = #"{"name":"KPI","resource_type":"visual_query","resource_config":\#(Self.visual),"allowed_origins":["https://app.example.com"],"theme":{"brand":"Acme"},"expires_at":"2026-03-03T00:00:00Z"}"#
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
            #expect(shown["result"]?["rows"]?.elements.first?["count"]?.integer == 3 && shown["resource"]?["dataset"]?.string == "pageviews")
            #expect(answer.headers[.accessControlAllowOrigin] == "https://app.example.com")
            #expect(answer.headers[.contentSecurityPolicy] == "default-src 'none'; frame-ancestors https://app.example.com")
            #expect(answer.headers[HTTPField.Name("X-Frame-Options")!] == nil)
            // The public changes nothing of what is shown.
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
            try await app.installation.directory.setModules([.init(module: "bi", isEnabled: false, access: nil)], in: app.project, by: "test")
            answer = try await show(rotated)
            #expect(answer.status == 403 && answer.body == #"{"error":"Module 'bi' is not enabled for this project."}"#)
            try await app.installation.directory.setModules([.init(module: "bi", isEnabled: true, access: nil)], in: app.project, by: "test")
            app.time.advance(milliseconds: 86_400_000)
            answer = try await show(rotated)
            #expect(answer.status == 404 && answer.body == unknown)
            let gone = try await app.delete("/api/v1/bi/embeds/\(id)", as: .query)
            #expect(gone.status == 204)
        }
    }

    @Test("metrics and saved SQL are shown, without the statement's text; policies hold", arguments: Profile.available)
    func kinds(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            func embed(_ type: String, _ config: String) async throws -> TestApp.Answer {
                try await app.bi("embeds", #"{"name":"E","resource_type":"\#(type)","resource_config":\#(config)}"#)
            }
            let metric = try await app.bi("metrics", #"{"key":"seen","name":"Seen","dataset":"pageviews","expression":"count()"}"#).json()["id"]!.string!
            let query = try await app.bi(
                "sql-queries", #"{"name":"Q","# + TestApp.sqlBody("SELECT count(*) AS n FROM pageviews WHERE project_id = {{project_id}}").dropFirst()
            ).json()["id"]!.string!
            _ = try await app.bi("row-policies", #"{"name":"P","dataset":"pageviews","field":"path","operator":"eq","values":["/"]}"#)
            for (type, config, column) in [
                ("metric", #"{"metric_id":"\#(metric)","start_at":"2026-03-01","end_at":"2026-03-02"}"#, "seen"), ("sql_query", #"{"sql_query_id":"\#(query)"}"#, "n"),
            ] {
                let made = try await embed(type, config)
                #expect(made.status == 201, "\(made.body)")
                let answer = try await app.get("/api/embed/" + made.json()["token"]!.string!, as: .nobody)
                #expect(try answer.json()["result"]?["rows"]?.elements.first?[column]?.integer == 3, "\(answer.body)")
                #expect(!answer.body.contains("SELECT"))
            }
            for (type, config, sentence) in [
                ("metric", #"{"metric_id":"00000000-0000-4000-8000-000000000000"}"#, "field 'resource_config': Metric '00000000-0000-4000-8000-000000000000' not found."),
                ("sql_query", "{}", "field 'resource_config': 'sql_query_id' must be the id of what is shown."),
                ("visual_query", #"{"dataset":"x","metrics":["count"]}"#, "field 'resource_config': field 'dataset' must be one of"),
                ("pages", "{}", "field 'resource_type' must be one of 'dashboard', 'report', 'sql_query', 'visual_query', 'metric'"),
            ] {
                let refusal = try await embed(type, config)
                #expect(refusal.status == 400 && refusal.body.contains(sentence), "\(refusal.body)")
            }
            let origin = try await app.bi(
                "embeds", #"{"name":"E","resource_type":"visual_query","resource_config":\#(Self.visual),"allowed_origins":["https://a.example; script-src *"]}"#)
            #expect(origin.status == 400 && origin.body.contains("field 'allowed_origins' holds origins such as"))
        }
    }

    @Test("reports and dashboards are shown as they were saved, less what policies forbid", arguments: Profile.available)
    func saved(profile: Profile) async throws {
        let modules = try ProbeModule.besideBinary().filter { $0.name != "dashboards" } + [DashboardsStandIn()]
        try await TestApp.run(profile, modules: modules) { app in
            for event in Traffic.events { try await app.collect(event) }
            let report = try await app.post(
                "/api/v1/reports", #"{"name":"Pages","report_type":"pages","params":{"start_at":"2026-03-01","end_at":"2026-03-02"}}"#, as: .query
            ).json()["id"]!.string!
            let widget = #"{"id":"w","report_type":"pages","x":0,"y":0,"w":1,"h":1,"params":{"start_at":"2026-03-01","end_at":"2026-03-02"}}"#
            let dashboard = try await app.post("/api/v1/dashboards", #"{"name":"D","widgets":[\#(widget)]}"#, as: .query).json()["id"]!.string!
            _ = try await app.bi("row-policies", #"{"name":"P","dataset":"pageviews","field":"path","operator":"neq","values":["/pricing"]}"#)
            for (type, config) in [("report", #"{"report_id":"\#(report)"}"#), ("dashboard", #"{"dashboard_id":"\#(dashboard)"}"#)] {
                let made = try await app.bi("embeds", #"{"name":"E","resource_type":"\#(type)","resource_config":\#(config)}"#)
                #expect(made.status == 201, "\(made.body)")
                // What the saved report says is not the public's to change.
                let token = try made.json()["token"]!.string!
                let answer = try await app.get("/api/embed/\(token)?start_at=2020-01-01&end_at=2020-01-02&filter=path:/nothing", as: .nobody)
                let result = try answer.json()["result"], data = type == "report" ? result?["data"] : result?["widgets"]?["w"]?["data"]
                #expect(data?.elements.compactMap { $0["path"]?.string }.sorted() == ["/", "/docs"], "\(answer.body)")
            }
        }
    }

    @Test("a segment is told without what policies forbid", arguments: Profile.available, [
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

    @Test("entry and exit pages are told without what policies forbid", arguments: Profile.available)
    func exitPages(profile: Profile) async throws { try await forbid(on: profile) { _ in #""filter":"exit_page:/pricing""# } }

    /// A report with `parameter` shows pages of who was at `/pricing`, and nothing more once that is forbidden.
    private func forbid(on profile: Profile, showing parameter: @escaping @Sendable (TestApp) async throws -> String) async throws {
        let modules = try ProbeModule.besideBinary().filter { $0.name != "dashboards" } + [DashboardsStandIn()]
        try await TestApp.run(profile, modules: modules) { app in
            for event in Traffic.events { try await app.collect(event) }
            let params = #"{"start_at":"2026-03-01","end_at":"2026-03-02",\#(try await parameter(app))}"#
            let report = try await app.post(
                "/api/v1/reports", #"{"name":"Pages","report_type":"pages","params":\#(params)}"#, as: .query).json()["id"]?.string ?? ""
            let body = #"{"name":"E","resource_type":"report","resource_config":{"report_id":"\#(report)"}}"#
            let token = try await app.bi("embeds", body).json()["token"]?.string ?? ""
            func paths() async throws -> [String] {
                let answer = try await app.get("/api/embed/\(token)", as: .nobody)
                return try answer.json()["result"]?["data"]?.elements.compactMap { $0["path"]?.string } ?? [answer.body]
            }
            let before = try await paths()
            #expect(before.contains("/pricing"), "\(before)")
            _ = try await app.bi("row-policies", #"{"name":"P","dataset":"pageviews","field":"path","operator":"neq","values":["/pricing"]}"#)
            let after = try await paths()
            #expect(after.isEmpty, "\(after)")
        }
    }
}

/// Keeps reports and dashboards, as the module of that name does.
struct DashboardsStandIn: AnalyticsModule {
    static let manifest = ModuleManifest(name: "dashboards", category: .analysis, summary: "For tests.")
    init() {}
    init(_ setup: ModuleSetup) throws {}

    var migrations: [Migration] {
        [Migration("001-create", on: .control, [SavedReport.resource.creation, Dashboard.resource.creation])]
    }
    var routes: [Route] { SavedReport.resource.routes + Dashboard.resource.routes }
}

import Access
import Common
import DashboardsModule
import ErrorTrackingModule
import IdentityModule
import RevenueModule
import SegmentsModule
import Testing
import TestSupport
import UtmModule

@Suite(
    "Dashboards and saved reports",
    .modules(DashboardsModule.self, ErrorTrackingModule.self, IdentityModule.self, RevenueModule.self, SegmentsModule.self, UtmModule.self))
struct DashboardTests {
    private static let views = ["/", "/", "/docs"].enumerated().map { index, path in
        #"{"type":"pageview","path":"\#(path)","visitor_id":"v\#(index)","timestamp":"2026-03-01T10:00:00Z"}"#
    }

    @Test("at most one dashboard is the default, and all widgets return data", arguments: Profile.available)
    func dashboards(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect("[\(Self.views.joined(separator: ","))]")
            func make(_ name: String) async throws -> String {
                let widgets =
                    #"[{"id":"a","report_type":"pages","x":0,"y":0,"w":6,"h":4,"params":{"limit":1,"start_at":"2026-03-01"}},{"id":"b","report_type":"campaigns","x":6,"y":0,"w":6,"h":4}]"#
                let answer = try await app.post(
                    "/api/v1/dashboards", #"{"name":"\#(name)","layout":{"columns":12},"widgets":\#(widgets),"is_default":true}"#,
                    as: .query)
                #expect(answer.status == 201, "\(answer.body)")
                return try answer.json()["id"]?.string ?? ""
            }
            let first = try await make("First")
            app.time.advance(seconds: 1)
            let second = try await make("Second")
            let defaults = try await app.get("/api/v1/dashboards").json()["data"]?.elements.map { $0["is_default"]?.boolean }
            #expect(defaults == [false, true])
            let run = try await app.post("/api/v1/dashboards/\(first)/run", as: .query).json()["widgets"]
            #expect(run?["a"]?["data"]?.elements.first?["path"]?.string == "/")
            #expect(run?["a"]?["total"]?.integer == 2)
            #expect(run?["b"]?["data"]?.elements.isEmpty == true)
            // Disabling another module affects only its widget.
            _ = try await app.post("/api/admin/projects/\(app.project.id)/modules/utm/disable", as: .token)
            let without = try await app.post("/api/v1/dashboards/\(second)/run", as: .query).json()["widgets"]
            #expect(without?["b"]?["error"]?.string == "Module 'utm' is not enabled for this project.")
        }
    }

    @Test(
        "definitions that can't work are rejected",
        arguments: [
            (
                #""widgets":[{"id":"a","report_type":"weather","x":0,"y":0,"w":1,"h":1}]"#,
                "field 'widgets[0].report_type' must be one of 'stats', 'timeseries', 'pages', 'referrers', 'events', 'devices', 'geo', 'campaigns'; got 'weather'."
            ),
            (
                #""layout":{"columns":12},"widgets":[{"id":"a","report_type":"pages","x":10,"y":0,"w":3,"h":1}]"#,
                "field 'widgets[0]' ends at column 13; the layout has 12."
            ),
            (
                #""widgets":[{"id":"a","report_type":"pages","x":0,"y":0,"w":1,"h":1},{"id":"a","report_type":"pages","x":0,"y":0,"w":1,"h":1}]"#,
                "field 'widgets[1].id' is 'a', which another widget already has."
            ),
            (
                #""widgets":[{"id":"a","report_type":"pages","x":0,"y":0,"w":0,"h":1}]"#,
                "field 'widgets[0].w' must be a whole number from 1 to 1000; got 0."
            ),
            (
                #""widgets":[{"id":"a","report_type":"pages","x":0,"y":0,"w":1,"h":1,"params":{"limit":0}}]"#,
                "field 'widgets[0].params.limit' must be a whole number from 1 to 1000; got '0'."
            ),
            (
                #""widgets":[{"id":"a","report_type":"pages","x":0,"y":0,"w":1,"h":1,"params":{"timezone":"X/Y"}}]"#,
                "field 'widgets[0].params': Invalid query parameter 'timezone': must be an IANA name such as Europe/Berlin; got 'X/Y'."
            ),
        ])
    func refusals(fields: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.post("/api/v1/dashboards", #"{"name":"d",\#(fields)}"#, as: .query)
            #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
        }
    }

    @Test("concurrent changes leave exactly one default dashboard", arguments: Profile.available)
    func oneDefault(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await app.post("/api/v1/dashboards", #"{"name":"\#(number)","widgets":[],"is_default":true}"#, as: .query)
                            .status
                    }
                }
                for try await status in group { #expect(status == 201) }
            }
            let defaults = try await app.get("/api/v1/dashboards?limit=20").json()["data"]?.elements.filter {
                $0["is_default"]?.boolean == true
            }
            #expect(defaults?.count == 1)
        }
    }

    @Test(
        "parameters that the report doesn't accept are rejected when saved",
        arguments: [
            (#"{"timezone":"X/Y"}"#, "Invalid query parameter 'timezone': must be an IANA name such as Europe/Berlin; got 'X/Y'."),
            (
                #"{"start_at":"2026-11-02","end_at":"2026-10-01"}"#,
                "Invalid query parameter 'end_at': must be after start_at; got 2026-11-02T00:00:00Z to 2026-10-02T00:00:00Z."
            ),
            (#"{"segment_id":"00000000-0000-0000-0000-000000000000"}"#, "Segment '00000000-0000-0000-0000-000000000000' not found."),
        ])
    func parameters(params: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.post("/api/v1/reports", #"{"name":"r","report_type":"pages","params":\#(params)}"#, as: .query)
            #expect(answer.body == #"{"error":"Invalid request body: field 'params': \#(sentence)"}"#)
            let filter = try await app.post("/api/v1/reports", #"{"name":"r","report_type":"pages","params":{"filter":"zzz"}}"#, as: .query)
            #expect(filter.status == 400 && filter.body.contains("field 'params': Invalid query parameter 'filter'"), "\(filter.body)")
        }
    }

    @Test("administrators can see the statements behind everything computed")
    func explained() async throws {
        try await TestApp.run { app in
            try await app.collect("[\(Self.views.joined(separator: ","))]")
            let report =
                try await app.post("/api/v1/reports", #"{"name":"Top","report_type":"pages"}"#, as: .query).json()["id"]?.string ?? ""
            for (path, body) in [
                ("reports/\(report)/run", ""), ("explorer/run", #"{"report_type":"pages"}"#), ("insights/activation", #"{"paths":["/"]}"#),
                ("insights/activation/drill", #"{"paths":["/"]}"#),
                ("insights/impact", #"{"metric":"visitors","split_at":"2026-03-01T12:00:00Z","window_days":3}"#),
            ] {
                let refused = try await app.post("/api/v1/\(path)?explain=sql", body, as: .query)
                #expect(refused.body == #"{"error":"API key does not have the required 'admin' scope for 'explain'."}"#, "\(path)")
                let plain = try await app.post("/api/v1/\(path)", body, as: .admin),
                    explained = try await app.post("/api/v1/\(path)?explain=sql", body, as: .admin)
                #expect(plain.status == 200, "\(plain.body)")
                let statements = try explained.json()["statements"]?.elements ?? []
                #expect(
                    statements.first?["sql"]?.string?.contains("/* ") == true && statements.first?["values"] != nil, "\(explained.body)")
                #expect(try plain.json()["statements"] == nil)
            }
        }
    }

    @Test("a saved report runs with its own range or the request's", arguments: Profile.available)
    func reports(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect("[\(Self.views.joined(separator: ","))]")
            let made = try await app.post(
                "/api/v1/reports",
                #"{"name":"Top","report_type":"pages","params":{"start_at":"2026-03-01","end_at":"2026-03-01","limit":1}}"#, as: .query)
            let id = try made.json()["id"]?.string ?? ""
            let report =
                #"{"created_at":"2026-03-02T12:00:00Z","id":"\#(id)","is_active":true,"name":"Top","params":{"end_at":"2026-03-01","limit":1,"start_at":"2026-03-01"},"report_type":"pages","updated_at":"2026-03-02T12:00:00Z","visualization":"table"}"#
            let page = #"{"avg_duration":0,"path":"/","unique_views":2,"views":2}"#
            let run = try await app.post("/api/v1/reports/\(id)/run", as: .query)
            #expect(run.body == #"{"report":\#(report),"result":{"data":[\#(page)],"total":2}}"#)
            let other = try await app.post("/api/v1/reports/\(id)/run?start_at=2026-02-01&end_at=2026-02-02", as: .query)
            #expect(other.body == #"{"report":\#(report),"result":{"data":[],"total":0}}"#)
            let wide = try await app.post("/api/v1/reports/\(id)/run?limit=-1", as: .query)
            #expect(wide.status == 400)
            #expect(wide.body == #"{"error":"Invalid query parameter 'limit': must be a whole number from 1 to 1000; got '-1'."}"#)
        }
    }

    @Test("a report that is not active doesn't run", arguments: Profile.available)
    func inactive(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let id = try #require(
                try await app.post("/api/v1/reports", #"{"name":"R","report_type":"pages","is_active":false}"#, as: .query).json()["id"]?
                    .string)
            let refused = try await app.post("/api/v1/reports/\(id)/run", as: .query)
            #expect(refused.status == 400)
            #expect(refused.body == #"{"error":"Report '\#(id)' is not active; set its 'is_active' to true to use it."}"#)
            #expect(try await app.get("/api/v1/reports/\(id)").status == 200)
            _ = try await app.put("/api/v1/reports/\(id)", #"{"is_active":true}"#, as: .query)
            #expect(try await app.post("/api/v1/reports/\(id)/run", as: .query).status == 200)
        }
    }

    @Test("a segment stays while a report or widget is limited to it", arguments: Profile.available)
    func segments(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let segment = try await app.createSegment("S", #"{"source":"pageview","field":"path","op":"eq","value":"/"}"#)
            func create(_ path: String, _ body: String) async throws -> String {
                let answer = try await app.post("/api/v1/" + path, body, as: .query)
                return try #require(try answer.json()["id"]?.string, "\(answer.body)")
            }
            let report = try await create("reports", #"{"name":"R","report_type":"pages","params":{"segment_id":"\#(segment)"}}"#)
            // With a prefix, as requests may write ids.
            let params = #""params":{"segment_id":"seg-\#(segment.uppercased())"}"#
            let widget = #"{"id":"a","report_type":"pages","x":0,"y":0,"w":1,"h":1,\#(params)}"#
            let board = try await create("dashboards", #"{"name":"D","widgets":[\#(widget)]}"#)
            func refusal(_ noun: String, _ name: String, _ id: String) -> String {
                #"{"error":"Segment '\#(segment)' is used by \#(noun) '\#(name)' (\#(id)); change or delete that \#(noun) first."}"#
            }
            func deleted() async throws -> TestApp.Answer { try await app.delete("/api/v1/segments/\(segment)", as: .query) }
            // Named, whichever of the two is found first.
            let both = try await deleted()
            #expect(both.status == 400 && [refusal("report", "R", report), refusal("dashboard", "D", board)].contains(both.body))
            _ = try await app.put("/api/v1/reports/\(report)", #"{"params":{}}"#, as: .query)
            #expect(try await deleted().body == refusal("dashboard", "D", board))
            #expect(try await app.post("/api/v1/dashboards/\(board)/run", as: .query).json()["widgets"]?["a"]?["data"] != nil)

            // A widget that no longer works doesn't stop a change of others; a new one must work.
            _ = try await app.put("/api/v1/segments/\(segment)", #"{"is_active":false}"#, as: .query)
            let added = #"{"id":"b","report_type":"pages","x":1,"y":0,"w":1,"h":1}"#
            #expect(try await app.put("/api/v1/dashboards/\(board)", #"{"widgets":[\#(widget),\#(added)]}"#, as: .query).status == 200)
            let copy = #"{"id":"c","report_type":"referrers","x":2,"y":0,"w":1,"h":1,\#(params)}"#
            let stopped = try await app.put("/api/v1/dashboards/\(board)", #"{"widgets":[\#(widget),\#(copy)]}"#, as: .query)
            #expect(stopped.status == 400 && stopped.body.contains("field 'widgets[1].params': Segment "), "\(stopped.body)")
            #expect(stopped.body.contains("is not active"), "\(stopped.body)")

            #expect(try await app.put("/api/v1/dashboards/\(board)", #"{"widgets":[\#(added)]}"#, as: .query).status == 200)
            #expect(try await deleted().status == 204)
        }
    }

    @Test("the explorer runs reports by name and keeps a history", arguments: Profile.available)
    func explorer(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect("[\(Self.views.joined(separator: ","))]")
            let run = try await app.post("/api/v1/explorer/run", #"{"report_type":"pages","start_at":"2026-03-01"}"#, as: .query).json()
            #expect(run["summary"]?.string == "Returned 2 page rows.")
            #expect(run["run"]?["row_count"]?.integer == 2)
            app.time.advance(seconds: 1)
            _ = try await app.post("/api/v1/explorer/run", #"{"report_type":"campaigns"}"#, as: .query)
            let runs = try await app.get("/api/v1/explorer/runs").json()["data"]?.elements ?? []
            #expect(runs.map { $0["report_type"]?.string } == ["campaigns", "pages"])
            #expect(runs.map { $0["row_count"]?.integer } == [0, 2])
        }
    }
}

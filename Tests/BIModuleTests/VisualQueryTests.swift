import AllModules
import BIModule
import Core
import Testing
import TestSupport

@Suite("Metrics, visual queries and drill-through", .modules(.all))
struct VisualQueryTests {
    @Test("returns dimensions and built-in metrics, sorted by the first metric", arguments: Profile.available)
    func visual(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            var answer = try await app.rows(
                "visual-query", #"{"dataset":"pageviews","dimensions":["path"],"metrics":["count","visitors"],\#(Traffic.range)}"#)
            #expect(answer == "path,count,visitors\n\"/\",3,2\n\"/pricing\",2,2\n\"/docs\",1,1")
            answer = try await app.rows(
                "visual-query",
                #"{"dataset":"events","dimensions":["event_name"],"metrics":["events"],"filters":{"path":["/","/docs"]},\#(Traffic.range)}"#
            )
            #expect(answer == "event_name,events\n\"signup\",1")
            answer = try await app.rows(
                "visual-query", #"{"dataset":"sessions","metrics":["sessions","bounces","bounce_rate","avg_duration"],\#(Traffic.range)}"#)
            // ada 6 min, bob 1 min, cy 0, ada 1 min, di 0.
            #expect(answer == "sessions,bounces,bounce_rate,avg_duration\n5,4,80,96")
            answer = try await app.rows(
                "visual-query",
                #"{"dataset":"daily_stats","dimensions":["date"],"metrics":["visitors","pageviews","sessions","events"],\#(Traffic.range)}"#
            )
            #expect(answer == "date,visitors,pageviews,sessions,events\n\"2026-03-01\",3,4,3,2\n\"2026-03-02\",2,2,2,1")
            answer = try await app.rows(
                "visual-query", #"{"dataset":"pageviews","metrics":["count"],"start_at":"2027-01-01","end_at":"2027-01-02"}"#)
            #expect(answer == "count\n0")
            // In Auckland the 2nd begins on the 1st at 11:00 UTC and ends 24 hours later.
            answer = try await app.rows(
                "visual-query",
                #"{"dataset":"pageviews","metrics":["count"],"start_at":"2026-03-02","end_at":"2026-03-02","timezone":"Pacific/Auckland"}"#)
            #expect(answer == "count\n4")
            let refused = try await app.bi("visual-query", #"{"dataset":"pageviews","metrics":["count"],"timezone":"X/Y"}"#)
            #expect(
                refused.body
                    == #"{"error":"Invalid request body: field 'timezone' must be an IANA name such as Europe/Berlin; got 'X/Y'."}"#)
        }
    }

    @Test("metrics may use other metrics, and division by zero is null", arguments: Profile.available)
    func metrics(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            func make(_ key: String, _ dataset: String, _ expression: String) async throws -> String {
                let answer = try await app.bi(
                    "metrics", #"{"key":"\#(key)","name":"N","dataset":"\#(dataset)","expression":"\#(expression)"}"#)
                return answer.status == 201 ? "made" : answer.body
            }
            var made = try await make("views", "sessions", "sum(pageviews)")
            #expect(made == "made")
            made = try await make("people", "sessions", "count_distinct(visitor_id)")
            #expect(made == "made")
            made = try await make("depth", "sessions", "views / (people + 0.0)")
            #expect(made == "made")
            made = try await make("nothing", "sessions", "depth / (people - people) * -1")
            #expect(made == "made")
            let answer = try await app.rows(
                "visual-query", #"{"dataset":"sessions","dimensions":["date"],"metrics":["depth","nothing","people"],\#(Traffic.range)}"#)
            #expect(answer == "date,depth,nothing,people\n\"2026-03-01\",1.3333333333333333,null,3\n\"2026-03-02\",1,null,2")
            for (expression, sentence) in [
                ("again / count()", "the metric 'again' refers to itself: again -> again."),
                ("sum(country)", "field 'expression': sum() takes a number; 'country' is text."),
                ("count(nope)", "field 'expression': sessions has no column 'nope'; accepted are occurred_at"),
                ("unknown + 1", "sessions has no metric 'unknown'; accepted are count, sessions"),
                (
                    "pg_sleep(10)",
                    "field 'expression': 'pg_sleep' is not accepted here; the functions are avg, count, count_distinct, max, min, sum."
                ),
                ("count(); drop", "field 'expression', line 1, column 8: ';' is not accepted"),
                ("'a'", "field 'expression' accepts count()"),
                ("sum(pageviews", "field 'expression', line 1, column 14: expected ')'; got the end."),
                ("(SELECT 1)", "field 'expression', line 1, column 1: a subquery is accepted"),
                ("sum(pageviews) FILTER (WHERE true)", "field 'expression': 'sum' is not accepted here"),
            ] {
                let refusal = try await make("again", "sessions", expression)
                #expect(refusal.hasPrefix(#"{"error":"Invalid request body: \#(sentence)"#), "\(expression): \(refusal)")
            }
            for expression in ["count() / 0", "1 + count() / (2 - 2)", "count() / (0 * sum(pageviews))", "depth / -0.0"] {
                made = try await make("again", "sessions", expression)
                #expect(made.contains("field 'expression' always divides by zero"), "\(expression): \(made)")
            }
            made = try await make("duration", "sessions", "1")
            #expect(made.contains("field 'key': 'duration' is a column of sessions"))
            made = try await make("count", "sessions", "1")
            #expect(made.contains("'count' is the name of a function."))
            made = try await make("views", "sessions", "1")
            #expect(made.contains("already exists"))
            made = try await make("x", "nothing", "1")
            #expect(made.contains("field 'dataset' must be one of 'pageviews', 'events', 'sessions', 'daily_stats'"))
            // A change that would create a cycle.
            let list = try await app.get("/api/v1/bi/metrics").json()["data"]!.elements
            let id = try #require(list.first { $0["key"]?.string == "views" }?["id"]?.string)
            let changed = try await app.put("/api/v1/bi/metrics/\(id)", #"{"expression":"depth * 2"}"#, as: .query)
            #expect(changed.body.contains("refers to itself: views -> depth -> views."))
        }
    }

    @Test("drill-through returns the rows behind a number, without visitors", arguments: Profile.available)
    func drill(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            let answer = try await app.bi(
                "drill-through", #"{"dataset":"events","filters":{"event_name":"signup","path":["/pricing","/docs"]},\#(Traffic.range)}"#)
            let json = try answer.json(), row = try #require(json["rows"]?.elements.first)
            #expect(json["rows"]?.elements.count == 1)
            #expect(
                row["occurred_at"]?.string == "2026-03-01T10:06:00.000Z" && row["week"]?.string == "2026-02-23"
                    && row["month"]?.string == "2026-03")
            #expect(
                row["event_name"]?.string == "signup" && row["visitor_id"] == nil && row["project_id"] == nil && row["hour"]?.integer == 10)
            #expect(json["run"]?["query_type"]?.string == "drill_through" && json["run"]?["row_count"]?.integer == 1)
            for (body, sentence) in [
                (#"{"dataset":"core_activity"}"#, "field 'dataset' must be one of"),
                (#"{"dataset":"events","filters":{"visitor_id":"x"}}"#, "field 'filters': 'visitor_id' is not a field of events"),
                (#"{"dataset":"events","filters":{"hour":"ten"}}"#, "field 'filters.hour' takes a whole number; got 'ten'."),
                (#"{"dataset":"events","filters":{"path":[]}}"#, "field 'filters.path' takes 1 to 100 values; got 0."),
                (#"{"dataset":"events","limit":10001}"#, "field 'limit' must be a whole number from 1 to 10000; got 10001."),
                (#"{"dataset":"events","start_at":"2026-03-02","end_at":"2026-03-01"}"#, "field 'end_at' must be after start_at"),
            ] {
                let refusal = try await app.bi("drill-through", body)
                #expect(refusal.status == 400 && refusal.body.contains(sentence), "\(body): \(refusal.body)")
            }
            let runs = try await app.get("/api/v1/bi/query-runs").json()["data"]!.elements
            // A body that the schema rejects isn't recorded as a run.
            #expect(runs.count == 6)
            #expect(runs.count { $0["status"]?.string == "error" && $0["error"]?.string?.isEmpty == false } == 5)
        }
    }

    @Test("no BI query bypasses a policy", arguments: Profile.available)
    func policies(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            let made = try await app.bi(
                "row-policies", #"{"name":"German","dataset":"pageviews","field":"language","operator":"in","values":["de"]}"#)
            #expect(made.status == 201)
            let id = try made.json()["id"]!.string!
            let visual = #"{"dataset":"pageviews","dimensions":["path"],"metrics":["count"],\#(Traffic.range)}"#
            var answer = try await app.rows("visual-query", visual)
            #expect(answer == "path,count\n\"/\",2\n\"/pricing\",1")
            answer = try await app.sql("SELECT count(*) AS n FROM pageviews WHERE project_id = {{project_id}} OR TRUE")
            #expect(answer == "n\n3")
            answer = try await app.sql("SELECT sum(pageviews) AS n FROM sessions WHERE project_id = {{project_id}}")
            #expect(answer == "n\n3")
            answer = try await app.sql("SELECT sum(pageviews) AS n FROM daily_stats WHERE project_id = {{project_id}}")
            #expect(answer == "n\n3")
            let drill = try await app.bi("drill-through", #"{"dataset":"pageviews",\#(Traffic.range)}"#).json()
            #expect(drill["rows"]?.elements.count == 3)
            // Events are another dataset.
            answer = try await app.sql("SELECT count(*) AS n FROM events WHERE project_id = {{project_id}}")
            #expect(answer == "n\n3")
            for (dataset, field, comparison, value, statement, expected) in [
                ("events", "event_name", "neq", "\"signup\"", "SELECT count(*) AS n FROM events", "n\n1"),
                ("sessions", "is_bounce", "eq", "true", "SELECT count(*) AS n FROM sessions", "n\n1"),
                ("daily_stats", "date", "not_in", "\"2026-03-01\"", "SELECT count(*) AS n FROM daily_stats", "n\n1"),
            ] {
                let more = try await app.bi(
                    "row-policies",
                    #"{"name":"P","dataset":"\#(dataset)","field":"\#(field)","operator":"\#(comparison)","values":[\#(value)]}"#)
                #expect(more.status == 201, "\(more.body)")
                answer = try await app.sql("\(statement) WHERE project_id = {{project_id}}")
                #expect(answer == expected, "\(dataset)")
            }
            // The same applies to a module's dataset.
            for host in ["a", "b"] { try await app.collect(#"{"type":"outlink","url":"https://\#(host).example/"}"#) }
            _ = try await app.bi(
                "row-policies", #"{"name":"P","dataset":"outlinks_clicks","field":"host","operator":"eq","values":["a.example"]}"#)
            answer = try await app.sql("SELECT host FROM outlinks_clicks WHERE project_id = {{project_id}}")
            #expect(answer == "host\n\"a.example\"")
            _ = try await app.put("/api/v1/bi/row-policies/\(id)", #"{"is_active":false}"#, as: .query)
            answer = try await app.rows("visual-query", visual)
            #expect(answer == "path,count\n\"/\",3\n\"/pricing\",2\n\"/docs\",1")
            for (body, sentence) in [
                (
                    #""dataset":"pageviews","field":"visitor_id","operator":"eq","values":["x"]"#,
                    "field 'field': 'visitor_id' is not a field of pageviews"
                ),
                (#""dataset":"users","field":"x","operator":"eq","values":["x"]"#, "field 'dataset' must be one of"),
                (
                    #""dataset":"pageviews","field":"path","operator":"like","values":["x"]"#,
                    "field 'operator' must be one of 'eq', 'neq', 'in', 'not_in'"
                ),
                (
                    #""dataset":"pageviews","field":"path","operator":"eq","values":["x","y"]"#,
                    "field 'values' must contain exactly one value for 'eq'; got 2."
                ),
                (#""dataset":"pageviews","field":"hour","operator":"eq","values":["x"]"#, "field 'values' takes a whole number; got 'x'."),
            ] {
                let refusal = try await app.bi("row-policies", #"{"name":"P",\#(body)}"#)
                #expect(refusal.status == 400 && refusal.body.contains(sentence), "\(refusal.body)")
            }
        }
    }

    @Test("a metric in use can't be deleted, and two concurrent changes create no cycle", arguments: Profile.available)
    func uses(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            func make(_ key: String, _ expression: String) async throws -> String {
                try await app.post(
                    "/api/v1/bi/metrics", #"{"key":"\#(key)","name":"N","dataset":"sessions","expression":"\#(expression)"}"#, as: .query
                ).json()["id"]?.string ?? ""
            }
            let orders = try await make("orders", "count()"), share = try await make("share", "2 / orders")
            let path = "/api/v1/bi/metrics/",
                sentence = #"{"error":"The metric 'share' uses 'orders' and would no longer work; change or delete that metric first."}"#
            #expect(try await app.delete(path + orders, as: .query).body == sentence)
            #expect(try await app.put(path + orders, #"{"key":"orders2"}"#, as: .query).body == sentence)
            #expect(try await app.put(path + orders, #"{"dataset":"events"}"#, as: .query).body == sentence)
            // Every metric that divides by it would be null.
            #expect(try await app.put(path + orders, #"{"expression":"1 - 1"}"#, as: .query).body == sentence)
            #expect(try await app.put(path + orders, #"{"expression":"count() * 2"}"#, as: .query).status == 200)
            #expect(try await app.delete(path + share, as: .query).status == 204)
            #expect(try await app.delete(path + orders, as: .query).status == 204)

            let ra = try await make("ra", "count()"), rb = try await make("rb", "count()")
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<16 {
                    let (id, part) = number % 2 == 0 ? (ra, "rb") : (rb, "ra")
                    group.addTask { try await app.put(path + id, #"{"expression":"\#(part) + 1"}"#, as: .query).status }
                }
                for try await status in group { #expect(status == 200 || status == 400) }
            }
            let asked = try await app.post("/api/v1/bi/visual-query", #"{"dataset":"sessions","metrics":["ra","rb"]}"#, as: .query)
            #expect(asked.status == 200, "\(asked.body)")
        }
    }

    @Test("lists the datasets of enabled modules with their columns and metrics")
    func datasets() async throws {
        try await Traffic.run(.embedded) { app in
            _ = try await app.bi("metrics", #"{"key":"depth","name":"Depth","dataset":"sessions","expression":"sum(pageviews)"}"#)
            func names() async throws -> [String] {
                try JSON.parse(try await app.get("/api/v1/bi/datasets").body)["data"]!.elements.compactMap { $0["name"]?.string }
            }
            let json = try JSON.parse(try await app.get("/api/v1/bi/datasets").body)
            let sessions = try #require(json["data"]?.elements.first { $0["name"]?.string == "sessions" })
            #expect(sessions["metrics"]?.elements.compactMap(\.string).suffix(2) == ["bounce_rate", "depth"])
            let columns = sessions["columns"]?.elements ?? []
            #expect(columns.first { $0["name"]?.string == "is_bounce" }?["type"]?.string == "boolean")
            #expect(columns.filter { $0["is_field"]?.boolean == false }.compactMap { $0["name"]?.string } == ["visitor_id"])
            #expect(json["functions"]?.elements.compactMap(\.string).contains("split_part") == true)
            let all = try await names()
            #expect(all.starts(with: ["pageviews", "events", "sessions", "daily_stats"]) && all.contains("outlinks_clicks"))
            #expect(try await app.post("/api/admin/projects/\(app.project.id)/modules/outlinks/disable", as: .token).status == 200)
            #expect(try await names() == all.filter { $0 != "outlinks_clicks" })
        }
    }
}

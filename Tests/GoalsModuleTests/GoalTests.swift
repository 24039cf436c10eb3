import Access
import Common
import GoalsModule
import Host
import RevenueModule
import Testing
import TestSupport

@Suite("Goals", .modules(GoalsModule.self, RevenueModule.self))
struct GoalTests {
    /// ada: one session of 240 s, two pages, a purchase of 59.98 and its refund of 20. bob: one page. cy: a session of 30 minutes
    /// with three pages, then one with a page and a purchase without an amount at the same instant. dee: only an event.
    private static let day: [String] = [
        #"{"type":"pageview","visitor_id":"ada","path":"/","referrer":"https://www.google.com/","timestamp":"2026-03-01T10:00:00Z"}"#,
        #"{"type":"pageview","visitor_id":"bob","path":"/pricing","timestamp":"2026-03-01T10:00:00Z"}"#,
        #"{"type":"pageview","visitor_id":"ada","path":"/pricing","timestamp":"2026-03-01T10:01:00Z"}"#,
        #"{"type":"event","visitor_id":"ada","name":"purchase","path":"/pricing","data":{"plan":"pro"},"revenue_amount":59.98,"timestamp":"2026-03-01T10:03:00Z"}"#,
        #"{"type":"event","visitor_id":"ada","name":"purchase","path":"/pricing","data":{"plan":"free"},"revenue_amount":-20,"timestamp":"2026-03-01T10:04:00Z"}"#,
        #"{"type":"pageview","visitor_id":"cy","path":"/docs","timestamp":"2026-03-01T11:00:00Z"}"#,
        #"{"type":"pageview","visitor_id":"cy","path":"/pricing","timestamp":"2026-03-01T11:15:00Z"}"#,
        #"{"type":"pageview","visitor_id":"cy","path":"/pricing","timestamp":"2026-03-01T11:30:00Z"}"#,
        #"{"type":"pageview","visitor_id":"cy","path":"/docs/a","timestamp":"2026-03-01T12:30:00Z"}"#,
        #"{"type":"event","visitor_id":"cy","name":"purchase","data":{"plan":"pro"},"timestamp":"2026-03-01T12:30:00Z"}"#,
        #"{"type":"event","visitor_id":"dee","name":"signup","revenue_amount":5,"timestamp":"2026-03-01T12:00:00Z"}"#,
    ]

    static func create(_ app: TestApp, _ type: String, _ config: String) async throws -> String {
        let made = try await app.post("/api/v1/goals", #"{"name":"g","goal_type":"\#(type)","config":\#(config)}"#, as: .query)
        #expect(made.status == 201, "\(made.body)")
        return try #require(try made.json()["id"]?.string)
    }

    /// Type, config, and `conversions visitors revenue rate` of four visitors.
    static let stats: [(String, String, String)] = [
        ("pageview", #"{"path":"/pricing"}"#, "4 3 0.0 75.0"), ("pageview", #"{"path":"/docs*"}"#, "2 1 0.0 25.0"),
        ("pageview", #"{"path":"/nothing"}"#, "0 0 0.0 0.0"),
        ("pageview", #"{"path":"/pricing","value":0.1}"#, "4 3 0.4 75.0"),
        ("event", #"{"event_name":"purchase"}"#, "3 2 39.98 50.0"), ("event", #"{"event_name":"purchase","value":1.5}"#, "3 2 44.48 50.0"),
        ("event", #"{"event_name":"purchase","where":[{"field":"plan","op":"eq","value":"pro"}]}"#, "2 2 59.98 50.0"),
        ("event", #"{"event_name":"purchase","where":[{"field":"plan","op":"eq","value":"free"}],"value":null}"#, "1 1 -20.0 25.0"),
        // 240 s and 1,800 s; reaching the threshold is enough.
        ("duration", #"{"threshold_seconds":240}"#, "2 2 0.0 50.0"), ("duration", #"{"threshold_seconds":241,"value":2}"#, "1 1 2.0 25.0"),
        ("duration", #"{"threshold_seconds":1801}"#, "0 0 0.0 0.0"),
        ("pages_per_session", #"{"threshold_pages":1}"#, "4 3 0.0 75.0"), ("pages_per_session", #"{"threshold_pages":3}"#, "1 1 0.0 25.0"),
    ]

    @Test("count conversions, visitors and revenue", arguments: Profile.available)
    func counts(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.day) { app in
            for (type, config, told) in Self.stats {
                let id = try await Self.create(app, type, config)
                let json = try await app.get("/api/v1/goals/\(id)/stats").json()
                let found =
                    "\(json["conversions"]!.integer!) \(json["unique_visitors"]!.integer!) \(json["total_revenue"]!.number!) \(json["conversion_rate"]!.number!)"
                #expect(found == told, "\(type) \(config)")
            }
            let id = try await Self.create(app, "event", #"{"event_name":"purchase"}"#)
            let whole = try await app.get("/api/v1/goals/\(id)/stats?start_at=2026-03-01&end_at=2026-03-01")
            #expect(
                whole.body
                    == #"{"confidence_interval":{"high":85,"low":15},"conversion_rate":50,"conversions":3,"currency":"USD","goal_id":"\#(id)","name":"g","#
                    + #""total_revenue":39.98,"unique_visitors":2}"#)
            let empty = try await app.get("/api/v1/goals/\(id)/stats?start_at=2026-02-01&end_at=2026-02-01")
            #expect(
                empty.body
                    == #"{"confidence_interval":{"high":100,"low":0},"conversion_rate":0,"conversions":0,"currency":"USD","goal_id":"\#(id)","name":"g","#
                    + #""total_revenue":0,"unique_visitors":0}"#)
            // The end of the range is exclusive.
            let cut = try await app.get("/api/v1/goals/\(id)/stats?start_at=2026-03-01T10:03:00Z&end_at=2026-03-01T10:04:00Z").json()
            #expect(cut["total_revenue"]?.number == 59.98)
            #expect(cut["conversion_rate"]?.number == 100)
            let compared = try await app.get("/api/v1/goals/\(id)/stats?start_at=2026-03-02&end_at=2026-03-02&compare=previous").json()
            #expect(compared["conversions"]?.integer == 0)
            #expect(compared["previous"]?["conversions"]?.integer == 3)
            let yen = try await app.get("/api/v1/goals/\(id)/stats?currency=JPY").json()
            #expect(yen["total_revenue"]?.number == 0)
            #expect(yen["currency"]?.string == "JPY")
            let filtered = try await app.get("/api/v1/goals/\(id)/stats?filter=source:google.com").json()
            #expect(filtered["conversion_rate"]?.number == 100)
        }
    }

    @Test("break down by session and row attributes, and list the visitors", arguments: Profile.available)
    func breakdown(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.day) { app in
            func told(_ id: String, _ query: String) async throws -> [String] {
                try await app.get("/api/v1/goals/\(id)/breakdown?\(query)").json()["data"]!.elements.map {
                    "\($0["value"]!.string!): \($0["conversions"]!.integer!) \($0["unique_visitors"]!.integer!) \($0["visitors"]!.integer!) \($0["conversion_rate"]!.number!)"
                }
            }
            let purchase = try await Self.create(app, "event", #"{"event_name":"purchase"}"#)
            #expect(try await told(purchase, "") == ["google.com: 2 1 1 100.0", "(direct): 1 1 3 33.33"])
            #expect(
                try await told(purchase, "property=path") == [
                    "/pricing: 2 1 3 33.33", ": 1 1 2 50.0", "/: 0 0 1 0.0", "/docs: 0 0 1 0.0", "/docs/a: 0 0 1 0.0",
                ])
            #expect(
                try await told(purchase, "property=entry_page") == [
                    "/: 2 1 1 100.0", "/docs/a: 1 1 1 100.0", ": 0 0 1 0.0", "/docs: 0 0 1 0.0", "/pricing: 0 0 1 0.0",
                ])
            #expect(try await told(purchase, "property=device&limit=1") == ["Desktop: 3 2 4 50.0"])
            // cy's first session saw /docs and /pricing, the latter twice.
            let long = try await Self.create(app, "pages_per_session", #"{"threshold_pages":3}"#)
            #expect(try await told(long, "property=path&limit=2") == ["/pricing: 1 1 3 33.33", "/docs: 1 1 1 100.0"])
            #expect(try await told(long, "property=entry_page&limit=1&offset=1") == [": 0 0 1 0.0"])
            #expect(try await told(long, "property=browser") == ["Chrome: 1 1 4 25.0"])
            let whole = try await app.get("/api/v1/goals/\(long)/breakdown?property=os")
            #expect(
                whole.body
                    == #"{"data":[{"confidence_interval":{"high":69.94,"low":4.56},"conversion_rate":25,"conversions":1,"unique_visitors":1,"value":"Linux","visitors":4}]}"#
            )
            let visitors = try await app.get("/api/v1/goals/\(long)/drill")
            #expect(visitors.body == #"{"data":["cy"],"total":1}"#)
            let buyers = try await app.get("/api/v1/goals/\(purchase)/drill?filter=path:/pricing")
            #expect(buyers.body == #"{"data":["ada"],"total":1}"#)
            let wrong = try await app.get("/api/v1/goals/\(long)/breakdown?property=shoe_size")
            #expect(
                wrong.body
                    == #"{"error":"Invalid query parameter 'property': must be one of 'source', 'country', 'device', 'browser', 'os', 'entry_page', 'path'; got 'shoe_size'."}"#
            )
        }
    }

    @Test("count without revenue if orders may not be read", arguments: Profile.available)
    func withoutRevenue(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.day) { app in
            let id = try await Self.create(app, "event", #"{"event_name":"purchase","value":2}"#)
            try await app.installation.directory.setModules(
                [.init(module: "revenue", isEnabled: false, access: nil)], in: app.project, by: "test")
            let json = try await app.get("/api/v1/goals/\(id)/stats").json()
            #expect(json["total_revenue"]?.number == 6)
            #expect(json["currency"] == nil)
        }
    }

    @Test("are saved as sent, and can't change their type", arguments: Profile.available)
    func lifecycle(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let id = try await Self.create(app, "event", #"{"event_name":"purchase"}"#)
            let times = #""created_at":"2026-03-02T12:00:00Z","updated_at":"2026-03-02T12:00:00Z""#
            let changed = try await app.put(
                "/api/v1/goals/\(id)", #"{"name":"Paid","goal_type":"event","config":{"event_name":"paid"}}"#, as: .query)
            #expect(changed.body == #"{"id":"\#(id)","name":"Paid","goal_type":"event","config":{"event_name":"paid"},\#(times)}"#)
            let list = try await app.get("/api/v1/goals")
            #expect(list.body == #"{"data":[\#(changed.body)],"total":1}"#)
            for (body, sentence) in [
                (
                    #"{"goal_type":"pageview"}"#,
                    "field 'goal_type' must be 'event', because a goal's type can't be changed; got 'pageview'."
                ),
                (#"{"config":{"path":"/"}}"#, "missing required field 'config.event_name'."),
            ] {
                let answer = try await app.put("/api/v1/goals/\(id)", body, as: .query)
                #expect(answer.status == 400)
                #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
            }
            #expect(try await app.delete("/api/v1/goals/\(id)", as: .query).status == 204)
            let gone = try await app.get("/api/v1/goals/\(id)/stats")
            #expect(gone.body == #"{"error":"Goal '\#(id)' not found."}"#)
        }
    }

    static let refusals: [(body: String, sentence: String)] = [
        (#"{}"#, "missing required field 'name'."), (#"{"name":"a"}"#, "missing required field 'goal_type'."),
        (#"{"name":"a","goal_type":"event"}"#, "missing required field 'config'."),
        (
            #"{"name":"a","goal_type":"scroll","config":{}}"#,
            "field 'goal_type' must be one of 'pageview', 'event', 'duration', 'pages_per_session'; got 'scroll'."
        ),
        (#"{"name":"a","goal_type":"event","config":[]}"#, "field 'config' must be an object; got an array."),
        (#"{"name":"a","goal_type":"event","config":{}}"#, "missing required field 'config.event_name'."),
        (
            #"{"name":"a","goal_type":"pageview","config":{"path":""}}"#,
            "field 'config.path' must be a string of 1 to 2048 characters; got 0 characters."
        ),
        (
            #"{"name":"a","goal_type":"duration","config":{"threshold_seconds":0}}"#,
            "field 'config.threshold_seconds' must be a whole number from 1 to 1000000; got 0."
        ),
        (
            #"{"name":"a","goal_type":"pages_per_session","config":{"threshold_pages":"3"}}"#,
            "field 'config.threshold_pages' must be a whole number from 1 to 10000; got '3'."
        ),
        (
            #"{"name":"a","goal_type":"pageview","config":{"path":"/","value":-1}}"#,
            "field 'config.value' must be a number from 0.0 to 10000000.0; got -1."
        ),
        (
            #"{"name":"a","goal_type":"event","config":{"event_name":"a","where":[{"op":"eq","value":1}]}}"#,
            "field 'config.where[0].field' must be the name of a property, such as event_data.plan; got nothing."
        ),
    ]

    @Test("are rejected with a message if invalid")
    func refuses() async throws {
        try await TestApp.run { app in
            for (body, sentence) in Self.refusals {
                let answer = try await app.post("/api/v1/goals", body, as: .query)
                #expect(answer.status == 400)
                #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
            }
        }
    }

    @Test("count the revenue of only the converting event, even if other events happen at the same instant", arguments: Profile.available)
    func oneInstant(profile: Profile) async throws {
        let buy = #"{"type":"event","visitor_id":"ada","name":"purchase","timestamp":"2026-03-01T10:00:00Z""#
        let orders = [
            #"\#(buy),"data":{"plan":"pro"},"revenue_amount":10}"#, #"\#(buy),"data":{"plan":"free"},"revenue_amount":5}"#,
            #"\#(buy),"data":{"plan":"pro"},"revenue_amount":1}"#, #"\#(buy),"revenue_amount":100}"#,
        ]
        try await TestApp.run(profile, collecting: orders) { app in
            for (condition, told) in [
                (#","where":[{"field":"plan","op":"eq","value":"pro"}]"#, "2 11.0"),
                (#","where":[{"field":"plan","op":"eq","value":"free"}]"#, "1 5.0"),
                (#","where":[{"field":"plan","op":"not_exists"}]"#, "1 100.0"), ("", "4 116.0"),
            ] {
                let id = try await Self.create(app, "event", #"{"event_name":"purchase"\#(condition)}"#)
                let json = try await app.get("/api/v1/goals/\(id)/stats").json()
                #expect("\(json["conversions"]!.integer!) \(json["total_revenue"]!.number!)" == told, "\(condition)")
            }
        }
    }
}

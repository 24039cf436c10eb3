import Common
import FunnelsModule
import IdentityModule
import RevenueModule
import Testing
import TestSupport

/// Hand-computed numbers.
@Suite("Funnel report", .modules(FunnelsModule.self, IdentityModule.self, RevenueModule.self))
struct FunnelReportTests {
    /// ada goes straight through in two minutes; bob reads the docs and stops at the prices; cy takes the steps in another
    /// order; dee does two at the same instant; eve does only the last; fay is quick only on her second attempt.
    private static let day: [String] = [
        view("fay", "09:00:00", "/"), view("ada", "10:00:00", "/"), view("bob", "10:00:00", "/"), view("cy", "10:00:00", "/pricing"),
        view("dee", "10:00:00", "/"), view("dee", "10:00:00", "/pricing"), event("eve", "10:00:00", "signup", "pro"),
        view("bob", "10:00:30", "/docs"),
        view("ada", "10:01:00", "/pricing"), view("cy", "10:01:00", "/"), event("ada", "10:02:00", "signup", "pro"),
        event("cy", "10:02:00", "signup", "free"),
        view("bob", "10:05:00", "/pricing"), view("fay", "10:30:00", "/pricing"), view("fay", "12:00:00", "/"),
        view("fay", "12:10:00", "/pricing"),
        event("fay", "12:20:00", "signup", "pro"),
    ]

    private static func view(_ visitor: String, _ time: String, _ path: String) -> String {
        #"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)","timestamp":"2026-03-01T\#(time)Z"}"#
    }

    private static func event(_ visitor: String, _ time: String, _ name: String, _ plan: String) -> String {
        #"{"type":"event","name":"\#(name)","data":{"plan":"\#(plan)"},"path":"/app","visitor_id":"\#(visitor)","timestamp":"2026-03-01T\#(time)Z"}"#
    }

    static let steps =
        #""steps":[{"type":"pageview","value":"/","label":"Home"},{"type":"pageview","value":"/pricing"},{"type":"event","value":"signup"}]"#

    private func withDay(_ profile: Profile, _ body: @escaping @Sendable (TestApp) async throws -> Void) async throws {
        try await TestApp.run(profile) { app in
            let collected = try await app.collect("[\(Self.day.joined(separator: ","))]")
            #expect(collected.body == #"{"accepted":17,"ok":true}"#)
            try await body(app)
        }
    }

    /// `visitors of each step | median/p90 of each step from the second | median/p90 overall`
    private static func figures(_ json: JSON) -> String {
        func time(_ json: JSON) -> String {
            json["time_to_convert"].map { "\($0["median"]!.number!)/\($0["p90"]!.number!)" } ?? "-"
        }
        let steps = json["steps"]!.elements
        return steps.map { "\($0["visitors"]!.integer!)" }.joined(separator: " ") + " | "
            + steps.dropFirst().map(time).joined(separator: " ") + " | " + time(json)
    }

    @Test("reports each step's visitors, rates and times to convert", arguments: Profile.available)
    func counts(profile: Profile) async throws {
        try await withDay(profile) { app in
            let id = try #require(
                try await app.post("/api/v1/funnels", #"{"name":"Signup",\#(Self.steps)}"#, as: .query).json()["id"]?.string)
            // Step 1: ada, bob, cy, dee, fay. Step 2 after 0 (dee), 60, 300 and 5,400 seconds. Step 3: ada after 60, fay after 6,600.
            let numbers = #""confidence_interval":{"high":76.93,"low":11.76},"#
            let steps =
                #""overall_conversion":40,"steps":[{"conversion_rate":100,"drop_off":0,"label":"Home","visitors":5},"#
                + #"{"confidence_interval":{"high":96.38,"low":37.55},"conversion_rate":80,"drop_off":1,"label":"/pricing","time_to_convert":{"median":60,"p90":5400},"visitors":4},"#
                + #"{"confidence_interval":{"high":85,"low":15},"conversion_rate":50,"drop_off":2,"label":"signup","time_to_convert":{"median":60,"p90":6600},"visitors":2}],"#
                + #""time_to_convert":{"median":120,"p90":12000}"#
            let answer = try await app.get("/api/v1/funnels/\(id)/analyze?start_at=2026-03-01&end_at=2026-03-01")
            #expect(answer.body == #"{\#(numbers)"funnel_id":"\#(id)","name":"Signup",\#(steps)}"#)
            // The same report without saving the funnel.
            let composed = try await app.post(
                "/api/v1/funnels/analyze?start_at=2026-03-01&end_at=2026-03-01", #"{\#(Self.steps)}"#, as: .query)
            #expect(composed.body == #"{\#(numbers)\#(steps)}"#)
            let list = try await app.get("/api/v1/funnels").json()
            #expect(list["total"]?.integer == 1)
        }
    }

    @Test("works with no visitors and with one", arguments: Profile.available)
    func empty(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let nobody =
                #"{"confidence_interval":{"high":100,"low":0},"overall_conversion":0,"steps":[{"conversion_rate":100,"drop_off":0,"label":"Home","visitors":0},"#
                + #"{"confidence_interval":{"high":100,"low":0},"conversion_rate":0,"drop_off":0,"label":"/pricing","visitors":0},"#
                + #"{"confidence_interval":{"high":100,"low":0},"conversion_rate":0,"drop_off":0,"label":"signup","visitors":0}]}"#
            for more in [
                "", #""order":"strict","#, #""order":"any","#, #""conversion_window":60,"#, #""order":"any","conversion_window":60,"#,
            ] {
                let answer = try await app.post("/api/v1/funnels/analyze", #"{\#(more)\#(Self.steps)}"#, as: .query)
                #expect(answer.body == nobody)
            }
            try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"ada"}"#)
            let one = try await app.post("/api/v1/funnels/analyze?breakdown=browser", #"{\#(Self.steps)}"#, as: .query).json()
            #expect(Self.figures(one) == "1 0 0 | - - | -")
            #expect(Self.figures(one["breakdown"]!.elements[0]) == "1 0 0 | - - | -")
        }
    }

    static let variants: [(options: String, figures: String)] = [
        ("", "5 4 2 | 60.0/5400.0 60.0/6600.0 | 120.0/12000.0"),
        (#""order":"ordered","conversion_window":null,"exclusions":null,"#, "5 4 2 | 60.0/5400.0 60.0/6600.0 | 120.0/12000.0"),
        // bob reads the docs in between; fay's second attempt is direct; cy's "/" is followed by the event.
        (#""order":"strict","#, "5 3 2 | 60.0/600.0 60.0/600.0 | 120.0/1200.0"),
        (#""order":"strict","conversion_window":119,"#, "5 2 0 | 0.0/60.0 - | -"),
        // cy has all three steps; the first comes at 10:01, after the second.
        (#""order":"any","#, "5 5 3 | 60.0/5400.0 60.0/6600.0 | 120.0/12000.0"),
        (#""order":"any","conversion_window":3600,"#, "5 5 3 | 60.0/600.0 60.0/600.0 | 120.0/1200.0"),
        // fay's second attempt takes 1,200 seconds.
        (#""conversion_window":3600,"#, "5 4 2 | 60.0/600.0 60.0/600.0 | 120.0/1200.0"),
        (#""conversion_window":1200,"#, "5 4 2 | 60.0/600.0 60.0/600.0 | 120.0/1200.0"),
        (#""conversion_window":1199,"#, "5 4 1 | 60.0/600.0 60.0/60.0 | 120.0/120.0"),
        // The docs exclude bob before the prices, but not after them.
        (#""exclusions":[{"type":"pageview","value":"/doc*"}],"#, "5 3 2 | 60.0/5400.0 60.0/6600.0 | 120.0/12000.0"),
        (#""exclusions":[{"type":"pageview","value":"/doc*","after_step":1}],"#, "5 3 2 | 60.0/5400.0 60.0/6600.0 | 120.0/12000.0"),
        (#""exclusions":[{"type":"pageview","value":"/doc*","after_step":2}],"#, "5 4 2 | 60.0/5400.0 60.0/6600.0 | 120.0/12000.0"),
        // Viewing the first page again ends fay's first attempt and begins the second.
        (#""exclusions":[{"type":"pageview","value":"/"}],"#, "5 4 2 | 60.0/600.0 60.0/600.0 | 120.0/1200.0"),
        // A row that matches the next step counts as that step, even if it is also an exclusion.
        (#""exclusions":[{"type":"pageview","value":"/pricing","after_step":1}],"#, "5 4 2 | 60.0/5400.0 60.0/6600.0 | 120.0/12000.0"),
        (#""order":"any","exclusions":[{"type":"pageview","value":"/docs"}],"#, "5 4 3 | 0.0/5400.0 60.0/6600.0 | 120.0/12000.0"),
    ]

    @Test("supports orders, conversion windows and exclusions", arguments: Profile.available)
    func options(profile: Profile) async throws {
        try await withDay(profile) { app in
            for (options, figures) in Self.variants {
                let answer = try await app.post("/api/v1/funnels/analyze", #"{\#(options)\#(Self.steps)}"#, as: .query).json()
                #expect(Self.figures(answer) == figures, "\(options)")
            }
        }
    }

    @Test("filters by property, treats ranges as half-open, and compares periods", arguments: Profile.available)
    func scopes(profile: Profile) async throws {
        try await withDay(profile) { app in
            func figures(_ query: String, _ steps: String = Self.steps) async throws -> String {
                Self.figures(try await app.post("/api/v1/funnels/analyze?\(query)", "{\(steps)}", as: .query).json())
            }
            let free = Self.steps.replacing(
                #""value":"signup""#, with: #""value":"signup","where":[{"field":"data.plan","op":"neq","value":"pro"}]"#)
            #expect(try await figures("", free) == "5 4 0 | 60.0/5400.0 - | -")
            #expect(try await figures("", #""order":"any","# + free) == "5 5 1 | 60.0/5400.0 60.0/60.0 | 120.0/120.0")
            // The start is inside the range and the end outside, so only bob and dee reach step 2.
            #expect(try await figures("start_at=2026-03-01T10:00:00Z&end_at=2026-03-01T10:02:00Z") == "4 2 0 | 0.0/60.0 - | -")
            #expect(try await figures("filter=path:/,/pricing") == "5 4 0 | 60.0/5400.0 - | -")
            let compared = try await app.post(
                "/api/v1/funnels/analyze?start_at=2026-03-02&end_at=2026-03-02&compare=previous", "{\(Self.steps)}", as: .query
            ).json()
            #expect(Self.figures(compared) == "0 0 0 | - - | -")
            #expect(Self.figures(compared["previous"]!) == "5 4 2 | 60.0/5400.0 60.0/6600.0 | 120.0/12000.0")
            let explained = try await app.post("/api/v1/funnels/analyze?explain=sql", "{\(Self.steps)}", as: .admin).json()
            #expect(explained["statements"]?.elements.count == 1)
            let stranger = try await app.post("/api/v1/funnels/analyze?explain=sql", "{\(Self.steps)}", as: .query)
            #expect(stranger.status == 403)
        }
    }

    @Test("places late rows at their own time", arguments: Profile.available)
    func late(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            for row in [
                Self.view("ada", "10:01:00", "/pricing"), Self.event("ada", "10:02:00", "signup", "pro"), Self.view("ada", "10:00:00", "/"),
            ] {
                try await app.collect(row)
            }
            for options in ["", #""order":"strict","#, #""order":"any","#, #""conversion_window":120,"#] {
                let answer = try await app.post("/api/v1/funnels/analyze", "{\(options)\(Self.steps)}", as: .query).json()
                #expect(Self.figures(answer) == "1 1 1 | 60.0/60.0 60.0/60.0 | 120.0/120.0", "\(options)")
            }
        }
    }

    @Test("follows people across their visitors", arguments: Profile.available)
    func people(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let known = ["phone", "laptop"].map { #"{"type":"identify","visitor_id":"\#($0)","payload":{"user_id":"ada"}}"# }
            let day = [
                Self.view("phone", "10:00:00", "/"), Self.view("laptop", "10:01:00", "/pricing"),
                Self.event("phone", "10:02:00", "signup", "pro"),
            ]
            try await app.collect("[\((known + day).joined(separator: ","))]")
            for (options, visitors) in [("", "1 0 0 | - - | -"), (#""conversion_window":60,"#, "1 0 0 | - - | -")] {
                let answer = try await app.post("/api/v1/funnels/analyze", "{\(options)\(Self.steps)}", as: .query).json()
                #expect(Self.figures(answer) == visitors)
            }
            for options in [
                "", #""order":"strict","#, #""order":"any","#, #""conversion_window":120,"#, #""order":"any","conversion_window":120,"#,
            ] {
                let answer = try await app.post(
                    "/api/v1/funnels/analyze?count_by=people&breakdown=path", "{\(options)\(Self.steps)}", as: .query
                ).json()
                #expect(Self.figures(answer) == "1 1 1 | 60.0/60.0 60.0/60.0 | 120.0/120.0", "\(options)")
                #expect(answer["breakdown"]?.elements.map { $0["value"]!.string! } == ["/"])
            }
        }
    }

    @Test("breaks down by the first step's row", arguments: Profile.available)
    func breakdown(profile: Profile) async throws {
        try await withDay(profile) { app in
            func figures(_ query: String, _ steps: String) async throws -> [String] {
                let json = try await app.post("/api/v1/funnels/analyze?\(query)", "{\(steps)}", as: .query).json()
                return json["breakdown"]!.elements.map { "\($0["value"]!.string!): \(Self.figures($0))" }
            }
            let signup = #""steps":[{"type":"event","value":"signup"},{"type":"event","value":"signup"}]"#
            #expect(try await figures("breakdown=data.plan", signup) == ["pro: 3 0 | - | -", "free: 1 0 | - | -"])
            #expect(try await figures("breakdown=data.plan&limit=1&offset=1", signup) == ["free: 1 0 | - | -"])
            #expect(try await figures("breakdown=data.nothing", signup) == [": 4 0 | - | -"])
            let pages = #""steps":[{"type":"pageview","value":"/*"},{"type":"event","value":"signup"}]"#
            // Everybody but cy begins at "/"; bob and dee stop.
            #expect(
                try await figures("breakdown=path", pages) == [
                    "/: 4 2 | 120.0/12000.0 | 120.0/12000.0", "/pricing: 1 1 | 120.0/120.0 | 120.0/120.0",
                ])
            #expect(
                try await figures("breakdown=entry_page", pages) == [
                    "/: 4 2 | 120.0/12000.0 | 120.0/12000.0", "/pricing: 1 1 | 120.0/120.0 | 120.0/120.0",
                ])
            #expect(try await figures("breakdown=browser", Self.steps) == ["Chrome: 5 4 2 | 60.0/5400.0 60.0/6600.0 | 120.0/12000.0"])
            // In any order, cy's row for the funnel's first step is "/".
            #expect(
                try await figures("breakdown=path", #""order":"any","# + Self.steps) == [
                    "/: 5 5 3 | 60.0/5400.0 60.0/6600.0 | 120.0/12000.0"
                ])
            let id = try #require(try await app.post("/api/v1/funnels", #"{"name":"a",\#(pages)}"#, as: .query).json()["id"]?.string)
            let line = try await app.get("/api/v1/funnels/\(id)/drill?breakdown=path&value=/pricing")
            #expect(line.body == #"{"data":["cy"],"total":1}"#)
            let wrong = try await app.get("/api/v1/funnels/\(id)/analyze?breakdown=shoe_size")
            #expect(wrong.status == 400)
            #expect(wrong.body.hasPrefix(#"{"error":"Invalid query parameter 'breakdown': must be one of source, referrer, "#))
            #expect(wrong.body.hasSuffix(#"data.NAME; got 'shoe_size'."}"#))
        }
    }

    @Test("lists the visitors behind each number", arguments: Profile.available)
    func drill(profile: Profile) async throws {
        try await withDay(profile) { app in
            let id = try #require(try await app.post("/api/v1/funnels", #"{"name":"a",\#(Self.steps)}"#, as: .query).json()["id"]?.string)
            func visitors(_ query: String) async throws -> Set<String> {
                let json = try await app.get("/api/v1/funnels/\(id)/drill?\(query)").json(), all = json["data"]!.elements.map { $0.string! }
                #expect(json["total"]?.integer == Int64(all.count))
                return Set(all)
            }
            #expect(try await visitors("") == ["ada", "fay"])
            #expect(try await visitors("step=1&state=converted") == ["ada", "bob", "cy", "dee", "fay"])
            #expect(try await visitors("step=2&state=dropped") == ["cy"])
            #expect(try await visitors("state=dropped") == ["bob", "dee"])
            let page = try await app.get("/api/v1/funnels/\(id)/drill?step=1&limit=2&offset=4").json()
            #expect(page["data"]?.elements.count == 1)
            #expect(page["total"]?.integer == 5)
            for (query, sentence) in [
                ("step=4", "must be a whole number from 1 to 3, as the funnel has 3 steps; got 4."),
                ("step=1&state=dropped", "must be a whole number from 2 to 3, as nobody drops off before the first step; got 1."),
                ("step=0", "must be a whole number from 1 to 20; got '0'."),
            ] {
                let answer = try await app.get("/api/v1/funnels/\(id)/drill?\(query)")
                #expect(answer.body == #"{"error":"Invalid query parameter 'step': \#(sentence)"}"#)
            }
            let alone = try await app.get("/api/v1/funnels/\(id)/drill?value=x")
            #expect(alone.body == #"{"error":"Invalid query parameter 'value': is accepted only together with 'breakdown'."}"#)
        }
    }

    @Test("rows at the same instant are ordered by arrival, even if late", arguments: Profile.available)
    func oneInstant(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            func row(_ name: String, _ at: String, _ visitor: String) -> String {
                let kind = name.hasPrefix("/") ? #""type":"pageview","path":"\#(name)""# : #""type":"event","name":"\#(name)""#
                return #"{\#(kind),"visitor_id":"\#(visitor)","timestamp":"2026-03-01T\#(at):00Z"}"#
            }
            func funnel(_ kind: String, _ steps: [String], _ visitor: String, _ more: String = "") async throws -> [Int64] {
                let list = steps.map { #"{"type":"\#(kind)","value":"\#($0)"}"# }.joined(separator: ",")
                let json = try await app.post(
                    "/api/v1/funnels/analyze?filter=source:\(visitor)", #"{"steps":[\#(list)]\#(more)}"#, as: .query
                ).json()
                return json["steps"]!.elements.map { $0["visitors"]!.integer! }
            }
            // Newest first, in one batch; the breakdown by source separates the visitors.
            func from(_ visitor: String, _ rows: [(String, String)]) -> [String] {
                rows.map { row($0, $1, visitor).dropLast() + #","referrer":"https://\#(visitor)/"}"# }
            }
            let batch = from("w.example", [("signup", "11:00"), ("paid", "11:00"), ("visit", "10:30"), ("trial", "10:30")])
            try await app.collect("[\(batch.joined(separator: ","))]", as: .server)
            for one in from("x.example", [("/later", "11:00"), ("/s1", "10:40"), ("/s2", "10:40")]) {
                try await app.collect(one, as: .server)
            }
            for one in from("y.example", [("/later", "11:00"), ("/s2", "10:40"), ("/s1", "10:40")]) {
                try await app.collect(one, as: .server)
            }
            for more in ["", #","order":"strict""#] {
                #expect(try await funnel("event", ["visit", "trial", "signup", "paid"], "w.example", more) == [1, 1, 1, 1])
                #expect(
                    try await funnel("event", ["visit", "trial", "paid", "signup"], "w.example", more) == [1, 1, more.isEmpty ? 1 : 0, 0])
                #expect(try await funnel("pageview", ["/s1", "/s2"], "x.example", more) == [1, 1])
                #expect(try await funnel("pageview", ["/s1", "/s2"], "y.example", more) == [1, 0])
            }
        }
    }
}

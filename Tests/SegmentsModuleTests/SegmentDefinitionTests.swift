import Common
import IdentityModule
import RevenueModule
import SegmentsModule
import Testing
import TestSupport

/// Four visitors over two days, and the members that each definition selects.
///
/// Ada (pro, from google.com) buys for 120 on the 1st, and again for 30 on the 2nd. Bob (free, then pro) looks at pricing
/// after signing up and never buys. Cy first buys for 20 and later looks at pricing. Di only reads.
@Suite("Segment definitions", .modules(IdentityModule.self, RevenueModule.self, SegmentsModule.self))
struct SegmentDefinitionTests {
    static func view(_ visitor: String, _ at: String, _ path: String, _ more: String = "") -> String {
        #"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)","timestamp":"2026-03-0\#(at):00Z"\#(more)}"#
    }

    static func event(_ visitor: String, _ at: String, _ name: String, _ more: String = "") -> String {
        #"{"type":"event","name":"\#(name)","visitor_id":"\#(visitor)","timestamp":"2026-03-0\#(at):00Z"\#(more)}"#
    }

    static func plan(_ visitor: String, _ at: String, _ plan: String, _ more: String = "") -> String {
        #"{"type":"identify","visitor_id":"\#(visitor)","timestamp":"2026-03-0\#(at):00Z","payload":{"user_id":"\#(visitor)-user","traits":{"plan":"\#(plan)"\#(more)}}}"#
    }

    static let events = [
        view("ada", "1T10:00", "/", #","referrer":"https://www.google.com/""#), view("ada", "1T10:05", "/pricing"),
        event("ada", "1T10:06", "purchase", #","data":{"amount":120,"kind":"book"},"revenue_amount":120,"revenue_currency":"EUR""#),
        event("ada", "2T09:00", "purchase", #","data":{"amount":30},"revenue_amount":30,"revenue_currency":"EUR""#),
        plan("ada", "1T09:00", "pro", #","age":40,"address":{"city":"Berlin"}"#),
        view("bob", "1T11:00", "/"), event("bob", "1T11:01", "signup"), view("bob", "1T11:02", "/pricing"),
        view("bob", "2T08:00", "/docs/a"),
        plan("bob", "1T08:00", "free"), plan("bob", "2T08:01", "pro", #","age":20"#),
        event("cy", "1T12:00", "purchase", #","data":{"amount":20}"#), view("cy", "1T12:01", "/pricing"),
        view("di", "2T10:00", "/docs/a"), view("di", "2T10:01", "/docs/b"), view("di", "2T10:02", "/docs/a"),
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        let conditions: String, members: [String], match: String
        init(_ conditions: String, _ members: [String], match: String = "all") {
            (self.conditions, self.members, self.match) = (conditions, members, match)
        }
        var testDescription: String { conditions }
        var definition: String { #"{"match":"\#(match)","conditions":[\#(conditions)]}"# }
    }

    /// A funnel from pricing to a purchase.
    static func funnel(_ options: String) -> String {
        #"{"source":"funnel","steps":[{"type":"pageview","value":"/pricing"},{"type":"event","value":"purchase"}],\#(options)}"#
    }

    static let cases = [
        // Conditions on the profile, with the latest value, whenever it was sent.
        Case(#"{"source":"profile","field":"traits.plan","op":"eq","value":"pro"}"#, ["ada", "bob"]),
        Case(#"{"source":"profile","field":"traits.plan","op":"neq","value":"pro"}"#, ["cy", "di"]),
        Case(#"{"source":"profile","field":"traits.plan","op":"exists"}"#, ["ada", "bob"]),
        Case(#"{"source":"profile","field":"traits.plan","op":"not_exists"}"#, ["cy", "di"]),
        Case(#"{"source":"profile","field":"traits.age","op":"gt","value":20}"#, ["ada"]),
        Case(#"{"source":"profile","field":"traits.age","op":"in","value":[20,21]}"#, ["bob"]),
        Case(#"{"source":"profile","field":"traits.address.city","op":"starts_with","value":"Ber"}"#, ["ada"]),
        Case(#"{"source":"profile","field":"user_id","op":"eq","value":"bob-user"}"#, ["bob"]),
        // Conditions on sessions.
        Case(#"{"source":"session","field":"source","op":"eq","value":"google.com"}"#, ["ada"]),
        Case(#"{"source":"session","field":"entry_page","op":"eq","value":"/docs/a"}"#, ["bob", "di"]),
        Case(#"{"source":"session","field":"exit_page","op":"contains","value":"pric"}"#, ["ada", "bob", "cy"]),
        Case(#"{"source":"session","field":"duration","op":"gte","value":120}"#, ["ada", "bob", "di"]),
        Case(#"{"source":"session","field":"pageviews","op":"gt","value":2}"#, ["di"]),
        // Conditions on pageviews.
        Case(#"{"source":"pageview","field":"path","op":"starts_with","value":"/docs"}"#, ["bob", "di"]),
        Case(#"{"source":"pageview","field":"path","op":"ends_with","value":"b"}"#, ["di"]),
        Case(#"{"source":"pageview","field":"path","op":"eq","value":"/docs/*","count":{"op":"gte","value":3}}"#, ["di"]),
        Case(#"{"source":"pageview","op":"not_exists"}"#, []),
        // Conditions on events.
        Case(#"{"source":"event","event":"purchase","op":"exists"}"#, ["ada", "cy"]),
        Case(#"{"source":"event","event":"purchase","op":"not_exists"}"#, ["bob", "di"]),
        Case(#"{"source":"event","event":"purchase","field":"event_data.amount","op":"gte","value":100}"#, ["ada"]),
        Case(#"{"source":"event","event":"purchase","field":"event_data.kind","op":"exists"}"#, ["ada"]),
        Case(#"{"source":"event","event":"purchase","field":"event_data.kind","op":"not_exists"}"#, ["bob", "cy", "di"]),
        Case(#"{"source":"event","event":"purchase","count":{"op":"gte","value":2}}"#, ["ada"]),
        Case(#"{"source":"event","event":"purchase","count":{"op":"gte","value":2},"within_days":1}"#, []),
        Case(#"{"source":"event","event":"purchase","count":{"op":"gte","value":1},"within_days":1}"#, ["ada"]),
        Case(
            #"{"source":"event","event":"purchase","where":[{"field":"amount","op":"lt","value":100},{"field":"kind","op":"not_exists"}]}"#,
            ["ada", "cy"]),
        // Conditions on metrics.
        Case(#"{"source":"metric","field":"sessions","op":"gte","value":2}"#, ["ada", "bob"]),
        Case(#"{"source":"metric","field":"pageviews","op":"lt","value":2}"#, ["cy"]),
        Case(#"{"source":"metric","field":"events","op":"eq","value":0}"#, ["di"]),
        Case(#"{"source":"metric","field":"days_active","op":"eq","value":2}"#, ["ada", "bob"]),
        Case(#"{"source":"metric","field":"duration","op":"lte","value":120}"#, ["bob", "cy", "di"]),
        Case(#"{"source":"metric","field":"revenue","op":"gt","value":100}"#, ["ada"]),
        Case(#"{"source":"metric","field":"revenue","op":"lte","value":100}"#, ["bob", "cy", "di"]),
        // Sequences of steps.
        Case(#"{"source":"sequence","steps":[{"path":"/pricing"},{"event":"purchase"}]}"#, ["ada"]),
        Case(#"{"source":"sequence","steps":[{"event":"purchase"},{"path":"/pricing"}]}"#, ["cy"]),
        Case(#"{"source":"sequence","steps":[{"event":"purchase"},{"event":"purchase"}]}"#, ["ada"]),
        Case(#"{"source":"sequence","steps":[{"event":"purchase"},{"event":"purchase"}],"within_days":1}"#, ["ada"]),
        Case(#"{"source":"sequence","steps":[{"path":"/pricing"}],"then_not":{"event":"purchase"}}"#, ["bob", "cy"]),
        Case(#"{"source":"sequence","steps":[{"event":"signup"},{"path":"/pricing"}],"then_not":{"path":"/docs/*"}}"#, []),
        // Combined conditions.
        Case(
            #"{"source":"event","event":"purchase","op":"exists"},{"source":"profile","field":"traits.plan","op":"eq","value":"pro"}"#,
            ["ada"]),
        Case(
            #"{"source":"event","event":"signup","op":"exists"},{"match":"all","conditions":[{"source":"metric","field":"pageviews","op":"gt","value":2},{"source":"metric","field":"events","op":"eq","value":0}]}"#,
            ["bob", "di"], match: "any"),
        Case("", ["ada", "bob", "cy", "di"]), Case("", ["ada", "bob", "cy", "di"], match: "any"),
        // Negated conditions, and funnels.
        Case(#"{"source":"event","event":"purchase","negate":true}"#, ["bob", "di"]),
        Case(#"{"source":"event","event":"purchase","negate":false}"#, ["ada", "cy"]),
        Case(#"{"source":"sequence","steps":[{"path":"/pricing"},{"event":"purchase"}],"negate":true}"#, ["bob", "cy", "di"]),
        Case(funnel(#""step":2,"state":"converted""#), ["ada"]),
        Case(funnel(#""step":2,"state":"dropped""#), ["bob", "cy"]),
        Case(funnel(#""step":2,"state":"dropped","negate":true"#), ["ada", "di"]),
        Case(funnel(#""step":2,"state":"converted","order":"any""#), ["ada", "cy"]),
        Case(funnel(#""step":2,"state":"dropped","conversion_window":59"#), ["ada", "bob", "cy"]),
        Case(
            #"{"match":"any","negate":true,"conditions":[{"source":"event","event":"purchase"},{"source":"event","event":"signup"}]}"#,
            ["di"]),
    ]

    @Test("respect the request's filters, like every report", arguments: Profile.available)
    func filters(profile: Profile) async throws {
        let views = [("ada", "/a"), ("ada", "/b"), ("bob", "/a")].map { visitor, path in
            #"{"type":"pageview","visitor_id":"\#(visitor)","path":"\#(path)","timestamp":"2026-03-01T10:00:00Z"}"#
        }
        try await TestApp.run(profile, collecting: views) { app in
            let definition = #"{"match":"all","conditions":[{"source":"pageview","field":"path","op":"eq","value":"/a"}]}"#
            let made = try await app.post("/api/v1/segments", #"{"name":"s","definition":\#(definition)}"#, as: .query)
            let id = try made.json()["id"]?.string ?? "", range = "start_at=2026-03-01&end_at=2026-03-01"
            for (filter, members) in [("path:/b", ["ada"]), ("path:/a", ["ada", "bob"]), ("browser!:Chrome", []), ("path:/c", [])] {
                let found = try await app.get("/api/v1/segments/\(id)/evaluate?\(range)&filter=\(filter)").json()
                #expect((found["visitors"]?.elements ?? []).compactMap(\.string).sorted() == members, "\(filter)")
                #expect(found["total_visitors"]?.integer == Int64(members.count), "\(filter)")
                let preview = try await app.post(
                    "/api/v1/segments/preview?\(range)&filter=\(filter)", #"{"definition":\#(definition)}"#, as: .query
                ).json()
                #expect(preview["visitors"]?.integer == Int64(members.count), "\(filter)")
            }
        }
    }

    @Test("select the right visitors", arguments: Profile.available)
    func members(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect("[\(Self.events.joined(separator: ","))]")
            for one in Self.cases {
                let made = try await app.post("/api/v1/segments", #"{"name":"s","definition":\#(one.definition)}"#, as: .query)
                #expect(made.status == 201, "\(one.definition): \(made.body)")
                let id = try made.json()["id"]?.string ?? ""
                let found = try await app.get("/api/v1/segments/\(id)/evaluate?start_at=2026-03-01&end_at=2026-03-02").json()
                #expect((found["visitors"]?.elements ?? []).compactMap(\.string).sorted() == one.members, "\(one.definition)")
                #expect(found["total_visitors"]?.integer == Int64(one.members.count), "\(one.definition)")
                // A report selects the same visitors.
                let stats = try await app.get("/api/v1/stats?start_at=2026-03-01&end_at=2026-03-02&segment_id=\(id)").json()
                #expect(stats["current"]?["visitors"]?.integer == Int64(one.members.count), "\(one.definition)")
                let preview = try await app.post(
                    "/api/v1/segments/preview?start_at=2026-03-01&end_at=2026-03-02", #"{"definition":\#(one.definition)}"#, as: .query
                ).json()
                #expect(preview["visitors"]?.integer == Int64(one.members.count), "\(one.definition)")
                #expect(preview["total"]?.integer == 4)
            }
        }
    }

    @Test(
        "that can't work are rejected with a message that says what is wrong, and where",
        arguments: [
            (#"{"conditions":[]}"#, "field 'definition.match' must be one of 'all', 'any'; got nothing."),
            (#"{"match":"all"}"#, "field 'definition.conditions' must be an array of conditions; got nothing."),
            (#"{"match":"all","conditions":[7]}"#, "field 'definition.conditions[0]' must be an object; got a number."),
            (
                #"{"match":"all","conditions":[{"source":"visitor","field":"x","op":"eq","value":1}]}"#,
                "field 'definition.conditions[0].source' must be one of 'profile', 'session', 'pageview', 'event', 'metric', 'sequence', 'funnel', 'segment'; got 'visitor'."
            ),
            (
                #"{"match":"all","conditions":[{"source":"profile","field":"plan","op":"eq","value":1}]}"#,
                "field 'definition.conditions[0].field' must be one of 'traits.NAME', 'user_id', 'account_id'; got 'plan'."
            ),
            (
                #"{"match":"all","conditions":[{"match":"any","conditions":[{"source":"metric","field":"pageviews","op":"like","value":1}]}]}"#,
                "field 'definition.conditions[0].conditions[0].op' must be one of 'eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'in'; got 'like'."
            ),
            (
                #"{"match":"all","conditions":[{"source":"metric","field":"pageviews","op":"gt","value":"many"}]}"#,
                "field 'definition.conditions[0].value' must be a number; got 'many'."
            ),
            (
                #"{"match":"all","conditions":[{"source":"event","event":"x","field":"event_data.a","op":"eq"}]}"#,
                "missing required field 'definition.conditions[0].value'."
            ),
            (
                #"{"match":"all","conditions":[{"source":"event","event":"x","within_days":0}]}"#,
                "field 'definition.conditions[0].within_days' must be a whole number from 1 to 3660; got 0."
            ),
            (
                #"{"match":"all","conditions":[{"source":"funnel","steps":[{"type":"event","value":"x"}],"step":1,"state":"converted"}]}"#,
                "field 'definition.conditions[0].steps' must be an array of 2 to 20 objects; got 1."
            ),
            (
                #"{"match":"all","conditions":[{"source":"funnel","steps":[{"type":"pageview","value":"/"},{"type":"event","value":"x"}],"state":"converted"}]}"#,
                "missing required field 'definition.conditions[0].step'."
            ),
            (
                #"{"match":"all","conditions":[{"source":"funnel","steps":[{"type":"pageview","value":"/"},{"type":"event","value":"x"}],"step":3,"state":"dropped"}]}"#,
                "field 'definition.conditions[0].step' must be a whole number from 2 to 2, as the funnel has 2 steps; got 3."
            ),
            (
                #"{"match":"all","conditions":[{"source":"funnel","steps":[{"type":"pageview","value":"/"},{"type":"event","value":"x"}],"step":2,"state":"dropped","exclusions":[{"type":"event","value":"y","after_step":2}]}]}"#,
                "field 'definition.conditions[0].exclusions[0].after_step' must be a whole number from 1 to 1; got 2."
            ),
            (
                #"{"match":"all","conditions":[{"source":"sequence","steps":[{"event":"x"}]}]}"#,
                "field 'definition.conditions[0].steps' must be an array of 2 to 10 steps; got 1."
            ),
            (
                #"{"match":"all","conditions":[{"source":"sequence","steps":[{"path":"/"},{"event":"x","path":"/"}]}]}"#,
                "field 'definition.conditions[0].steps[1]' must have either 'event' or 'path', not both."
            ),
            (
                #"{"match":"all","conditions":[{"source":"sequence","steps":[{"path":"/"},{"event":""}]}]}"#,
                "field 'definition.conditions[0].steps[1].event' must be a string of 1 to 200 characters; got 0."
            ),
            (
                #"{"match":"all","conditions":[{"source":"event","event":"a\u0000"}]}"#,
                "field 'definition.conditions[0].event' must be a string of 1 to 200 characters; got one with a NUL character."
            ),
            (
                #"{"match":"all","conditions":[{"source":"event","event":"x","negate":"yes"}]}"#,
                "field 'definition.conditions[0].negate' must be true or false; got a string."
            ),
            (#"{"match":"all","conditions":[],"negate":1}"#, "field 'definition.negate' must be true or false; got a number."),
            (
                #"{"match":"all","conditions":[{"source":"segment","segment_id":"00000000-0000-0000-0000-000000000000"}]}"#,
                "field 'definition' refers to segment '00000000-0000-0000-0000-000000000000', which does not exist."
            ),
        ])
    func refusals(definition: String, sentence: String) async throws {
        try await TestApp.run { app in
            for path in ["/api/v1/segments", "/api/v1/segments/preview"] {
                let answer = try await app.post(path, #"{"name":"s","definition":\#(definition)}"#, as: .query)
                #expect(answer.status == 400)
                #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
            }
        }
    }

    @Test("may refer to other segments, but never to themselves", arguments: Profile.available)
    func references(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect("[\(Self.events.joined(separator: ","))]")
            func make(_ conditions: String) async throws -> String {
                try await app.post(
                    "/api/v1/segments", #"{"name":"s","definition":{"match":"all","conditions":[\#(conditions)]}}"#, as: .query
                ).json()["id"]?.string ?? ""
            }
            func members(_ id: String) async throws -> [String] {
                try await app.get("/api/v1/segments/\(id)/evaluate?start_at=2026-03-01&end_at=2026-03-02").json()["visitors"]?.elements
                    .compactMap(\.string).sorted() ?? []
            }
            let buyers = try await make(#"{"source":"event","event":"purchase"}"#)
            let pro = try await make(#"{"source":"profile","field":"traits.plan","op":"eq","value":"pro"}"#)
            let both = try await make(
                #"{"source":"segment","segment_id":"\#(buyers)"},{"source":"segment","segment_id":"\#(pro)","op":"neq"}"#)
            let found = try await members(both)
            #expect(found == ["cy"])
            let circle = try await app.put(
                "/api/v1/segments/\(buyers)",
                #"{"definition":{"match":"all","conditions":[{"source":"segment","segment_id":"\#(both)"}]}}"#, as: .query)
            #expect(
                circle.body
                    == #"{"error":"Invalid request body: field 'definition' has a circular reference to segment '\#(buyers)'."}"#)
            _ = try await app.put("/api/v1/segments/\(pro)", #"{"is_active":false}"#, as: .query)
            let inactive = try await app.get("/api/v1/stats?segment_id=\(pro)")
            #expect(inactive.body == #"{"error":"Segment '\#(pro)' is not active; set its 'is_active' to true to use it."}"#)
            let unknown = try await app.get("/api/v1/stats?segment_id=00000000-0000-0000-0000-000000000000")
            #expect(unknown.status == 404)
        }
    }

    @Test("can't be deleted while others refer to them, and two concurrent changes create no cycle", arguments: Profile.available)
    func uses(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let event = #"{"source":"event","event":"purchase"}"#
            let first = try await app.createSegment("First", event), second = try await app.createSegment("Second", event)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<16 {
                    let (changed, part) = number % 2 == 0 ? (first, second) : (second, first)
                    let body = #"{"definition":{"match":"all","conditions":[\#(Self.reference(part))]}}"#
                    group.addTask { try await app.put("/api/v1/segments/\(changed)", body, as: .query).status }
                }
                for try await status in group { #expect(status == 200 || status == 400) }
            }
            var parts: [String] = []
            for id in [first, second] {
                #expect(try await app.get("/api/v1/segments/\(id)/evaluate").status == 200)
                if try await app.get("/api/v1/segments/\(id)").body.contains(#""source":"segment""#) { parts.append(id) }
            }
            let outer = try #require(parts.first), inner = outer == first ? second : first
            #expect(parts.count == 1)
            let used = try await app.delete("/api/v1/segments/\(inner)", as: .query)
            #expect(used.status == 400)
            #expect(
                used.body
                    == #"{"error":"Segment '\#(inner)' is used by segment '\#(outer == first ? "First" : "Second")' (\#(outer)); change or delete that segment first."}"#
            )
            #expect(try await app.delete("/api/v1/segments/\(outer)", as: .query).status == 204)
            #expect(try await app.delete("/api/v1/segments/\(inner)", as: .query).status == 204)
        }
    }

    /// One day in UTC, two in Berlin, where clocks go back on October 25.
    @Test("count days of activity in the requested time zone", arguments: Profile.available)
    func daysActive(profile: Profile) async throws {
        let views = ["00:30", "01:30", "23:30"].map {
            #"{"type":"pageview","path":"/","visitor_id":"ada","timestamp":"2026-10-25T\#($0):00Z"}"#
        }
        try await TestApp.run(profile, collecting: views, as: .server, now: "2026-10-27T12:00:00Z") { app in
            for (zone, days) in [("UTC", 1), ("Europe/Berlin", 2)] {
                for wanted in 1...2 {
                    let condition = #"{"source":"metric","field":"days_active","op":"eq","value":\#(wanted)}"#
                    let answer = try await app.post(
                        "/api/v1/segments/preview?timezone=\(zone)", #"{"definition":{"match":"all","conditions":[\#(condition)]}}"#,
                        as: .query
                    ).json()
                    #expect(answer["visitors"]?.integer == (wanted == days ? 1 : 0), "\(zone) \(wanted)")
                }
            }
        }
    }

    private static func reference(_ id: String) -> String { #"{"source":"segment","segment_id":"\#(id)"}"# }

    @Test("may be nested five levels deep, and have 500 conditions including nested ones")
    func limits() async throws {
        try await TestApp.run { app in
            var deep = try await app.createSegment("0", #"{"source":"event","event":"purchase"}"#)
            for number in 1...5 { deep = try await app.createSegment("\(number)", Self.reference(deep)) }
            #expect(deep.count == 36, "\(deep)")
            let deeper = try await app.createSegment("6", Self.reference(deep))
            #expect(deeper.contains("may nest segments at most 5 levels deep; segment '"), "\(deeper)")
            let one = #"{"source":"event","event":"purchase"}"#
            let wide = try await app.createSegment("50", Array(repeating: one, count: 50).joined(separator: ","))
            // A reference counts as a condition, too.
            let most = try await app.createSegment("459", Array(repeating: Self.reference(wide), count: 9).joined(separator: ","))
            #expect(most.count == 36, "\(most)")
            let tooMany = try await app.createSegment("510", Array(repeating: Self.reference(wide), count: 10).joined(separator: ","))
            #expect(tooMany.contains("has more than 500 conditions, including those of the segments that it refers to."), "\(tooMany)")
        }
    }

    @Test("may have ten sequences and funnels including nested ones, whether previewed or saved")
    func journeys() async throws {
        try await TestApp.run { app in
            let step = #"{"type":"event","value":"a"}"#
            let sequence = #"{"source":"sequence","steps":[{"event":"a"},{"event":"a"}]}"#,
                funnel = #"{"source":"funnel","steps":[\#(step),\#(step)],"step":2,"state":"converted"}"#
            func preview(_ conditions: [String]) async throws -> TestApp.Answer {
                try await app.post(
                    "/api/v1/segments/preview", #"{"definition":{"match":"any","conditions":[\#(conditions.joined(separator: ","))]}}"#,
                    as: .query)
            }
            let five = try await app.createSegment("5", Array(repeating: sequence, count: 5).joined(separator: ","))
            #expect(five.count == 36, "\(five)")
            for (conditions, isAccepted) in [
                (Array(repeating: sequence, count: 10), true), (Array(repeating: sequence, count: 11), false),
                (Array(repeating: sequence, count: 6) + Array(repeating: funnel, count: 5), false),
                ([Self.reference(five), Self.reference(five)], true), ([Self.reference(five), Self.reference(five), funnel], false),
            ] {
                let answer = try await preview(conditions)
                #expect(answer.status == (isAccepted ? 200 : 400), "\(answer.body)")
                if !isAccepted {
                    #expect(
                        answer.body.contains(
                            "has more than 10 conditions with the source 'sequence' or 'funnel', including those of the segments that it refers to."
                        ))
                }
            }
            let saved = try await app.createSegment("11", Array(repeating: sequence, count: 11).joined(separator: ","))
            #expect(saved.contains("has more than 10 conditions with the source"), "\(saved)")
        }
    }

    /// The orders are in euros, for which there is no rate to dollars.
    @Test("count revenue in the project's currency when another segment refers to them", arguments: Profile.available)
    func revenueOfReferences(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect("[\(Self.events.joined(separator: ","))]")
            let good = try await app.createSegment("Good", #"{"source":"metric","field":"revenue","op":"gt","value":100}"#)
            let outer = try await app.createSegment("Outer", Self.reference(good))
            for id in [good, outer] {
                let found = try await app.get("/api/v1/segments/\(id)/evaluate?start_at=2026-03-01&end_at=2026-03-02").json()
                #expect(found["visitors"]?.elements.compactMap(\.string) == ["ada"])
            }
        }
    }
}

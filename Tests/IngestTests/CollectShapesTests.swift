import AllModules
import Core
import Testing
import TestSupport

@Suite("Collect: request shapes", .modules(.all))
struct CollectShapesTests {
    static let accepted: [Exchange] = [
        Exchange(#"{"type":"pageview","path":"/1"}"#),
        Exchange(#"  {"type" : "pageview", "path" : "/2"}  "#),
        Exchange(#"{"payload":{"path":"/3"},"type":"pageview"}"#),
        Exchange(#"{"type":"pageview","path":"/flat","payload":{"path":"/4"}}"#),
        Exchange(#"{"type":"pageview","path":"/5","payload":{"path":null}}"#),
        Exchange(#"{"type":"pageview","path":"/6","payload":null}"#),
        Exchange(#"{"type":"pageview","path":"/7","payload":{}}"#),
        Exchange(#"{"type":"pageview","path":"/no","path":"/8"}"#),
        Exchange(#"{"type":"nothing","type":"pageview","path":"/9"}"#),
        Exchange(#"{"type":"pageview","path":"/10","unknown":{"anything":[1,2,{}]},"title":null}"#),
        Exchange(#"[{"type":"pageview","path":"/11"}]"#, 200, exactly: #"{"accepted":1,"ok":true}"#),
        Exchange(
            #"{"events":[{"type":"pageview","path":"/12"},{"type":"pageview","path":"/13"}]}"#, 200, exactly: #"{"accepted":2,"ok":true}"#),
        // With a type, it is an event that happens to have a field called events.
        Exchange(#"{"events":[],"type":"pageview","path":"/14"}"#),
        Exchange(#"{"events":5,"type":"pageview","path":"/15"}"#),
        Exchange(#"{"type":"page\u0076iew","pat\u0068":"/1\u0036"}"#),
    ]

    @Test(
        "accepts one event, an array, or an object with events; fields may be flat or in a `payload`, which wins",
        arguments: Profile.available)
    func shapes(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            for exchange in Self.accepted { try await exchange.check(app) }
            let paths = try await app.activity("path").map { Int($0.dropFirst()) ?? -1 }
            #expect(paths.sorted() == Array(1...16))
            #expect(try await app.ledger() == ["12:00 received 16 = stored 16 + duplicate 0 + waiting 0"])
        }
    }

    static let refused: [Exchange] = [
        Exchange("", 400, "Invalid request body: it is empty; JSON is expected."),
        Exchange("   ", 400, "Invalid request body: it is empty; JSON is expected."),
        Exchange("{", 400, "Invalid request body: not valid JSON."),
        Exchange(#"{"type":"pageview","path":"/"}x"#, 400, "Invalid request body: not valid JSON."),
        Exchange(#"{"type":"pageview","path":"/"}{"type":"pageview","path":"/"}"#, 400, "Invalid request body: not valid JSON."),
        Exchange("null", 400, "Invalid request body: expected an object or an array of objects; got null."),
        Exchange("5", 400, "Invalid request body: expected an object or an array of objects; got a number."),
        Exchange(#""pageview""#, 400, "Invalid request body: expected an object or an array of objects; got a string."),
        Exchange("true", 400, "Invalid request body: expected an object or an array of objects; got a boolean."),
        Exchange("[]", 400, "Invalid request body: the array contains no events; 1 to 1000 are accepted."),
        Exchange(#"{"events":[]}"#, 400, "Invalid request body: field 'events' contains no events; 1 to 1000 are accepted."),
        Exchange(#"{"events":{}}"#, 400, "Invalid request body: field 'events' must be an array; got an object."),
        Exchange(#"{"events":null}"#, 400, "Invalid request body: field 'events' must be an array; got null."),
        Exchange("{}", 400, "Invalid request body: missing required field 'type'."),
        Exchange(#"{"path":"/"}"#, 400, "Invalid request body: missing required field 'type'."),
        Exchange(#"{"payload":{"type":"pageview","path":"/"}}"#, 400, "Invalid request body: missing required field 'type'."),
        Exchange(#"{"type":null,"path":"/"}"#, 400, "Invalid request body: missing required field 'type'."),
        Exchange(
            #"{"type":5,"path":"/"}"#, 400, "Invalid request body: field 'type' must be one of 'event', 'pageview', 'probe'; got a number."),
        Exchange(
            #"{"type":{"a":1}}"#, 400, "Invalid request body: field 'type' must be one of 'event', 'pageview', 'probe'; got an object."),
        Exchange(
            #"{"type":"","path":"/"}"#, 400, "Invalid request body: field 'type' must be one of 'event', 'pageview', 'probe'; got ''."),
        Exchange(
            #"{"type":"Pageview","path":"/"}"#, 400,
            "Invalid request body: field 'type' must be one of 'event', 'pageview', 'probe'; got 'Pageview'."),
        Exchange(
            #"{"type":"\#(String(repeating: "x", count: 100))"}"#, 400,
            "Invalid request body: field 'type' must be one of 'event', 'pageview', 'probe'; got '\(String(repeating: "x", count: 60))...'."
        ),
        Exchange(
            #"{"type":"a\"b\\c\n\u0001"}"#, 400,
            #"Invalid request body: field 'type' must be one of 'event', 'pageview', 'probe'; got 'a\"b\\c\n\u0001'."#),
        Exchange(
            #"{"type":"pageview","path":"/","payload":5}"#, 400, "Invalid request body: field 'payload' must be an object; got a number."),
        Exchange(
            #"{"type":"pageview","path":"/","payload":[]}"#, 400, "Invalid request body: field 'payload' must be an object; got an array."),
    ]

    @Test("anything else is a 400 that says what is wrong", arguments: Profile.available)
    func refusals(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            for exchange in Self.refused { try await exchange.check(app) }
            #expect(try await app.activity("path").isEmpty)
            let bodies = Self.refused.filter {
                $0.answer.contains("JSON") || $0.answer.contains("an array of objects") || $0.answer.contains("'events'")
                    || $0.answer.contains("the array")
            }.count
            let types = Self.refused.filter { $0.answer.contains("'type'") }.count
            #expect(bodies + types + 2 == Self.refused.count)
            #expect(
                try await app.ledger() == [
                    "12:00 received \(Self.refused.count) = stored 0 + duplicate 0 + waiting 0 + invalid_body \(bodies) + invalid_event 2 + unknown_type \(types)"
                ])
        }
    }

    static let batches: [Exchange] = [
        Exchange(
            #"[{"type":"pageview","path":"/a"},{"type":"nope"},5,{"type":"pageview"},{"type":"pageview","path":"/b","timestamp":"soon"},null,[]]"#,
            200,
            exactly: #"{"accepted":1,"errors":["#
                + #"{"error":"Invalid request body: field 'type' must be one of 'event', 'pageview', 'probe'; got 'nope'.","index":1},"#
                + #"{"error":"Invalid request body: an event must be an object; got a number.","index":2},"#
                + #"{"error":"Invalid request body: missing required field 'path'.","index":3},"#
                + #"{"error":"Invalid request body: field 'timestamp' must be ISO 8601 or epoch milliseconds, at most 10 years in the past or 10 minutes in the future; got 'soon'.","index":4},"#
                + #"{"error":"Invalid request body: an event must be an object; got null.","index":5},"#
                + #"{"error":"Invalid request body: an event must be an object; got an array.","index":6}],"ok":false}"#),
        Exchange(
            #"{"events":[{"type":"pageview"}]}"#, 400,
            exactly: #"{"accepted":0,"errors":[{"error":"Invalid request body: missing required field 'path'.","index":0}],"ok":false}"#),
        Exchange(
            #"[[]]"#, 400,
            exactly:
                #"{"accepted":0,"errors":[{"error":"Invalid request body: an event must be an object; got an array.","index":0}],"ok":false}"#
        ),
        Exchange(
            #"[{"events":[{"type":"pageview","path":"/"}]}]"#, 400,
            exactly: #"{"accepted":0,"errors":[{"error":"Invalid request body: missing required field 'type'.","index":0}],"ok":false}"#),
        Exchange(
            #"[{"type":"probe","label":"cursed"},{"type":"probe","label":"fine"}]"#, 200,
            exactly:
                #"{"accepted":1,"errors":[{"error":"Invalid request body: field 'label' must not be 'cursed'.","index":0}],"ok":false}"#),
    ]

    @Test("each event of a batch is checked separately, and the response says which were rejected and why", arguments: Profile.available)
    func batches(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            for exchange in Self.batches { try await exchange.check(app) }
            #expect(try await app.activity("path") == ["/a"])
            #expect(try await app.lines("SELECT label FROM probe_facts") == ["fine"])
            #expect(
                try await app.ledger() == [
                    "12:00 received 12 = stored 2 + duplicate 0 + waiting 0 + invalid_event 7 + invalid_timestamp 1 + unknown_type 2"
                ])
        }
    }

    @Test("a batch may hold 1,000 events; 1,001 are rejected as a whole", arguments: Profile.available)
    func batchSize(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            func batch(_ count: Int) -> String {
                "[" + (0..<count).map { #"{"type":"pageview","path":"/\#($0)"}"# }.joined(separator: ",") + "]"
            }
            try await Exchange(batch(1_000), 200, exactly: #"{"accepted":1000,"ok":true}"#).check(app)
            for body in [batch(1_001), #"{"events":\#(batch(1_001))}"#] {
                try await Exchange(body, 400, "Invalid request body: 1001 events in one request; at most 1000 are accepted.").check(app)
            }
            #expect(try await app.stats("pageviews") == 1_000)
            #expect(try await app.ledger() == ["12:00 received 1002 = stored 1000 + duplicate 0 + waiting 0 + too_many_events 2"])
        }
    }

    @Test("the batch limit is configurable", arguments: Profile.available)
    func batchSetting(profile: Profile) async throws {
        try await TestApp.collecting(profile, yaml: "limits: {batch_events: 2}") { app in
            let event = #"{"type":"pageview","path":"/"}"#
            try await Exchange("[\(event),\(event)]", 200, exactly: #"{"accepted":2,"ok":true}"#).check(app)
            try await Exchange(
                "[\(event),\(event),\(event)]", 400, "Invalid request body: 3 events in one request; at most 2 are accepted."
            ).check(app)
            try await Exchange("[]", 400, "Invalid request body: the array contains no events; 1 to 2 are accepted.").check(app)
        }
    }
}

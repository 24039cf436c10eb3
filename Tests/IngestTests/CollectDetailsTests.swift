import AllModules
import Core
import Testing
import TestSupport

/// A bad detail never costs the event, and a bad event never costs the batch; every adjustment is counted.
@Suite("Collect: odd details", .modules(.all))
struct CollectDetailsTests {
    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    /// A pageview's fields, what is stored as `path|title|screen|language|referrer`, and the adjustments in the ledger.
    static let views: [(fields: String, stored: String, adjusted: String)] = [
        (#""path":"/a","screen":"0x0""#, "/a||||", "screen"), (#""path":"/b","screen":"undefinedxundefined""#, "/b||||", "screen"),
        (#""path":"/c","screen":"412.5x915""#, "/c||413x915||", "screen"), (#""path":"/d","screen":"1920x1080""#, "/d||1920x1080||", ""),
        (#""path":"/e","screen":5,"title":null"#, "/e||||", "left_out"),
        (#""path":"/f","screen":"\#(repeated("9", 50))""#, "/f||||", "screen too_long"),
        (#""path":"/g","title":"\#(repeated("é", 501))""#, "/g|\(repeated("é", 500))|||", "too_long"),
        (#""path":"/h","title":"\#(repeated("é", 500))""#, "/h|\(repeated("é", 500))|||", ""),
        (#""path":"/i","title":"half \ud83d""#, "/i|half \u{FFFD}|||", "characters"),
        (#""path":"/j","title":"n\u0000l""#, "/j|n\u{FFFD}l|||", "characters"),
        (#""path":"/k","title":["a"],"language":7"#, "/k||||", "left_out"),
        (#""path":"/l","language":"de-AT,de;q=0.9,\#(repeated("en;q=0.1,", 9))""#, "/l|||de-AT|", "too_long"),
        (
            #""path":"/m","referrer":"https://a.example/\#(repeated("x", 9_000))""#, "/m||||https://a.example/\(repeated("x", 2_030))",
            "too_long"
        ),
        (#""path":"/\#(repeated("n", 2_048))""#, "/\(repeated("n", 2_047))||||", "too_long"),
        (#""path":"/\#(repeated("o", 9_000))""#, "/\(repeated("o", 2_047))||||", "too_long"),
        (#""path":"/p?\#(repeated("q", 4_000))""#, "/p||||", ""), (#""path":"/q\u0000""#, "/q\u{FFFD}||||", "characters"),
        (#""path":"/r","payload":{"title":"\u0000"},"title":"flat""#, "/r|\u{FFFD}|||", "characters"),
        (#""path":"/s","other":1e400,"more":[100000000000000000000]"#, "/s||||", "number"),
        (#""path":"/t","title":"\#(repeated("x", 600))\u0000","screen":"1x""#, "/t|\(repeated("x", 500))|||", "characters screen too_long"),
        (#""path":"https://example.com/u?v#w""#, "/u||||", ""),
        (#""path":"/v","x":\#(repeated("[", 80))\#(repeated("]", 80))"#, "/v||||", "too_deep"),
    ]

    @Test("of a pageview are truncated, replaced or dropped, whether it is sent alone or in a batch", arguments: Profile.available)
    func views(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            var counted: [String: Int] = [:]
            for (index, view) in Self.views.enumerated() {
                let id = #""type":"pageview","visitor_id":"single \#(index)","timestamp":"2026-03-02T10:00:\#(index + 10)Z""#
                try await Exchange("{\(id),\(view.fields)}").check(app)
                for name in view.adjusted.split(separator: " ") { counted[String(name), default: 0] += 2 }
            }
            let batch = Self.views.enumerated().map {
                #"{"type":"pageview","visitor_id":"batch \#($0)","timestamp":"2026-03-02T11:00:\#($0 + 10)Z",\#($1.fields)}"#
            }
            try await Exchange("[\(batch.joined(separator: ","))]", 200, exactly: #"{"accepted":\#(batch.count),"ok":true}"#).check(app)
            let stored = try await app.activity("path || '|' || title || '|' || screen || '|' || language || '|' || referrer")
            #expect(stored == Self.views.map(\.stored) + Self.views.map(\.stored))
            let total = Self.views.count * 2
            let told = counted.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: " ")
            #expect(try await app.ledger() == ["12:00 received \(total) = stored \(total) + duplicate 0 + waiting 0, adjusted: \(told)"])
            #expect(try await app.metric("ingest_adjusted_events_total").filter { $0.value > 0 } == counted)
        }
    }

    /// An invalid value in a field that must not be guessed costs the event, but no other event of the batch.
    static let refused: [(event: String, sentence: String)] = [
        (#"{"type":"pageview","path":7}"#, "field 'path' must be a string of 1 to 8192 characters; got 7."),
        (#"{"type":"pageview","title":"a"}"#, "missing required field 'path'."),
        (#"{"type":"event","name":"\#(repeated("n", 201))"}"#, "field 'name' must be a string of 1 to 200 characters; got 201 characters."),
        (
            #"{"type":"event","name":"a","event_id":"\#(repeated("n", 201))"}"#,
            "field 'event_id' must be a string of 1 to 200 characters; got 201 characters."
        ),
        (
            #"{"type":"event","name":"a","visitor_id":"\#(repeated("n", 201))"}"#,
            "field 'visitor_id' must be a string of 1 to 200 characters; got 201 characters."
        ),
        (
            #"{"type":"event","name":"a","session_id":"\#(repeated("n", 201))"}"#,
            "field 'session_id' must be a string of 1 to 200 characters; got 201 characters."
        ),
        (
            #"{"type":"event","name":"a","visitor_id":18446744073709551616,"event_id":5}"#,
            "field 'event_id' must be a string of 1 to 200 characters; got 5."
        ),
        (#"{"type":"event","name":"a","consent_granted":"yes"}"#, "field 'consent_granted' must be true or false; got 'yes'."),
        (#"{"type":"probe","label":"\#(repeated("n", 50))","amount":1,"timestamp":true}"#, Self.timestamp("a boolean")),
    ]

    private static func timestamp(_ came: String) -> String {
        "field 'timestamp' must be ISO 8601 or epoch milliseconds, at most 10 years in the past or 10 minutes in the future; got \(came)."
    }

    @Test("ids, required fields and consent must be exact", arguments: Profile.available)
    func exact(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            for (event, sentence) in Self.refused { try await Exchange(event, 400, "Invalid request body: \(sentence)").check(app) }
            let batch = Self.refused.map(\.event) + [#"{"type":"pageview","path":"/kept"}"#]
            let answer = try await app.collect("[\(batch.joined(separator: ","))]")
            #expect(answer.body.hasPrefix(#"{"accepted":1,"errors":["#))
            #expect(try await app.activity("path") == ["/kept"])
            #expect(
                try await app.ledger() == [
                    "12:00 received 19 = stored 1 + duplicate 0 + waiting 0 + invalid_event 16 + invalid_timestamp 2"
                ])
        }
    }

    /// Each timestamp as sent, the instant stored (nil if it is rejected), and whether the ledger counts it as adjusted.
    static let timestamps: [(sent: String, stored: String?, isOdd: Bool)] = [
        ("1772445600000", "1772445600000", false), ("1772445600000.0", "1772445600000", false), ("1772445601000.96", "1772445601000", true),
        (#""1772445602000""#, "1772445602000", true),
        (#"" 1772445603000.5 ""#, "1772445603000", true), (#""2026-03-02T10:00:04Z""#, "1772445604000", false),
        ("1.772445605e12", "1772445605000", false),
        ("1772445600", nil, false), ("1e300", nil, false), ("-1e300", nil, false), ("1e400", nil, false),
        ("100000000000000000000", nil, false), (#""soon""#, nil, false), (#""NaN""#, nil, false),
        ("{}", nil, false), (#""0x19""#, nil, false), (repeated("9", 401), nil, false), ("1" + repeated("0", 5_000), nil, false),
        (#""\#(repeated("9", 401))""#, nil, false),
        ("1.5e-9223372036854775808", nil, false), ("-9223372036854775808", nil, false), ("9223372036854775807", nil, false),
    ]

    @Test("a timestamp may have a fraction or be quoted, and is rejected when out of range", arguments: Profile.available)
    func timestamps(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            for (sent, stored, _) in Self.timestamps {
                let answer = try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"v","timestamp":\#(sent)}"#)
                #expect(answer.status == (stored == nil ? 400 : 200), "\(sent): \(answer.body)")
                if stored == nil {
                    #expect(answer.body.contains("field 'timestamp' must be ISO 8601 or epoch milliseconds"), "\(sent): \(answer.body)")
                }
            }
            #expect(try await app.activity("occurred_at") == Self.timestamps.compactMap(\.stored))
            let kept = Self.timestamps.count { $0.stored != nil }, refused = Self.timestamps.count - kept
            #expect(
                try await app.ledger() == [
                    "12:00 received \(Self.timestamps.count) = stored \(kept) + duplicate 0 + waiting 0 + invalid_timestamp \(refused), adjusted: timestamp 3"
                ])
        }
    }

    @Test("keeps as many free-form properties as fit, in order, after truncating long strings", arguments: Profile.available)
    func properties(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            let many = (0..<120).map { #""k\#($0)":\#($0)"# }.joined(separator: ",")
            let items = (0..<40).map { #"{"id":\#($0),"n":"x","q":1}"# }.joined(separator: ",")
            for (name, data) in [
                ("long", #"{"html":"\#(Self.repeated("<", 40_000))","order_id":"A1"}"#), ("many", "{\(many)}"),
                ("items", #"{"items":[\#(items)],"last":1}"#),
                ("text", #""{x}""#), ("spelled", #"" {\"items\": [1, 2]} ""#), ("spelled list", #""[1]""#),
                ("nul", #"{"a\u0000":"b\u0000","c":"\ud83d"}"#),
            ] { try await Exchange(#"{"type":"event","name":"\#(name)","data":\#(data)}"#).check(app) }
            func data(_ name: String) async throws -> JSON { try JSON.parse(try await app.activity("data", where: "name = \(name)")[0]) }
            let long = try await data("long")
            #expect(long["html"]?.string == Self.repeated("<", 1_000) && long["order_id"]?.string == "A1")
            #expect(try await data("many").members.map(\.name) == (0..<100).map { "k\($0)" })
            let kept = try await data("items")["items"]?.elements.map(\.members.count)
            #expect(kept == Array(repeating: 3, count: 33))
            #expect(
                try await app.activity("coalesce(data, '-')", where: "name IN ('text', 'spelled', 'spelled list', 'nul')").sorted() == [
                    "-", "-", "{\"a\u{FFFD}\":\"b\u{FFFD}\",\"c\":\"\u{FFFD}\"}", "{\"items\":[1,2]}",
                ])
            #expect(
                try await app.ledger() == [
                    "12:00 received 7 = stored 7 + duplicate 0 + waiting 0, adjusted: characters 1 json 1 left_out 2 too_long 3"
                ])
        }
    }

    @Test("stores at most 32 KB of free-form properties, whatever they consist of", arguments: Profile.available)
    func propertyBytes(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            let parts = ["[]", "{}", "0.1234567890123456", "null", #""\u0001""#, #""\"\\""#, "[[{}]]"]
            for (index, part) in parts.enumerated() {
                let list = Array(repeating: part, count: 20_000).joined(separator: ",")
                try await Exchange(#"{"type":"event","name":"n\#(index)","data":{"a":[\#(list)]}}"#).check(app)
            }
            let kept = try await app.activity("data").map { $0.utf8.count }
            #expect(kept.count == parts.count && kept.allSatisfy { (32_740...32_768).contains($0) }, "\(kept)")
            let empty = try JSON.parse(try await app.activity("data", where: "name = 'n0'")[0])
            #expect(empty["a"]?.elements.count == 10_920)
            #expect(try await app.ledger() == ["12:00 received 7 = stored 7 + duplicate 0 + waiting 0, adjusted: too_long 7"])
        }
    }

    @Test(
        "numbers beyond 64 bits keep their digits, and one beyond every numeric type doesn't cost the event", arguments: Profile.available)
    func numbers(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            let ids = [
                "18446744073709551614", "18446744073709551615", "9223372036854775808", "100000000000000000001", "100000000000000000002",
                "-9223372036854775809", "1e400",
            ]
            let events = ids.map { #"{"type":"event","name":"buy","data":{"id":\#($0)}}"# }
            try await Exchange("[\(events.joined(separator: ","))]", 200, exactly: #"{"accepted":7,"ok":true}"#).check(app)
            for id in ids {
                let events = try await app.get("/api/v1/events?filter=data.id:\(id)").json()["data"]?.elements.first?["count"]?.integer
                #expect(events == 1, "\(id)")
            }
            #expect(try await app.ledger() == ["12:00 received 7 = stored 7 + duplicate 0 + waiting 0, adjusted: number 4"])
        }
    }

    @Test("invalid UTF-8 and a byte order mark don't cost the event", arguments: Profile.available)
    func bytes(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            let marked: [UInt8] = [0xEF, 0xBB, 0xBF] + Array(#"{"type":"pageview","path":"/bom"}"#.utf8)
            let latin: [UInt8] = Array(#"[{"type":"pageview","path":"/latin","title":"caf"#.utf8) + [0xE9] + Array(#""}]"#.utf8)
            for bytes in [marked, latin] {
                let answer = try await app.collect(bytes: bytes)
                #expect(answer.status == 200, "\(answer.body)")
            }
            #expect(try await app.activity("path || title").sorted() == ["/bom", "/latincaf\u{FFFD}"])
            #expect(try await app.ledger() == ["12:00 received 2 = stored 2 + duplicate 0 + waiting 0, adjusted: characters 1"])
        }
    }

    @Test("modules' own fields are adjusted in the same way", arguments: Profile.available)
    func modules(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let odd = [
                #"{"type":"js_error","message":"a\u0000b","stack":7,"lineno":-1,"release":"\#(Self.repeated("r", 201))"}"#,
                #"{"type":"log","level":"warn","message":"m","body":"text","environment":5}"#,
                #"{"type":"outlink","url":"https://a.example/","link_type":"internal"}"#,
                #"{"type":"search_query","query":"\#(Self.repeated("q", 3_000))","results_count":-1}"#,
                #"{"type":"search_query","query":"q","results_count":1.5}"#,
                #"{"type":"scroll_depth","path":"/","max_depth":50.5}"#, #"{"type":"web_vital","name":"LCP","value":1,"rating":"great"}"#,
                #"{"type":"pageview","path":"/","utm_source":"\#(Self.repeated("u", 300))","utm_medium":5}"#,
            ]
            try await Exchange("[\(odd.joined(separator: ","))]", 200, exactly: #"{"accepted":8,"ok":true}"#).check(app)
            #expect(try await app.lines("SELECT message, stack, line, release FROM error_tracking_errors") == ["a\u{FFFD}b  - -"])
            #expect(try await app.lines("SELECT message, data, environment FROM logs_entries") == ["m - production"])
            #expect(try await app.lines("SELECT link_type FROM outlinks_clicks") == ["external"])
            #expect(try await app.lines("SELECT max_depth FROM scroll_depths") == ["51"])
            #expect(try await app.lines("SELECT results_count FROM search_queries WHERE term = 'q'") == ["2"])
            #expect(
                try await app.ledger() == [
                    "12:00 received 8 = stored 8 + duplicate 0 + waiting 0, adjusted: characters 1 left_out 6 number 2 too_long 2"
                ])
        }
    }
}

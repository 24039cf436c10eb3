import Core
import ErrorTrackingModule
import Testing
import TestSupport

@Suite("Error reports", .modules(ErrorTrackingModule.self))
struct ErrorReportTests {
    /// Three occurrences of "Boom" for two visitors, one of "Bang", and one before the range.
    private static func errors(_ app: TestApp) async throws {
        try await app.fail("Boom 1", #""path":"/old","release":"1.0""#, visitor: "eve", at: "2026-01-10T08:00:00Z")
        try await app.fail("Boom 2", #""path":"/a?token=x","release":"1.1""#, at: "2026-02-28T10:00:00Z")
        try await app.fail(
            "Boom 3", #""path":"/b","release":"1.1","environment":"staging""#, visitor: "bob", at: "2026-03-01T23:59:59.999Z")
        try await app.fail(
            "Boom 4", #""path":"/c","release":"1.2","filename":"https://ada:secret@acme.com/a.js","lineno":3,"colno":7"#,
            at: "2026-03-02T11:00:00Z")
        try await app.fail("Bang", visitor: "bob", at: "2026-03-02T11:30:00Z")
    }

    private static let range = "start_at=2026-02-28&end_at=2026-03-02"

    @Test("groups by fingerprint, most frequent first; first and last seen cover all time", arguments: Profile.available)
    func groups(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await Self.errors(app)
            // The error with a filename differs from those without.
            let boom = fingerprint("Boom 2"), withFile = fingerprint("Boom 4", filename: "https://acme.com/a.js"),
                bang = fingerprint("Bang")
            let answer = try await app.get("/api/v1/errors?\(Self.range)")
            #expect(
                answer.body == #"{"data":["#
                    + #"{"affected_visitors":2,"count":2,"environment":"staging","fingerprint":"\#(boom)","first_seen":"2026-01-10T08:00:00Z","last_seen":"2026-03-01T23:59:59.999Z","latest_browser":"Chrome 130","latest_path":"/b","message":"Boom 3","paths":2,"release":"1.1","source_map_configured":false,"status":"open","top_path":"/a"},"#
                    + #"{"affected_visitors":1,"count":1,"environment":"production","fingerprint":"\#(bang)","first_seen":"2026-03-02T11:30:00Z","last_seen":"2026-03-02T11:30:00Z","latest_browser":"Chrome 130","latest_path":"","message":"Bang","paths":1,"release":null,"source_map_configured":false,"status":"open","top_path":""},"#
                    + #"{"affected_visitors":1,"count":1,"environment":"production","fingerprint":"\#(withFile)","first_seen":"2026-03-02T11:00:00Z","last_seen":"2026-03-02T11:00:00Z","latest_browser":"Chrome 130","latest_path":"/c","message":"Boom 4","paths":1,"release":"1.2","source_map_configured":false,"status":"open","top_path":"/c"}]}"#
            )
            #expect(try await app.errors("?\(Self.range)&limit=1&offset=1", "count") == ["Bang 1"])
            #expect(try await app.errors("?\(Self.range)&release=1.1", "count") == ["Boom 3 2"])
            #expect(try await app.errors("?\(Self.range)&release=1.1&environment=production", "count") == ["Boom 2 1"])
            #expect(try await app.get("/api/v1/errors?start_at=2025-01-01&end_at=2025-02-01").body == #"{"data":[]}"#)
        }
    }

    @Test("names the page with the most occurrences, not the latest, and breaks occurrences down", arguments: Profile.available)
    func breakdown(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            for (path, visitor, more) in [
                ("/app", "ada", #","release":"1.0""#), ("/app", "ada", #","release":"1.1""#), ("/app", "bob", ""), ("/", "bob", ""),
                ("/docs", "cy", ""),
            ] { try await app.fail("Boom", #""path":"\#(path)"\#(more)"#, visitor: visitor) }
            try await app.fail("Bang", #""path":"/other""#)
            let hex = fingerprint("Boom")
            #expect(
                try await app.errors("", "count", "paths", "top_path", "latest_path") == [
                    #"Boom 5 3 "/app" "/docs""#, #"Bang 1 1 "/other" "/other""#,
                ])
            // Only occurrences that match the filter count.
            #expect(try await app.errors("?release=1.1", "count", "paths", "top_path") == [#"Boom 1 1 "/app""#])
            #expect(
                try await app.get("/api/v1/errors/breakdown?fingerprint=\(hex)").body == #"{"data":["#
                    + #"{"affected_visitors":2,"count":3,"percentage":60,"value":"/app"},{"affected_visitors":1,"count":1,"percentage":20,"value":"/"},"#
                    + #"{"affected_visitors":1,"count":1,"percentage":20,"value":"/docs"}]}"#)
            #expect(
                try await app.get("/api/v1/errors/breakdown?property=release&fingerprint=\(hex)&limit=1").body
                    == #"{"data":[{"affected_visitors":2,"count":3,"percentage":60,"value":null}]}"#)
            #expect(
                try await app.get("/api/v1/errors/breakdown?property=browser").body
                    == #"{"data":[{"affected_visitors":3,"count":6,"percentage":100,"value":"Chrome"}]}"#)
            #expect(try await app.get("/api/v1/errors/breakdown?start_at=2025-01-01&end_at=2025-01-02").body == #"{"data":[]}"#)
            #expect(try await app.get("/api/v1/errors/breakdown?property=message").status == 400)
        }
    }

    @Test("counts by day, including empty days", arguments: Profile.available)
    func timeseries(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await Self.errors(app)
            #expect(
                try await app.get("/api/v1/errors/timeseries?start_at=2026-02-27&end_at=2026-03-02").body
                    == #"{"data":[{"count":0,"date":"2026-02-27"},{"count":1,"date":"2026-02-28"},{"count":1,"date":"2026-03-01"},{"count":2,"date":"2026-03-02"}]}"#
            )
            #expect(
                try await app.get("/api/v1/errors/timeseries?start_at=2026-03-02&end_at=2026-03-02&fingerprint=\(fingerprint("Bang"))").body
                    == #"{"data":[{"count":1,"date":"2026-03-02"}]}"#)
            #expect(
                try await app.get("/api/v1/errors/timeseries?start_at=2026-03-02T10:00:00Z&end_at=2026-03-02T12:00:00Z&interval=hour").body
                    == #"{"data":[{"count":0,"date":"2026-03-02T10:00"},{"count":2,"date":"2026-03-02T11:00"}]}"#)
        }
    }

    @Test("returns totals", arguments: Profile.available)
    func stats(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await Self.errors(app)
            #expect(
                try await app.get("/api/v1/errors/stats?\(Self.range)").body
                    == #"{"affected_visitors":2,"releases":[{"count":2,"release":"1.1"},{"count":1,"release":"1.2"}],"total_errors":4,"unique_errors":3}"#
            )
            #expect(
                try await app.get("/api/v1/errors/stats?start_at=2025-01-01&end_at=2025-01-02").body
                    == #"{"affected_visitors":0,"releases":[],"total_errors":0,"unique_errors":0}"#)
        }
    }

    @Test("lists occurrences by message or fingerprint, newest first, with the session's earlier activity", arguments: Profile.available)
    func details(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            // Activity of another visitor, of another session or after the error isn't included.
            try await app.collect(#"{"type":"pageview","path":"/old","visitor_id":"ada","timestamp":"2026-03-02T09:00:00Z"}"#)
            try await app.collect(
                #"{"type":"pageview","path":"/shop","title":"Shop","visitor_id":"ada","timestamp":"2026-03-02T10:58:00Z"}"#)
            try await app.collect(#"{"type":"pageview","path":"/other","visitor_id":"bob","timestamp":"2026-03-02T10:58:30Z"}"#)
            try await app.collect(#"{"type":"event","name":"buy","path":"/shop","visitor_id":"ada","timestamp":"2026-03-02T10:59:00Z"}"#)
            try await app.fail("Boom", #""stack":"Error: Boom\n    at buy (https://u:p@acme.com/a.js?v=1:3:7)","release":"1.2""#)
            try await app.collect(#"{"type":"pageview","path":"/later","visitor_id":"ada","timestamp":"2026-03-02T11:01:00Z"}"#)
            let hex = fingerprint("Boom", stack: "at buy (https://acme.com/a.js?v=1:3:7)")
            let expected =
                #"{"data":[{"breadcrumbs":[{"at":"2026-03-02T10:58:00Z","label":"Shop","path":"/shop","type":"pageview"},{"at":"2026-03-02T10:59:00Z","label":"buy","path":"/shop","type":"event"}],"#
                + #""browser":"Chrome 130","colno":7,"created_at":"2026-03-02T11:00:00Z","environment":"production","filename":"https://acme.com/a.js?v=1","fingerprint":"\#(hex)","#
                + #""frames":[{"colno":7,"filename":"https://acme.com/a.js?v=1","function":"buy","lineno":3,"original":null}],"lineno":3,"matched_source_map":null,"message":"Boom","os":"Linux","path":"/shop","release":"1.2","#
                + #""stack":"Error: Boom\n    at buy (https://acme.com/a.js?v=1:3:7)"}]}"#
            #expect(try await app.get("/api/v1/errors/details?message=Boom").body == expected)
            #expect(try await app.get("/api/v1/errors/details?fingerprint=\(hex)").body == expected)
            #expect(try await app.get("/api/v1/errors/details?fingerprint=\(hex.uppercased())&release=1.2").body == expected)
            #expect(try await app.get("/api/v1/errors/details?message=Boom&release=1.3").body == #"{"data":[]}"#)
            #expect(
                try await app.get("/api/v1/errors/details").body
                    == #"{"error":"Invalid query parameter 'fingerprint': 'message' or 'fingerprint' is required; got neither."}"#)
            #expect(
                try await app.get("/api/v1/errors/details?fingerprint=12").body
                    == #"{"error":"Invalid query parameter 'fingerprint': must be 32 hexadecimal digits; got '12'."}"#)
        }
    }

    @Test("returns 20 occurrences by default; those at the same time are ordered by arrival, last first")
    func limit() async throws {
        try await TestApp.run { app in
            let events = (1...25).map {
                #"{"type":"js_error","visitor_id":"ada","timestamp":"2026-03-02T11:00:00Z","message":"Boom","path":"/\#($0)"}"#
            }
            try await app.collect("[\(events.joined(separator: ","))]")
            func paths(_ query: String) async throws -> [String] {
                try await app.get("/api/v1/errors/details?message=Boom" + query).json()["data"]?.elements.compactMap { $0["path"]?.string }
                    ?? []
            }
            #expect(try await paths("") == (6...25).reversed().map { "/\($0)" })
            #expect(try await paths("&limit=2&offset=3") == ["/22", "/21"])
        }
    }

    @Test("a 200 KB stack and a huge message are cut", arguments: Profile.available)
    func long(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let line = #"    at f (https://acme.com/a.js:1:1)\n"#
            try await app.fail(
                "x" + String(repeating: "ü", count: 5_000), #""stack":"\#(String(repeating: line, count: 200_000 / line.count))""#)
            let one = try #require(try await app.errors().first)
            #expect(one["message"]?.string == "x" + String(repeating: "ü", count: 1_999))
            let answer = try await app.get("/api/v1/errors/details?fingerprint=\(one["fingerprint"]?.string ?? "")")
            let occurrence = try #require(try answer.json()["data"]?.elements.first)
            let kept = occurrence["stack"]?.string ?? ""
            #expect(kept.utf8.count <= 16_384 && kept.utf8.count > 16_000)
            #expect(occurrence["frames"]?.elements.count == 50)
        }
    }

    @Test(
        "rejects an invalid error with a message",
        arguments: [
            (#"{"type":"js_error"}"#, "missing required field 'message'."),
            (#"{"type":"js_error","message":""}"#, "field 'message' must be a string of 1 to 1000000 characters; got 0 characters."),
            (#"{"type":"js_error","message":7,"stack":"a"}"#, "field 'message' must be a string of 1 to 1000000 characters; got 7."),
        ])
    func refused(body: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.collect(body)
            #expect(answer.status == 400)
            #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
        }
    }

    @Test("a visitor's export includes their errors, and an erasure deletes them", arguments: Profile.available)
    func visitor(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await Self.errors(app)
            let path = "/api/admin/projects/\(app.project.id)/privacy/visitors/bob"
            let export = try await app.get(path + "/export", as: .token)
            let own = try export.json()["telemetry"]?["error_tracking_errors"]?.elements.compactMap { $0["message"]?.string }
            #expect(own == ["Boom 3", "Bang"])
            let erased = try await app.delete(path, as: .token)
            #expect(erased.status == 204)
            #expect(try await app.errors("?start_at=2026-01-01", "count") == ["Boom 2 2", "Boom 4 1"])
        }
    }
}

import Common
import Foundation
import Testing
import TestSupport

/// The expected numbers are computed by hand. Ada comes from Google and reads three pages; Bob bounces; Cy comes back after 30 minutes.
@Suite("Core reports", .modules())
struct CoreReportTests {
    /// 2026-03-01: ada 10:00 / 10:01 /pricing 10:03 signup 10:04 /docs; bob 10:00 /; cy 11:00 /docs 11:30:00.000 /docs (same
    /// session: exactly 30 minutes) 12:00:00.001 / (a new one).
    private static let day: [String] = [
        #"{"type":"pageview","visitor_id":"ada","path":"/","referrer":"https://www.google.com/","timestamp":"2026-03-01T10:00:00Z"}"#,
        #"{"type":"pageview","visitor_id":"bob","path":"/","timestamp":"2026-03-01T10:00:00Z"}"#,
        #"{"type":"pageview","visitor_id":"ada","path":"/pricing","timestamp":"2026-03-01T10:01:00Z"}"#,
        #"{"type":"event","visitor_id":"ada","name":"signup","path":"/pricing","data":{"plan":"pro"},"timestamp":"2026-03-01T10:03:00Z"}"#,
        #"{"type":"pageview","visitor_id":"ada","path":"/docs","timestamp":"2026-03-01T10:04:00Z"}"#,
        #"{"type":"pageview","visitor_id":"cy","path":"/docs","timestamp":"2026-03-01T11:00:00Z"}"#,
        #"{"type":"pageview","visitor_id":"cy","path":"/docs","timestamp":"2026-03-01T11:30:00Z"}"#,
        #"{"type":"pageview","visitor_id":"cy","path":"/","timestamp":"2026-03-01T12:00:00.001Z"}"#,
    ]

    @Test("return what was sent", arguments: Profile.available)
    func answers(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.day) { app in
            let day = "start_at=2026-03-01&end_at=2026-03-01"
            // 4 sessions: ada 240 s, bob 0, cy 1,800 s and 0: 2,040 / 4 = 510. Bounces: bob and cy's second: 50 %.
            try await app.expect(
                "/api/v1/stats?\(day)",
                answers: #"{"current":{"avg_duration":510,"bounce_rate":50,"events":1,"#
                    + #""pageviews":7,"sessions":4,"visitors":3},"previous":{"avg_duration":0,"bounce_rate":0,"events":0,"pageviews":0,"#
                    + #""sessions":0,"visitors":0}}"#)
            try await app.expect(
                "/api/v1/stats/timeseries?\(day)", answers: #"{"data":[{"date":"2026-03-01","pageviews":7,"sessions":4,"visitors":3}]}"#)
            // "/" was viewed for 60 s by ada, 0 by bob and cy: 20 s. "/docs" for 0, 1,800 and 0: 600 s. "/pricing" 180 s.
            try await app.expect(
                "/api/v1/pages?\(day)",
                answers: #"{"data":[{"avg_duration":20,"path":"/","unique_views":3,"views":3},"#
                    + #"{"avg_duration":600,"path":"/docs","unique_views":2,"views":3},{"avg_duration":180,"path":"/pricing","unique_views":1,"#
                    + #""views":1}],"total":3}"#)
            try await app.expect(
                "/api/v1/pages?\(day)&limit=1&offset=2",
                answers: #"{"data":[{"avg_duration":180,"path":"/pricing","unique_views":1,"views":1}],"total":3}"#)
            let pastEnd = try await app.get("/api/v1/pages?\(day)&offset=9").body
            #expect(pastEnd == #"{"data":[],"total":3}"#)
            try await app.expect(
                "/api/v1/pages/entry?\(day)",
                answers: #"{"data":[{"bounce_rate":66.7,"path":"/","sessions":3},{"bounce_rate":0,"path":"/docs","sessions":1}],"total":2}"#
            )
            try await app.expect(
                "/api/v1/pages/exit?\(day)",
                answers: #"{"data":[{"exit_rate":66.7,"path":"/","sessions":2},{"exit_rate":66.7,"path":"/docs","sessions":2}],"total":2}"#)
            try await app.expect(
                "/api/v1/referrers?\(day)",
                answers: #"{"data":[{"pageviews":4,"source":"(direct)","visitors":2},{"pageviews":3,"source":"google.com","visitors":1}]}"#)
            let events = try await app.get("/api/v1/events?\(day)").body
            #expect(events == #"{"data":[{"count":1,"name":"signup","unique":1}]}"#)
            try await app.expect(
                "/api/v1/devices?\(day)",
                answers: #"{"browsers":[{"name":"Chrome","percentage":100,"visitors":3}],"#
                    + #""device_types":[{"name":"Desktop","percentage":100,"visitors":3}],"#
                    + #""operating_systems":[{"name":"Linux","percentage":100,"visitors":3}]}"#)
            let geo = try await app.get("/api/v1/geo?\(day)").body
            #expect(geo == #"{"data":[]}"#)
        }
    }

    @Test("count only what happened in the range", arguments: Profile.available)
    func boundaries(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.day) { app in
            func stats(_ range: String) async throws -> JSON { try await app.get("/api/v1/stats?\(range)").json()["current"]! }
            // The start is inclusive, the end exclusive.
            let until = try await stats("start_at=2026-03-01T10:00:00Z&end_at=2026-03-01T10:01:00Z")
            #expect(until["pageviews"]?.integer == 2)
            let from = try await stats("start_at=2026-03-01T10:04:00Z&end_at=2026-03-01T10:04:00.001Z")
            #expect(from["pageviews"]?.integer == 1)
            // Only the part of a session inside the range counts: Ada's second half lasts 60 s and has one page.
            let half = try await stats("start_at=2026-03-01T10:03:00Z&end_at=2026-03-01T10:30:00Z")
            #expect(half["sessions"]?.integer == 1)
            #expect(half["avg_duration"]?.number == 60)
            #expect(half["bounce_rate"]?.number == 100)
            let nothing = try await stats("start_at=2026-02-01&end_at=2026-02-02")
            #expect(nothing["visitors"]?.integer == 0)
        }
    }

    @Test("compare with the previous period", arguments: Profile.available)
    func compares(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.day) { app in
            let answer = try await app.get("/api/v1/events?start_at=2026-03-02&end_at=2026-03-02&compare=previous")
            #expect(answer.body == #"{"data":[],"previous":{"data":[{"count":1,"name":"signup","unique":1}]}}"#)
            let stats = try await app.get("/api/v1/stats?start_at=2026-03-02&end_at=2026-03-02").json()
            #expect(stats["previous"]?["pageviews"]?.integer == 7)
            // Without the comparison, the current period has the same numbers.
            try await app.expect(
                "/api/v1/stats?start_at=2026-03-01&end_at=2026-03-01&compare=none",
                answers: #"{"current":{"avg_duration":510,"bounce_rate":50,"events":1,"pageviews":7,"sessions":4,"visitors":3}}"#)
        }
    }

    @Test("show administrators the statements behind them", arguments: Profile.available)
    func explained(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let refused = try await app.get("/api/v1/stats?explain=sql")
            #expect(refused.body == #"{"error":"API key does not have the required 'admin' scope for 'explain'."}"#)
            let statements = try await app.get("/api/v1/stats?explain=sql", as: .admin).json()["statements"]?.elements ?? []
            // One statement for each period.
            #expect(statements.count { $0["sql"]?.string?.hasPrefix("/* core.overview */ WITH ") == true } == 2)
        }
    }

    @Test(
        "filter", arguments: Profile.available,
        [
            ("source:google.com", 3), ("source!:google.com", 4), ("source~:*oogle*", 3), ("path:/docs", 3), ("path:/docs,/pricing", 4),
            ("path!:/docs", 4), ("path~:/doc*;source:(direct)", 2), ("browser:Firefox", 0), ("entry_page:/docs", 2), ("exit_page:/docs", 5),
            ("event:signup", 0), ("title:", 7), (#"path:\/docs"#, 3), ("path!~:/*", 0), ("country:", 7),
        ])
    func filters(profile: Profile, filter: (String, Int64)) async throws {
        try await TestApp.run(profile, collecting: Self.day) { app in
            let encoded = filter.0.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
            let answer = try await app.get("/api/v1/stats?start_at=2026-03-01&end_at=2026-03-01&filter=\(encoded)").json()
            #expect(answer["current"]?["pageviews"]?.integer == filter.1)
        }
    }

    @Test("count the visitors who are active now", arguments: Profile.available)
    func realtime(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"a"}"#)
            app.time.advance(seconds: 299)
            try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"b"}"#)
            try await app.expect("/api/v1/realtime", answers: #"{"active_visitors":2}"#)
            app.time.advance(seconds: 2)
            try await app.expect("/api/v1/realtime", answers: #"{"active_visitors":1}"#)
            app.time.advance(seconds: 600)
            try await app.expect("/api/v1/realtime", answers: #"{"active_visitors":0}"#)
        }
    }

    @Test(
        "reject an invalid parameter with a message",
        arguments: [
            (
                "start_at=yesterday",
                "Invalid query parameter 'start_at': must be an ISO 8601 date or timestamp such as 2026-03-01 or 2026-03-01T00:00:00Z; got 'yesterday'."
            ),
            (
                "start_at=2026-02-30",
                "Invalid query parameter 'start_at': must be an ISO 8601 date or timestamp such as 2026-03-01 or 2026-03-01T00:00:00Z; got '2026-02-30'."
            ),
            (
                "start_at=2026-03-02&end_at=2026-03-01",
                "Invalid query parameter 'end_at': must be after start_at; got 2026-03-02T00:00:00Z to 2026-03-02T00:00:00Z."
            ),
            (
                "timezone=Mars/Olympus",
                "Invalid query parameter 'timezone': must be an IANA name such as Europe/Berlin; got 'Mars/Olympus'."
            ),
            ("limit=0", "Invalid query parameter 'limit': must be a whole number from 1 to 1000; got '0'."),
            ("limit=ten", "Invalid query parameter 'limit': must be a whole number from 1 to 1000; got 'ten'."),
            ("offset=-1", "Invalid query parameter 'offset': must be a whole number from 0 to 1000000; got '-1'."),
            ("filter=country", "Invalid query parameter 'filter': 'country' has no ':'; write it as country:US,CA."),
            ("compare=next", "Invalid query parameter 'compare': must be one of 'previous'; got 'next'."),
        ])
    func refuses(query: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.get("/api/v1/pages?\(query)")
            #expect(answer.status == 400)
            #expect(try answer.json()["error"]?.string == sentence)
        }
    }
}

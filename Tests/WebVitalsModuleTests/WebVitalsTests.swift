import Common
import Foundation
import Testing
import TestSupport
import WebVitalsModule

/// The expected numbers are computed by hand. The P-th percentile of n values is the one at position ⌈P/100 · n⌉.
@Suite("Web Vitals", .modules(WebVitalsModule.self))
struct WebVitalsTests {
    private func vital(
        _ name: String, _ value: Double, _ path: String = "/", by visitor: String = "ada", at time: String? = nil, _ more: String = ""
    ) -> String {
        let timestamp = time.map { #","timestamp":"\#($0)""# } ?? ""
        return
            #"{"type":"web_vital","name":"\#(name)","value":\#(value),"path":"\#(path)","visitor_id":"\#(visitor)"\#(timestamp)\#(more)}"#
    }

    private func send(_ app: TestApp, _ payloads: [String], as caller: TestApp.Caller = .ingest) async throws {
        let answer = try await app.collect("[\(payloads.joined(separator: ","))]", as: caller)
        #expect(answer.body == #"{"accepted":\#(payloads.count),"ok":true}"#)
    }

    @Test("are summarized by nearest rank and rated at the 75th percentile", arguments: Profile.available)
    func summary(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            // LCP sorted: 500 1000 1500 2000 2500 2600 4000 4100. Positions: 4, 6 and ⌈7.92⌉ = 8.
            try await send(app, [1_000, 2_000, 2_500, 2_600, 4_000, 4_100, 500, 1_500].map { vital("LCP", $0) })
            // Of two values the 50th percentile is the first, the 75th the second. 0.1 and 1800 are on their thresholds.
            try await send(app, [vital("INP", 501), vital("INP", 200), vital("CLS", 0.1), vital("TTFB", 1_800)])
            let answer = try await app.get("/api/v1/webvitals")
            #expect(
                answer.body == #"{"vitals":{"CLS":{"p50":0.1,"p75":0.1,"p99":0.1,"rating":"good"},"#
                    + #""FCP":{"p50":null,"p75":null,"p99":null,"rating":null},"INP":{"p50":200,"p75":501,"p99":501,"rating":"poor"},"#
                    + #""LCP":{"p50":2000,"p75":2600,"p99":4100,"rating":"needs-improvement"},"#
                    + #""TTFB":{"p50":1800,"p75":1800,"p99":1800,"rating":"needs-improvement"}}}"#)
        }
    }

    @Test(
        "are rated by value, regardless of the rating that was sent",
        arguments: [
            ("LCP", 2_500.0, "good"), ("LCP", 2_500.1, "needs-improvement"), ("LCP", 4_000, "needs-improvement"), ("LCP", 4_000.1, "poor"),
            ("FCP", 1_800, "good"), ("FCP", 3_000, "needs-improvement"), ("FCP", 3_001, "poor"),
            ("CLS", 0, "good"), ("CLS", 0.1, "good"), ("CLS", 0.11, "needs-improvement"), ("CLS", 0.25, "needs-improvement"),
            ("CLS", 0.26, "poor"),
            ("INP", 200, "good"), ("INP", 500, "needs-improvement"), ("INP", 501, "poor"),
            ("TTFB", 800, "good"), ("TTFB", 801, "needs-improvement"), ("TTFB", 1_801, "poor"),
        ])
    func ratings(name: String, value: Double, rating: String) async throws {
        try await TestApp.run { app in
            try await send(app, [vital(name, value, "/", by: "ada", #","rating":"\#(rating == "good" ? "poor" : "good")""#)])
            let answer = try await app.get("/api/v1/webvitals").json()
            #expect(answer["vitals"]?[name]?["rating"]?.string == rating)
            #expect(answer["vitals"]?[name]?["p75"]?.number == value)
        }
    }

    private static let iPhone =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"

    /// Ada is in the US on a desktop, Bob in Germany on a phone; Cy's country is unknown.
    private func withPlaces(_ profile: Profile, _ body: @escaping @Sendable (TestApp) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "pulse-vitals-\(UUID().uuidString).mmdb"
        defer { try? FileManager.default.removeItem(atPath: path) }
        func country(_ code: String) -> DatabaseWriter.Value { .map([("country", .map([("iso_code", .text(code))]))]) }
        let writer = DatabaseWriter(networks: [("192.0.2.0/24", country("US")), ("198.51.100.0/24", country("DE"))])
        try Data(writer.file()).write(to: URL(fileURLWithPath: path))
        try await TestApp.run(profile, yaml: "privacy: {geoip_database: \(path)}") { app in
            let ada = #","ip":"192.0.2.7","user_agent":"\#(TestApp.chrome)""#, bob = #","ip":"198.51.100.7","user_agent":"\#(Self.iPhone)""#
            try await send(
                app,
                [
                    vital("LCP", 1_000, "/", by: "ada", ada), vital("LCP", 3_000, "/?utm_source=x", by: "ada", ada),
                    vital("CLS", 0.3, "/", by: "ada", ada),
                    vital("LCP", 5_000, "/docs", by: "bob", bob), vital("TTFB", 100, "/", by: "bob", bob),
                    vital("INP", 90, "/", by: "cy", #","user_agent":"""#),
                ], as: .server)
            try await body(app)
        }
    }

    private func line(_ place: String, samples: Int, _ vitals: [String: (String, String)]) -> String {
        let members = ["CLS", "FCP", "INP", "LCP", "TTFB"].map { name in
            let (p75, rating) = vitals[name].map { ($0.0, "\"\($0.1)\"") } ?? ("null", "null")
            return #""\#(name)_p75":\#(p75),"\#(name)_rating":\#(rating)"#
        }
        // Sorted by name: capitals first, and "country", "device" and "path" before "samples".
        return "{\(members.joined(separator: ",")),\(place),\"samples\":\(samples)}"
    }

    @Test("are broken down by page, device and country", arguments: Profile.available)
    func breakdowns(profile: Profile) async throws {
        try await withPlaces(profile) { app in
            let slow = ("3000", "needs-improvement"), shifty = ("0.3", "poor"), late = ("5000", "poor"), quick = ("100", "good"),
                prompt = ("90", "good")
            func expect(_ path: String, _ lines: String..., at place: SourceLocation = #_sourceLocation) async throws {
                let answer = try await app.get("/api/v1/webvitals/\(path)").body
                #expect(answer == #"{"data":[\#(lines.joined(separator: ","))]}"#, sourceLocation: place)
            }
            let home = line(#""path":"/""#, samples: 5, ["LCP": slow, "CLS": shifty, "TTFB": quick, "INP": prompt])
            let docs = line(#""path":"/docs""#, samples: 1, ["LCP": late])
            try await expect("pages", home, docs)
            try await expect("pages?limit=1&offset=1", docs)
            try await expect("pages?offset=2")
            try await expect("pages?filter=country:DE", line(#""path":"/""#, samples: 1, ["TTFB": quick]), docs)
            let desktop = line(#""device":"Desktop""#, samples: 3, ["LCP": slow, "CLS": shifty])
            let mobile = line(#""device":"Mobile""#, samples: 2, ["LCP": late, "TTFB": quick])
            try await expect("devices", desktop, mobile, line(#""device":"Unknown""#, samples: 1, ["INP": prompt]))
            try await expect("devices?filter=path:/docs", line(#""device":"Mobile""#, samples: 1, ["LCP": late]))
            // Cy's country is unknown.
            try await expect(
                "countries", line(#""country":"US""#, samples: 3, ["LCP": slow, "CLS": shifty]),
                line(#""country":"DE""#, samples: 2, ["LCP": late, "TTFB": quick]))
        }
    }

    @Test(
        "can be filtered by page and by the session's activity", arguments: Profile.available,
        [
            ("", [1_000, 3_000]), ("path:/docs", [3_000]), ("path:/", [1_000]), ("event:signup", [1_000]), ("entry_page:/docs", [3_000]),
            ("event:signup;path:/docs", []), ("browser:Firefox", []), ("browser:Chrome;data.plan:pro", [1_000]), ("title:Docs", [3_000]),
            ("language!:de", [1_000, 3_000]),
        ] as [(String, [Double])])
    func filters(profile: Profile, filter: (String, [Double])) async throws {
        try await TestApp.run(profile) { app in
            try await send(
                app,
                [
                    #"{"type":"pageview","path":"/","visitor_id":"ada"}"#,
                    #"{"type":"event","name":"signup","path":"/","data":{"plan":"pro"},"visitor_id":"ada"}"#,
                    vital("LCP", 1_000, "/", by: "ada"),
                    // A vital without a path belongs to the session's last page.
                    #"{"type":"pageview","path":"/docs","title":"Docs","visitor_id":"bob"}"#, vital("LCP", 3_000, "", by: "bob"),
                ])
            let encoded = filter.0.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
            let lcp = try await app.get("/api/v1/webvitals?filter=\(encoded)").json()["vitals"]?["LCP"]
            #expect(lcp?["p50"]?.number == filter.1.first)
            #expect(lcp?["p99"]?.number == filter.1.last)
        }
    }

    @Test("are reported by day in a time zone", arguments: Profile.available)
    func timeseries(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            // 23:30 in London is 00:30 in Berlin.
            try await send(
                app,
                [
                    vital("LCP", 1_000, at: "2026-02-26T23:30:00Z"), vital("LCP", 1_500, at: "2026-02-27T12:00:00Z"),
                    vital("LCP", 2_000, at: "2026-02-27T22:59:59Z"),
                    vital("LCP", 9_000, at: "2026-03-01T23:00:00Z"), vital("FCP", 7, at: "2026-02-28T12:00:00Z"),
                ])
            let days = "start_at=2026-02-27&end_at=2026-03-01"
            let berlin = try await app.get("/api/v1/webvitals/timeseries?metric=LCP&\(days)&timezone=Europe/Berlin")
            #expect(
                berlin.body
                    == #"{"data":[{"date":"2026-02-27","p75":2000},{"date":"2026-02-28","p75":null},{"date":"2026-03-01","p75":null}],"metric":"LCP"}"#
            )
            let utc = try await app.get("/api/v1/webvitals/timeseries?metric=LCP&\(days)")
            #expect(
                utc.body
                    == #"{"data":[{"date":"2026-02-27","p75":2000},{"date":"2026-02-28","p75":null},{"date":"2026-03-01","p75":9000}],"metric":"LCP"}"#
            )
            let hours = try await app.get(
                "/api/v1/webvitals/timeseries?metric=FCP&interval=hour&start_at=2026-02-28T11:00:00Z&end_at=2026-02-28T13:00:00Z&compare=previous"
            )
            #expect(
                hours.body == #"{"data":[{"date":"2026-02-28T11:00","p75":null},{"date":"2026-02-28T12:00","p75":7}],"metric":"FCP","#
                    + #""previous":{"data":[{"date":"2026-02-28T09:00","p75":null},{"date":"2026-02-28T10:00","p75":null}],"metric":"FCP"}}"#
            )
        }
    }

    @Test("count only in the range, with an inclusive start and an exclusive end", arguments: Profile.available)
    func range(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await send(
                app,
                [
                    vital("FCP", 1, at: "2026-03-01T10:00:00Z"), vital("FCP", 2, at: "2026-03-01T10:00:00.999Z"),
                    vital("FCP", 3, at: "2026-03-01T10:00:01Z"),
                ])
            let answer = try await app.get("/api/v1/webvitals?start_at=2026-03-01T10:00:00Z&end_at=2026-03-01T10:00:01Z&compare=previous")
                .json()
            #expect(answer["vitals"]?["FCP"]?["p50"]?.number == 1)
            #expect(answer["vitals"]?["FCP"]?["p99"]?.number == 2)
            #expect(answer["previous"]?["vitals"]?["FCP"]?["p50"]?.isNull == true)
        }
    }

    @Test(
        "are rejected if no browser could have measured them",
        arguments: [
            (#""name":"LCP","value":-1"#, "field 'value' must be a number from 0.0 to 600000.0; got -1."),
            (#""name":"LCP","value":600000.5"#, "field 'value' must be a number from 0.0 to 600000.0; got 600000.5."),
            (#""name":"CLS","value":300.5"#, "field 'value' must be a number from 0 to 300 for CLS; got 300.5."),
            (#""name":"LCP","value":"NaN""#, "field 'value' must be a number from 0.0 to 600000.0; got 'NaN'."),
            (#""name":"LCP","value":null"#, "missing required field 'value'."),
            (#""name":"LCP","value":NaN"#, "not valid JSON."),
            (#""name":"LCP","value":1e999"#, "field 'value' must be a number from 0.0 to 600000.0; got '1e999'."),
            (#""name":"FID","value":1"#, "field 'name' must be one of 'LCP', 'FCP', 'CLS', 'INP', 'TTFB'; got 'FID'."),
            (#""value":1"#, "missing required field 'name'."),
        ])
    func refusals(fields: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.collect(#"{"type":"web_vital",\#(fields)}"#)
            #expect(answer.status == 400)
            #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
        }
    }

    @Test(
        "reject invalid parameters",
        arguments: [
            ("", "Invalid query parameter 'metric': it is required, and must be one of 'LCP', 'FCP', 'CLS', 'INP', 'TTFB'."),
            ("metric=FID", "Invalid query parameter 'metric': must be one of 'LCP', 'FCP', 'CLS', 'INP', 'TTFB'; got 'FID'."),
            (
                "metric=LCP&start_at=2001-01-01",
                "Invalid query parameter 'interval': the range has 9192 days; the limit is 5000. Request a shorter range."
            ),
        ])
    func parameters(query: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.get("/api/v1/webvitals/timeseries?\(query)")
            #expect(answer.status == 400)
            #expect(try answer.json()["error"]?.string == sentence)
        }
    }
}

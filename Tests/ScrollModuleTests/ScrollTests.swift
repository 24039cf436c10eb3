import Common
import ScrollModule
import Testing
import TestSupport

/// The expected numbers are computed by hand. Ada scrolls /a to 80 and back, and to 40 the next day; Bob to 20; Cy to the end. Dee never
/// scrolls /b.
@Suite("Scroll depth", .modules(ScrollModule.self))
struct ScrollTests {
    private static func pageview(_ visitor: String, _ path: String, _ time: String) -> String {
        #"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)","timestamp":"2026-\#(time):00Z"}"#
    }

    private static func depth(_ visitor: String, _ path: String, _ depth: Int, _ time: String) -> String {
        #"{"type":"scroll_depth","path":"\#(path)","max_depth":\#(depth),"visitor_id":"\#(visitor)","timestamp":"2026-\#(time):00Z"}"#
    }

    private static let events = [
        pageview("ada", "/a", "02-28T10:00"), depth("ada", "/a", 30, "02-28T10:01"), depth("ada", "/a?x=1#top", 80, "02-28T10:05"),
        depth("ada", "/a", 50, "02-28T10:09"),
        pageview("bob", "/a", "02-28T10:00"), depth("bob", "/a", 20, "02-28T10:02"),
        pageview("cy", "/a", "02-28T11:00"), depth("cy", "/a", 100, "02-28T11:02"),
        pageview("ada", "/a", "03-01T10:00"), depth("ada", "/a", 40, "03-01T10:01"),
        pageview("dee", "/b", "03-01T10:00"), depth("dee", "/b", 0, "03-01T10:01"),
    ]

    @Test("counts each session's deepest point once", arguments: Profile.available)
    func pages(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            // /a: 20 40 80 100, 60 on average; the percentiles are at positions 2 and 3.
            let a = #"{"avg_max_depth":60,"p50":40,"p75":80,"path":"/a","samples":4}"#,
                b = #"{"avg_max_depth":0,"p50":0,"p75":0,"path":"/b","samples":1}"#
            try await app.expect("/api/v1/scroll", answers: #"{"data":[\#(a),\#(b)]}"#)
            try await app.expect("/api/v1/scroll?limit=1&offset=1", answers: #"{"data":[\#(b)]}"#)
            try await app.expect("/api/v1/scroll?filter=path:/b", answers: #"{"data":[\#(b)]}"#)
            try await app.expect("/api/v1/scroll?filter=country:US", answers: #"{"data":[]}"#)
            // The first day: 20 80 100, 66.67 on average.
            try await app.expect(
                "/api/v1/scroll?start_at=2026-03-01&end_at=2026-03-01&compare=previous",
                answers: #"{"data":[{"avg_max_depth":40,"p50":40,"p75":40,"path":"/a","samples":1},\#(b)],"#
                    + #""previous":{"data":[{"avg_max_depth":66.7,"p50":80,"p75":100,"path":"/a","samples":3}]}}"#)
            // Only samples in the range count: ada's 30 and bob's 20, but not ada's 80, because the end is exclusive.
            try await app.expect(
                "/api/v1/scroll?start_at=2026-02-28T10:01:00Z&end_at=2026-02-28T10:05:00Z",
                answers: #"{"data":[{"avg_max_depth":25,"p50":20,"p75":30,"path":"/a","samples":2}]}"#)
        }
    }

    private func distribution(_ samples: [Int: (Int, String)], _ reached: [String], total: Int) -> String {
        let tenths = (0..<10).map { tenth in
            let (count, share) = samples[tenth] ?? (0, "0")
            return
                #"{"from":\#(tenth * 10),"percentage":\#(share),"reached":\#(reached[tenth]),"samples":\#(count),"to":\#(tenth * 10 + 10)}"#
        }
        return #"{"data":[\#(tenths.joined(separator: ","))],"samples":\#(total)}"#
    }

    @Test("shows in which tenth of the page visitors stop", arguments: Profile.available)
    func tenths(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            // 20, 40, 80 and 100; the end of the page belongs to the last tenth.
            let a = distribution(
                [2: (1, "25"), 4: (1, "25"), 8: (1, "25"), 9: (1, "25")], ["100", "100", "100", "75", "75", "50", "50", "50", "50", "25"],
                total: 4)
            try await app.expect("/api/v1/scroll/distribution?path=/a", answers: a)
            let all = distribution(
                [0: (1, "20"), 2: (1, "20"), 4: (1, "20"), 8: (1, "20"), 9: (1, "20")],
                ["100", "80", "80", "60", "60", "40", "40", "40", "40", "20"], total: 5)
            try await app.expect("/api/v1/scroll/distribution", answers: all)
            let none = distribution([:], Array(repeating: "0", count: 10), total: 0)
            try await app.expect("/api/v1/scroll/distribution?path=/nowhere", answers: none)
        }
    }

    @Test(
        "rejects invalid depths",
        arguments: [
            ("-1", "field 'max_depth' must be a whole number from 0 to 100; got -1."),
            ("101", "field 'max_depth' must be a whole number from 0 to 100; got 101."),
            ("100.5", "field 'max_depth' must be a whole number from 0 to 100; got 100.5."),
            (#""50""#, "field 'max_depth' must be a whole number from 0 to 100; got '50'."),
            ("null", "missing required field 'max_depth'."),
        ])
    func refusals(depth: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.collect(#"{"type":"scroll_depth","path":"/","max_depth":\#(depth)}"#)
            #expect(answer.status == 400)
            #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
        }
    }
}

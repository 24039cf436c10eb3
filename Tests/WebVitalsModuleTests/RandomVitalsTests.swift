import Common
import Testing
import TestSupport
import WebVitalsModule

/// Compares percentiles with a simple reference implementation, which sorts all values in memory and takes the one at position ⌈P/100 · n⌉,
/// computed in whole numbers.
@Suite("Random Web Vitals", .modules(WebVitalsModule.self))
struct RandomVitalsTests {
    private struct Sample {
        let metric: String, value: Double, path: String, isMobile: Bool, at: Int64

        var json: String {
            let agent =
                isMobile
                ? "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
                : TestApp.chrome
            return
                #"{"type":"web_vital","name":"\#(metric)","value":\#(value),"path":"\#(path)","timestamp":\#(at),"user_agent":"\#(agent)"}"#
        }
    }

    private static let metrics = ["LCP", "FCP", "CLS", "INP", "TTFB"]
    /// 2026-02-20T00:00:00Z and ten days, in milliseconds.
    private static let start: Int64 = 1_771_545_600_000, length: Int64 = 864_000_000

    /// A few metrics get many samples and others hardly any; some values occur often, others have many digits.
    private static func random(_ seed: UInt64) -> [Sample] {
        var random = SplitMix64(state: seed)
        let count = Int.random(in: 1...900, using: &random)
        return (0..<count).map { _ in
            let metric = metrics[min(Int.random(in: 0..<5, using: &random), Int.random(in: 0..<5, using: &random))]
            let limit = metric == "CLS" ? 1.0 : 9_000
            let value =
                Bool.random(using: &random)
                ? Double.random(in: 0...limit, using: &random) : (Double(Int.random(in: 0...10, using: &random)) / 10 * limit)
            return Sample(
                metric: metric, value: value, path: ["/", "/docs", "/pricing", "/ä b"].randomElement(using: &random)!,
                isMobile: Int.random(in: 0..<3, using: &random) == 0, at: start + Int64.random(in: 0..<length, using: &random))
        }
    }

    private static func percentile(_ percent: Int, _ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.sorted()[(percent * values.count + 99) / 100 - 1]
    }

    @Test("agree with a simple reference implementation", arguments: Effort.runs())
    func agree(profile: Profile, seed: UInt64) async throws {
        let samples = Self.random(seed)
        try await TestApp.run(profile) { app in
            for start in stride(from: 0, to: samples.count, by: 500) {
                let batch = samples[start..<min(start + 500, samples.count)].map(\.json).joined(separator: ",")
                #expect(try await app.collect("[\(batch)]", as: .server).body.hasSuffix(#""ok":true}"#))
            }
            // The whole range, and a part that begins and ends in the middle of a day.
            for (from, to) in [(Self.start, Self.start + Self.length), (Self.start + 100_000_001, Self.start + 600_000_007)] {
                let inside = samples.filter { $0.at >= from && $0.at < to }
                let range = "start_at=\(Instant(milliseconds: from).iso8601)&end_at=\(Instant(milliseconds: to).iso8601)"
                try await Self.compareSummary(app, inside, range)
                try await Self.compareBreakdown(app, inside, range, "pages", "path") { $0.path }
                try await Self.compareBreakdown(app, inside, range, "devices", "device") { $0.isMobile ? "Mobile" : "Desktop" }
                try await Self.compareDays(app, inside, range)
            }
        }
    }

    private static func compareSummary(_ app: TestApp, _ samples: [Sample], _ range: String) async throws {
        let vitals = try await app.get("/api/v1/webvitals?\(range)").json()["vitals"]
        for metric in metrics {
            let values = samples.filter { $0.metric == metric }.map(\.value)
            for percent in [50, 75, 99] {
                #expect(vitals?[metric]?["p\(percent)"]?.number == percentile(percent, values), "\(metric) p\(percent) of \(values.count)")
            }
        }
    }

    private static func compareBreakdown(
        _ app: TestApp, _ samples: [Sample], _ range: String, _ report: String, _ member: String, _ name: (Sample) -> String
    ) async throws {
        let lines = try await app.get("/api/v1/webvitals/\(report)?\(range)").json()["data"]?.elements ?? []
        let groups = Dictionary(grouping: samples, by: name).sorted {
            ($1.value.count, Array($0.key.utf8)) < ($0.value.count, Array($1.key.utf8))
        }
        #expect(lines.map { $0[member]?.string } == groups.map(\.key))
        for (line, group) in zip(lines, groups) {
            #expect(line["samples"]?.integer == Int64(group.value.count))
            for metric in metrics {
                #expect(
                    line["\(metric)_p75"]?.number == percentile(75, group.value.filter { $0.metric == metric }.map(\.value)),
                    "\(metric) of \(group.key)")
            }
        }
    }

    /// In Kathmandu's time zone, which is 5 hours and 45 minutes ahead of UTC all year.
    private static func compareDays(_ app: TestApp, _ samples: [Sample], _ range: String) async throws {
        let answer = try await app.get("/api/v1/webvitals/timeseries?metric=LCP&timezone=Asia/Kathmandu&\(range)").json()
        let days = Dictionary(grouping: samples.filter { $0.metric == "LCP" }) {
            Day(number: ($0.at + 20_700_000) / 86_400_000).description
        }
        let points = answer["data"]?.elements ?? []
        let dates = Set(points.compactMap { $0["date"]?.string })
        #expect(dates.isSuperset(of: days.keys))
        for point in points {
            let date = point["date"]?.string ?? ""
            #expect(point["p75"]?.number == percentile(75, (days[date] ?? []).map(\.value)), "\(date)")
        }
    }
}

/// A small seeded generator, so failures can be reproduced.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Orders by count, then by name.
private func < (left: (Int, [UInt8]), right: (Int, [UInt8])) -> Bool {
    left.0 != right.0 ? left.0 < right.0 : left.1.lexicographicallyPrecedes(right.1)
}

import Common
import Foundation
import Testing
import TestSupport

/// Compares every core report with the reference implementation on random traffic: in order, with late and repeated events, and shuffled.
@Suite("Core reports on random traffic", .modules())
struct RandomTrafficTests {
    private static let now = "2026-04-05T00:00:00Z"
    /// The traffic includes March 29, when Berlin's clocks go forward.
    private static let start = "2026-03-26T00:00:00Z"

    @Test("agree with a simple reference implementation", arguments: Effort.runs())
    func agree(profile: Profile, seed: UInt64) async throws {
        let ordered = Traffic.random(seed: seed, from: Instant(iso: Self.start))
        for traffic in [ordered, seed % 2 == 0 ? ordered.disturbed(seed: seed) : ordered.shuffled(seed: seed)] {
            try await TestApp.run(profile, now: Self.now) { app in
                try await Self.send(traffic, to: app)
                let plain = PlainReports(traffic)
                // The second range cuts through sessions at both ends; the whole range doesn't.
                for (from, to) in [("2026-03-26", "2026-04-01"), ("2026-03-27T09:17:23.456Z", "2026-03-29T02:41:07Z")] {
                    try await Self.compare(app, plain, from, to)
                }
            }
        }
    }

    private static func compare(_ app: TestApp, _ whole: PlainReports, _ from: String, _ to: String) async throws {
        let (start, end) = try (bound(from, isEnd: false), bound(to, isEnd: true))
        let plain = whole.within(start, end)
        let range = "start_at=\(from)&end_at=\(to)"
        func body(_ path: String, _ more: String = "") async throws -> String {
            try await app.get("/api/v1/\(path)?\(range)\(path.hasPrefix("stats") ? "" : "&limit=100")\(more)").body
        }
        func current(_ more: String = "") async throws -> String {
            let body = try await body("stats", more)
            return String(body.dropFirst(#"{"current":"#.count).prefix { $0 != "}" }) + "}"
        }

        #expect(try await current() == plain.overview())
        #expect(try await body("pages") == plain.pages())
        #expect(try await body("pages/entry") == plain.entryPages())
        #expect(try await body("pages/exit") == plain.exitPages())
        #expect(try await body("referrers") == plain.sources())
        #expect(try await body("events") == plain.events())
        for (zone, unit) in [
            ("UTC", "day"), ("Europe/Berlin", "hour"), ("Europe/Berlin", "day"), ("Asia/Kathmandu", "day"), ("America/New_York", "hour"),
        ] {
            let format = formatter(zone, unit)
            // A date without a time is a day in the zone.
            let (first, last) = try (bound(from, isEnd: false, in: zone), bound(to, isEnd: true, in: zone))
            var labels: [String] = []
            for at in stride(from: first, to: last, by: 900_000) where labels.last != format(at) { labels.append(format(at)) }
            if labels.last != format(last - 1) { labels.append(format(last - 1)) }
            let expected = whole.within(first, last).timeseries(labels, label: format)
            #expect(try await body("stats/timeseries", "&timezone=\(zone)&interval=\(unit)") == expected)
        }
        // A filter on sessions, and filters on rows.
        let firefox = plain.where_ { $0.event.browser == .firefox }
        #expect(try await current("&filter=browser:Firefox") == firefox.overview())
        #expect(try await body("pages", "&filter=browser!:Chrome") == firefox.pages())
        let docs: PlainReports.Choice = { $0.event.path.hasPrefix("/docs") }
        #expect(try await current("&filter=path~:/docs*") == plain.overview(docs))
        #expect(try await body("pages", "&filter=path~:/docs*") == plain.pages(docs))
        let pro: PlainReports.Choice = { $0.event.name != nil && $0.event.path.count % 2 == 0 }
        #expect(try await current("&filter=data.plan:pro") == plain.overview(pro))
    }

    private static func send(_ traffic: Traffic, to app: TestApp) async throws {
        for start in stride(from: 0, to: traffic.events.count, by: 150) {
            let batch = traffic.events[start..<min(start + 150, traffic.events.count)].map(\.json).joined(separator: ",")
            let answer = try await app.collect("[\(batch)]", as: .server)
            #expect(answer.body.hasSuffix(#""ok":true}"#), "\(answer.body.prefix(300))")
        }
    }

    private static func bound(_ text: String, isEnd: Bool, in zone: String = "UTC") throws -> Int64 {
        switch ISO8601.parse(text) {
        case .instant(let instant): return instant.milliseconds
        case .day(let day):
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = TimeZone(identifier: zone)!
            let civil = (isEnd ? day.adding(days: 1) : day).civil
            let date = calendar.date(from: DateComponents(year: civil.year, month: civil.month, day: civil.day))!
            return Int64(date.timeIntervalSince1970 * 1_000)
        default: throw ServiceError.body(text)
        }
    }

    private static func formatter(_ zone: String, _ unit: String) -> (Int64) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: zone)
        formatter.dateFormat = unit == "day" ? "yyyy-MM-dd" : "yyyy-MM-dd'T'HH:00"
        return { formatter.string(from: Date(timeIntervalSince1970: Double($0) / 1_000)) }
    }
}

import AllModules
import Common
@testable import Host
import NIOCore
import Testing
import TestSupport

@Suite("Demo traffic", .modules(.all))
struct DemoTrafficTests {
    static let end = Instant("2026-03-02T12:34:56.789Z")!, start = end.adding(days: -60)

    private static func traffic(_ events: Int, seed: UInt64 = 1) -> DemoTraffic {
        DemoTraffic(seed: seed, events: events, start: start, end: end)
    }

    private static func bytes(_ traffic: DemoTraffic) -> [UInt8] {
        traffic.reduce(into: []) { $1.append(to: &$0) }
    }

    @Test("is the same for the same seed, and differs for another")
    func deterministic() {
        let first = Self.bytes(Self.traffic(3_000))
        #expect(Self.bytes(Self.traffic(3_000)) == first)
        #expect(Self.bytes(Self.traffic(3_000, seed: 2)) != first)
        // It must be the same on every machine and in every version, because benchmarks are compared across them.
        #expect(Digest.sha256(String(decoding: first, as: UTF8.self)).prefix(16) == "790fe266c8fb1e55")
    }

    @Test("has exactly the requested number of events, in time order, within the range", arguments: [0, 1, 7, 999, 20_000])
    func exact(events: Int) {
        var count = 0, last = Self.start
        for event in Self.traffic(events) {
            #expect(event.at >= last && event.at <= Self.end)
            last = event.at
            count += 1
        }
        #expect(count == events)
        if events > 999 { #expect(last > Self.end.adding(days: -1)) }
    }

    @Test("comes in batches that are complete requests")
    func batches() throws {
        var traffic = Self.traffic(2_500), sizes: [Int] = []
        while let body = traffic.nextBatch() { sizes.append(try JSON.parse(String(decoding: body, as: UTF8.self)).elements.count) }
        #expect(sizes == [1_000, 1_000, 500])
    }

    @Test("even a day, an hour or a minute has traffic", arguments: [86_400, 3_600, 60] as [Int64])
    func short(seconds: Int64) {
        let traffic = DemoTraffic(events: 500, start: Self.end.adding(seconds: -seconds), end: Self.end)
        #expect(traffic.allSatisfy { $0.at >= Self.end.adding(seconds: -seconds) && $0.at <= Self.end })
        #expect(traffic.reduce(0) { count, _ in count + 1 } == 500)
    }

    /// Counts of the traffic. A visit ends after half an hour without activity.
    private struct Summary {
        var visits = 0, bounces = 0, pageviews = 0
        var names: [String: Int] = [:], hours = [Int](repeating: 0, count: 24), weekdays = [Int](repeating: 0, count: 7)
        var returning = 0, visitors = 0

        init(_ traffic: DemoTraffic) throws {
            var live: [String: (at: Int64, pageviews: Int)] = [:]
            var seen: Set<String> = []
            for event in traffic {
                var bytes: [UInt8] = []
                event.append(to: &bytes)
                let json = try JSON.parse(String(decoding: bytes, as: UTF8.self))
                let who = (json["visitor_id"]?.string ?? "") + json["ip"]!.string! + json["user_agent"]!.string!
                let at = json["timestamp"]!.integer!
                let isPageview = json["type"]?.string == "pageview"
                if let visit = live[who], at - visit.at <= 1_800_000 {
                    live[who] = (at, visit.pageviews + (isPageview ? 1 : 0))
                } else {
                    if let visit = live[who] { close(visit.pageviews) }
                    live[who] = (at, isPageview ? 1 : 0)
                    visits += 1
                    if seen.insert(who).inserted { visitors += 1 } else { returning += 1 }
                }
                if isPageview { pageviews += 1 } else { names[json["name"]!.string!, default: 0] += 1 }
                hours[Int(at / 3_600_000 % 24)] += 1
                weekdays[Int(at / 86_400_000 % 7)] += 1
            }
            for visit in live.values { close(visit.pageviews) }
        }

        private mutating func close(_ pageviews: Int) { if pageviews == 1 { bounces += 1 } }
    }

    @Test("looks realistic: bounces, returning visitors, funnels, nights and weekends")
    func believable() throws {
        let summary = try Summary(Self.traffic(60_000))
        let bounceRate = Double(summary.bounces) / Double(summary.visits)
        #expect((0.41...0.49).contains(bounceRate))
        #expect((0.2...0.5).contains(Double(summary.returning) / Double(summary.visits)))
        #expect((3.0...5.0).contains(60_000 / Double(summary.visits)))
        // Each step towards a purchase is rarer than the one before.
        let names = summary.names
        #expect((names["signup"] ?? 0) > 50)
        #expect(names["add_to_cart"]! > names["purchase"]! && names["purchase"]! > 20)
        // Nights in Europe and America are quiet, and so are weekends (index 0 is a Thursday, as the epoch began on one).
        #expect(summary.hours[14...17].reduce(0, +) > 2 * summary.hours[3...6].reduce(0, +))
        #expect(summary.weekdays[2...3].allSatisfy { Double($0) < 0.65 * Double(summary.weekdays[5]) })
    }

    @Test("is collected completely, and the reports show its composition")
    func collected() async throws {
        try await TestApp.run(now: "2026-03-02T12:34:56.789Z") { app in
            let feed = DemoFeed(into: app.installation, key: app.keys[.server]!)
            #expect(try await feed.run(Self.traffic(5_000)) == 5_000)
            let range = "start_at=2025-12-01&end_at=2026-03-03"
            let stats = try await app.get("/api/v1/stats?\(range)").json()["current"]
            #expect((stats?["pageviews"]?.integer ?? 0) + (stats?["events"]?.integer ?? 0) == 5_000)
            #expect((38.0...52).contains(stats?["bounce_rate"]?.number ?? 0))
            let sources =
                try await app.get("/api/v1/referrers?\(range)&limit=50").json()["data"]?.elements.compactMap { $0["source"]?.string } ?? []
            #expect(Set(["google.com", "(direct)", "chatgpt.com"]).isSubset(of: sources))
            let ledger = try await app.get("/api/v1/ingest/ledger?start_at=2026-03-02&end_at=2026-03-03").json()["data"]?.elements ?? []
            #expect(ledger.map { $0["stored"]?.integer } == [5_000])
            #expect(ledger.allSatisfy { $0["refused"]?.members.isEmpty == true })
        }
    }

    @Test("comes with details that fill the other pages, without adding an event")
    func details() async throws {
        try await TestApp.run(now: "2026-03-02T12:34:56.789Z") { app in
            let feed = DemoFeed(into: app.installation, key: app.keys[.server]!)
            #expect(try await feed.run(Self.traffic(5_000), details: DemoDetails(seed: 1)) == 5_000)
            let range = "start_at=2025-12-01&end_at=2026-03-03"
            let stats = try await app.get("/api/v1/stats?\(range)").json()["current"]
            #expect((stats?["pageviews"]?.integer ?? 0) + (stats?["events"]?.integer ?? 0) == 5_000)
            #expect((38.0...52).contains(stats?["bounce_rate"]?.number ?? 0))
            for path in [
                "errors", "logs", "search", "search/no-results", "outlinks", "outlinks/file-types", "scroll", "webvitals/pages",
                "revenue/products",
                "identity/profiles", "identity/accounts",
            ] {
                let answer = try await app.get("/api/v1/\(path)?\(path.hasPrefix("identity") ? "" : range)")
                let rows = try answer.json()["data"]?.elements ?? []
                #expect(!rows.isEmpty, "\(path): \(answer.body.prefix(200))")
            }
            let ledger = try await app.get("/api/v1/ingest/ledger?start_at=2026-03-02&end_at=2026-03-03").json()["data"]?.elements ?? []
            #expect(ledger.allSatisfy { $0["refused"]?.members.isEmpty == true })
        }
    }

    @Test("details are the same for the same seed and event")
    func sameDetails() {
        func bytes(_ seed: UInt64) -> [UInt8] {
            var traffic = Self.traffic(500), all: [UInt8] = []
            while let (body, _) = traffic.nextBatch(100, with: DemoDetails(seed: seed)) { all += body }
            return all
        }
        #expect(bytes(1) == bytes(1) && bytes(1) != bytes(2))
    }

    @Test("weighted choices follow their weights")
    func weights() {
        var random = DemoRandom(seed: 7), counts = [0, 0, 0]
        let weighted = Weighted([(0, 1.0), (1, 3), (2, 6)])
        for _ in 0..<100_000 { counts[weighted.pick(&random)] += 1 }
        #expect((9_600...10_400).contains(counts[0]) && (29_400...30_600).contains(counts[1]))
    }

    @Test("the queue returns its items in time order")
    func queue() {
        var queue = TimeQueue<Int>(), random = DemoRandom(seed: 3), given: [Int64] = []
        for number in 0..<500 { queue.push(number, at: Instant(milliseconds: Int64(random.below(1_000)))) }
        while let first = queue.first {
            given.append(first.milliseconds)
            if random.chance(0.3), first.milliseconds < 1_000 {
                queue.replaceFirst(at: first.adding(milliseconds: 50))
            } else {
                queue.removeFirst()
            }
        }
        #expect(given == given.sorted() && given.count > 500)
    }
}

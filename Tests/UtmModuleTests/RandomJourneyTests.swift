import Common
import Core
import Foundation
import RevenueModule
import Testing
import TestSupport
@testable import UtmModule

/// Compares every model with a simple reference implementation, made of lists and loops, on random journeys.
@Suite("Attribution of random journeys", .modules(RevenueModule.self, UtmModule.self))
struct RandomJourneyTests {
    /// A session that begins with a pageview, and ends with an order if there is an amount.
    struct Session {
        let visitor: Int
        let at: Int64
        let origin: Int
        let amount: Int?
        var end: Int64 { amount == nil ? at : at + 60_000 }
    }

    /// Fields of a pageview, and the origin that they stand for.
    static let origins: [(fields: String, channel: String, source: String, campaign: String?, isDirect: Bool)] = [
        ("", "Direct", "(direct)", nil, true), ("", "Direct", "(direct)", nil, true),
        (#","referrer":"https://www.google.com/""#, "Organic Search", "google.com", nil, false),
        (#","referrer":"https://blog.example.org/a""#, "Referral", "blog.example.org", nil, false),
        (#","utm_source":"google","utm_medium":"cpc","utm_campaign":"spring""#, "Paid Search", "google", "spring", false),
        (#","utm_source":"google","utm_medium":"cpc","utm_campaign":"brand""#, "Paid Search", "google", "brand", false),
        (#","utm_source":"news","utm_medium":"email","referrer":"https://mail.google.com/""#, "Email", "news", nil, false),
        (#","utm_campaign":"poster""#, "Other", "(direct)", "poster", false),
    ]

    private static let start = Day(year: 2026, month: 1, day: 1)!.start.milliseconds
    private static let hour: Int64 = 3_600_000

    private static func sessions(_ seed: UInt64) -> [Session] {
        var random = Noise(state: seed), all: [Session] = []
        for visitor in 0..<25 {
            var at = start + Int64.random(in: 0...240, using: &random) * hour / 4
            while at < start + 60 * 24 * hour {
                let isOrder = Int.random(in: 0..<4, using: &random) == 0
                all.append(
                    Session(
                        visitor: visitor, at: at, origin: Int.random(in: 0..<origins.count, using: &random),
                        amount: isOrder ? Int.random(in: 1...500, using: &random) : nil))
                at += Int64.random(in: 8...600, using: &random) * hour / 4 + Int64.random(in: 0...999, using: &random)
            }
        }
        return all
    }

    /// The expected lines as text, in the report's order.
    private static func plain(_ sessions: [Session], _ model: String, _ lookbackDays: Int64, _ range: Range<Int64>) -> [String] {
        struct Key: Hashable { let channel: String, source: String, campaign: String? }
        var credits: [Key: (orders: Double, revenue: Double)] = [:]
        for order in sessions {
            guard let amount = order.amount, range.contains(order.end) else { continue }
            var journey = sessions.filter {
                $0.visitor == order.visitor && $0.at <= order.end && $0.end >= order.end - lookbackDays * 24 * hour
            }.sorted { $0.at < $1.at }
            let others = journey.filter { !origins[$0.origin].isDirect }
            if !others.isEmpty { journey = others }
            let weights = journey.indices.map { index -> Double in
                let last = journey.count - 1
                switch model {
                case "first_touch": return index == 0 ? 1 : 0
                case "last_touch": return index == last ? 1 : 0
                case "linear": return 1
                case "position_based":
                    if last < 2 { return 1 }
                    return index == 0 || index == last ? 0.4 : 0.2 / Double(last - 1)
                default: return pow(0.5, Double(order.end - journey[index].at) / Double(7 * 24 * hour))
                }
            }
            let total = weights.reduce(0, +)
            for (session, weight) in zip(journey, weights) where weight > 0 {
                let origin = origins[session.origin]
                let key = Key(channel: origin.channel, source: origin.source, campaign: origin.campaign), old = credits[key] ?? (0, 0)
                credits[key] = (old.orders + weight / total, old.revenue + weight / total * Double(amount))
            }
        }
        return credits.map { key, credit in
            (key, (credit.orders * 10_000).rounded() / 10_000, Revenue.rounded(credit.revenue * 1e6, in: "USD"))
        }.sorted {
            ($1.2, $1.1, $0.0.channel, $0.0.source, $0.0.campaign ?? "") < ($0.2, $0.1, $1.0.channel, $1.0.source, $1.0.campaign ?? "")
        }.map { "\($0.channel) \($0.source) \($0.campaign ?? "-") \($1) \($2)" }
    }

    @Test("agrees with a simple reference implementation", arguments: Effort.runs())
    func agree(profile: Profile, seed: UInt64) async throws {
        let sessions = Self.sessions(seed)
        try await TestApp.run(profile) { app in
            let events = sessions.flatMap { session in
                let who = #""visitor_id":"v\#(session.visitor)","timestamp":"#
                return [#"{"type":"pageview","path":"/",\#(who)\#(session.at)\#(Self.origins[session.origin].fields)}"#]
                    + (session.amount.map { [#"{"type":"event","name":"buy","revenue_amount":\#($0),\#(who)\#(session.end)}"#] } ?? [])
            }
            for start in stride(from: 0, to: events.count, by: 500) {
                try await app.collect("[\(events[start..<min(start + 500, events.count)].joined(separator: ","))]")
            }
            for (from, to) in [(0, 60), (20, 40), (59, 60)] as [(Int64, Int64)] {
                let range = Self.start + from * 24 * Self.hour..<Self.start + to * 24 * Self.hour
                let bounds =
                    "start_at=\(Instant(milliseconds: range.lowerBound).iso8601)&end_at=\(Instant(milliseconds: range.upperBound).iso8601)"
                for model in AttributionModel.allCases.map(\.rawValue) {
                    for days in [1, 7, 30, 90] as [Int64] {
                        let answer = try await app.get("/api/v1/marketing/attribution?\(bounds)&model=\(model)&lookback_days=\(days)")
                            .json()
                        let lines = answer["data"]?.elements.map { line in
                            "\(line["channel"]?.string ?? "") \(line["source"]?.string ?? "") \(line["campaign"]?.string ?? "-") \(line["orders"]?.number ?? -1) \(line["revenue"]?.number ?? -1)"
                        }
                        #expect(lines == Self.plain(sessions, model, days, range), "\(model) over \(days) days in \(from)..<\(to)")
                    }
                }
            }
        }
    }
}

/// A small seeded generator (SplitMix64), so failures can be reproduced.
struct Noise: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

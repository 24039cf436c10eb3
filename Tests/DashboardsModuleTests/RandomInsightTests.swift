import Common
import Core
import DashboardsModule
import ErrorTrackingModule
import Foundation
import IdentityModule
import RevenueModule
import SegmentsModule
import Testing
import TestSupport
import UtmModule

/// Stickiness, lifecycle and activation over random visits, some late or duplicate, compared with sets and loops.
@Suite(
    "Insights of random visits",
    .modules(DashboardsModule.self, ErrorTrackingModule.self, IdentityModule.self, RevenueModule.self, SegmentsModule.self, UtmModule.self))
struct RandomInsightTests {
    private typealias Row = DisturbedVisits.Row

    private struct Asked {
        let from: String, to: String
        var zone = "UTC", filter = ""
        /// Whether the filter keeps a row.
        var keeps: @Sendable (Row) -> Bool = { _ in true }

        var range: Range<Int64> { Instant(iso: from).milliseconds..<Instant(iso: to).milliseconds }
        var query: String { "start_at=\(from)&end_at=\(to)&timezone=\(zone)" + (filter.isEmpty ? "" : "&filter=" + filter) }
        var body: String {
            #""start_at":"\#(from)","end_at":"\#(to)","timezone":"\#(zone)""# + (filter.isEmpty ? "" : #","filter":"\#(filter)""#)
        }
    }

    /// Six weeks; a range over March 29, when Berlin's clocks go forward; a range that cuts days; and one with a filter.
    private static let asked = [
        Asked(from: "2026-03-01T00:00:00Z", to: "2026-04-12T00:00:00Z"),
        Asked(from: "2026-03-24T23:00:00Z", to: "2026-04-02T22:00:00Z", zone: "Europe/Berlin"),
        Asked(from: "2026-03-28T05:07:08.009Z", to: "2026-03-29T16:20:00Z", zone: "America/New_York"),
        Asked(from: "2026-03-10T00:00:00Z", to: "2026-03-20T00:00:00Z", filter: "path~:/docs*") { $0.path.hasPrefix("/docs") },
    ]

    @Test("agree with the plain reference", arguments: Effort.runs(from: 5))
    func agree(profile: Profile, seed: UInt64) async throws {
        let visits = DisturbedVisits(seed: seed, visitors: 20, from: Instant(iso: "2026-02-20T00:00:00Z"), days: 60, rest: 1...400)
        try await TestApp.run(profile, now: "2026-05-01T00:00:00Z") { app in
            try await visits.send(to: app, disturbed: seed != 5)
            let buyers = try await app.createSegment("Buyers", #"{"source":"event","event":"buy"}"#)
            for asked in Self.asked {
                let rows = visits.rows.filter(asked.keeps)
                try await Self.compareStickiness(app, rows, asked)
                try await Self.compareLifecycle(app, rows, asked, asked.query)
                try await Self.compareActivation(app, rows, asked)
                // Membership in a segment depends only on the range, not on filters.
                let bought = Set(visits.rows.filter { asked.range.contains($0.at) && $0.name == "buy" }.map(\.visitor))
                try await Self.compareLifecycle(
                    app, rows.filter { bought.contains($0.visitor) }, asked, asked.query + "&segment_id=\(buyers)")
            }
        }
    }

    private static func compareStickiness(_ app: TestApp, _ rows: [Row], _ asked: Asked) async throws {
        let range = asked.range, inside = rows.filter { range.contains($0.at) }, label = labels(asked.zone)
        var days: [String] = []
        for at in stride(from: range.lowerBound, to: range.upperBound, by: 900_000) + [range.upperBound - 1] where days.last != label(at) {
            days.append(label(at))
        }
        let byDay = Dictionary(grouping: inside) { label($0.at) }.mapValues { Set($0.map(\.visitor)).count }
        // Calendar days in the zone, whatever their length.
        let last = Instant(iso: label(range.upperBound - 1) + "T00:00:00Z")
        func active(_ days: Int64) -> Int {
            let first = String(last.adding(days: 1 - days).iso8601.prefix(10))
            return Set(rows.filter { $0.at < range.upperBound && label($0.at) >= first }.map(\.visitor)).count
        }
        let dau = Double(byDay.values.reduce(0, +)) / Double(days.count), wau = active(7), mau = active(30)
        let answer = try await app.get("/api/v1/insights/stickiness?\(asked.query)").json()
        let periods = answer["periods"]?.elements.map { "\($0["date"]?.string ?? "") \($0["active_visitors"]?.integer ?? -1)" }
        #expect(periods == days.map { "\($0) \(byDay[$0] ?? 0)" }, "\(asked.query)")
        let told = ["dau", "wau", "mau", "dau_wau", "wau_mau", "dau_mau"].map { answer[$0]?.number ?? -1 }
        func share(_ part: Double, _ whole: Int) -> Double { whole == 0 ? 0 : part / Double(whole) }
        let plain = [dau, Double(wau), Double(mau), share(dau, wau), share(Double(wau), mau), share(dau, mau)]
        for (told, plain) in zip(told, plain) { #expect(abs(told - plain) <= 0.005, "\(asked.query): \(told) and \(plain)") }
    }

    private static func compareLifecycle(_ app: TestApp, _ rows: [Row], _ asked: Asked, _ query: String) async throws {
        let range = asked.range, length = Int64(range.count)
        func visitors(_ from: Int64, _ to: Int64) -> Set<String> { Set(rows.filter { $0.at >= from && $0.at < to }.map(\.visitor)) }
        let now = visitors(range.lowerBound, range.upperBound), before = visitors(range.lowerBound - length, range.lowerBound)
        let ever = visitors(0, range.lowerBound - length)
        let groups = [
            "new": now.subtracting(before).subtracting(ever), "returning": now.intersection(before),
            "resurrected": now.subtracting(before).intersection(ever), "dormant": before.subtracting(now),
        ]
        let answer = try await app.get("/api/v1/insights/lifecycle?\(query)").json()
        for (name, members) in groups {
            #expect(answer[name]?.integer == Int64(members.count), "\(name) \(query)")
            let drilled = try await app.get("/api/v1/insights/lifecycle/drill?group=\(name)&limit=1000&\(query)").json()
            #expect(drilled["data"]?.elements.compactMap(\.string).sorted() == members.sorted(), "\(name) \(query)")
        }
    }

    private static func compareActivation(_ app: TestApp, _ rows: [Row], _ asked: Asked) async throws {
        let inside = Dictionary(grouping: rows.filter { asked.range.contains($0.at) }, by: \.visitor)
        let steps: [(fields: String, tests: [(Row) -> Bool])] = [
            (#""event_names":["signup"]"#, [{ $0.name == "signup" }]),
            (
                #""event_names":["signup","buy"],"paths":["/docs*"]"#,
                [{ $0.name == "signup" }, { $0.name == "buy" }, { $0.name == nil && $0.path.hasPrefix("/docs") }]
            ),
            (#""paths":["/a","/b"]"#, [{ $0.name == nil && $0.path == "/a" }, { $0.name == nil && $0.path == "/b" }]),
        ]
        for (fields, tests) in steps {
            let activated = inside.filter { _, rows in tests.allSatisfy { rows.contains(where: $0) } }.keys.sorted()
            let body = "{\(asked.body),\(fields)}", answer = try await app.post("/api/v1/insights/activation", body, as: .query).json()
            #expect(answer["active_visitors"]?.integer == Int64(inside.count), "\(body)")
            #expect(answer["activated_visitors"]?.integer == Int64(activated.count), "\(body)")
            #expect(answer["activation_rate"]?.number == Rounded.percentage(Int64(activated.count), of: Int64(inside.count)), "\(body)")
            let drilled = try await app.post("/api/v1/insights/activation/drill?limit=1000", body, as: .query).json()
            #expect(drilled["data"]?.elements.compactMap(\.string).sorted() == activated, "\(body)")
        }
    }

    private static func labels(_ zone: String) -> (Int64) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: zone)
        formatter.dateFormat = "yyyy-MM-dd"
        return { formatter.string(from: Date(timeIntervalSince1970: Double($0) / 1_000)) }
    }
}

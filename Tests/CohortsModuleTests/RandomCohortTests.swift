import CohortsModule
import Common
import Foundation
import IdentityModule
import RevenueModule
import SegmentsModule
import Testing
import TestSupport

/// The report compared with a plain reference, over random visits.
@Suite("Cohorts of random visits", .modules(CohortsModule.self, IdentityModule.self, RevenueModule.self, SegmentsModule.self))
struct RandomCohortTests {
    private static let start = Day(year: 2026, month: 2, day: 10)!.start, now = "2026-05-10T12:00:00Z"

    private static func plain(_ visits: [DisturbedVisits.Row], _ range: Range<Int64>, _ zone: String, _ grouping: String, _ metric: String)
        -> [String]
    {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: zone)!
        func period(_ at: Int64) -> String {
            let parts = calendar.dateComponents([.year, .month, .day], from: Date(timeIntervalSince1970: Double(at) / 1_000))
            let day = Day(year: parts.year!, month: parts.month!, day: parts.day!)!
            return grouping == "month" ? String(day.description.prefix(7)) : Day(number: day.number - (day.number + 3) % 7).description
        }
        let inside = Dictionary(grouping: visits.filter { range.contains($0.at) }, by: \.visitor)
        return Dictionary(grouping: inside.values) { period($0[0].at) }.sorted { $0.key < $1.key }.map { label, members in
            let rows = members.flatMap { $0 }
            let total =
                switch metric {
                case "pageviews": rows.filter { $0.name == nil }.count
                case "events": rows.filter { $0.name != nil }.count
                case "sessions": Set(rows.map(\.session)).count
                default: rows.reduce(0) { $0 + ($1.amount ?? 0) }
                }
            return "\(label) \(members.count) \(Double(total)) \(Rounded.twoDecimals(Double(total) / Double(members.count)))"
        }
    }

    @Test("agree with the plain reference", arguments: Effort.runs(from: 3))
    func agree(profile: Profile, seed: UInt64) async throws {
        let visits = DisturbedVisits(seed: seed, visitors: 14, from: Self.start, days: 60)
        try await TestApp.run(profile, now: Self.now) { app in
            try await visits.send(to: app, disturbed: seed == 4)
            for (zone, from, to) in [
                ("UTC", "2026-02-01T00:00:00Z", "2026-05-01T00:00:00Z"), ("Europe/Berlin", "2026-03-03T05:07:00Z", "2026-04-02T16:20:00Z"),
            ] {
                let range = Instant(iso: from).milliseconds..<Instant(iso: to).milliseconds
                for grouping in ["week", "month"] {
                    for metric in ["pageviews", "events", "sessions", "revenue"] {
                        let answer = try await app.get(
                            "/api/v1/cohorts?start_at=\(from)&end_at=\(to)&timezone=\(zone)&group_by=\(grouping)&metric=\(metric)"
                        ).json()
                        let lines = (answer["cohorts"]?.elements ?? []).map { cohort in
                            "\(cohort["period"]?.string ?? "") \(cohort["visitors"]?.integer ?? -1) \(cohort["total"]?.number ?? -1) \(cohort["avg_per_visitor"]?.number ?? -1)"
                        }
                        #expect(lines == Self.plain(visits.rows, range, zone, grouping, metric), "\(metric) by \(grouping) in \(zone)")
                    }
                }
            }
            try await Self.compareSegments(app, visits.rows)
        }
    }

    /// Compares segments over a range with a clock change, by day and in total.
    private static func compareSegments(_ app: TestApp, _ rows: [DisturbedVisits.Row]) async throws {
        let from = "2026-03-20T00:00:00Z", to = "2026-04-05T12:00:00Z",
            range = Instant(iso: from).milliseconds..<Instant(iso: to).milliseconds
        let inside = rows.filter { range.contains($0.at) }
        let segments: [(id: String, has: (DisturbedVisits.Row) -> Bool)] = [
            (try await app.createSegment("Buyers", #"{"source":"event","event":"buy"}"#), { $0.name == "buy" }),
            (try await app.createSegment("Signed up", #"{"source":"event","event":"signup"}"#), { $0.name == "signup" }),
        ]
        let ids = segments.map(\.id).joined(separator: ",")
        let answer = try await app.get(
            "/api/v1/cohorts/compare?segment_ids=\(ids)&start_at=\(from)&end_at=\(to)&timezone=Europe/Berlin&metric=events"
        ).json()
        let formatter = DateFormatter()
        formatter.timeZone = TimeZone(identifier: "Europe/Berlin")
        formatter.dateFormat = "yyyy-MM-dd"
        for (line, segment) in zip(answer["segments"]?.elements ?? [], segments) {
            let members = Set(inside.filter(segment.has).map(\.visitor)), theirs = inside.filter { members.contains($0.visitor) }
            #expect(line["visitors"]?.integer == Int64(members.count) && line["total"]?.number == Double(theirs.count { $0.name != nil }))
            let days = Dictionary(grouping: theirs) { formatter.string(from: Date(timeIntervalSince1970: Double($0.at) / 1_000)) }
            let told = line["series"]?.elements ?? []
            #expect(told.count == 17 && days.keys.allSatisfy { day in told.contains { $0["date"]?.string == day } })
            for point in told {
                let rows = days[point["date"]?.string ?? ""] ?? []
                #expect(
                    point["visitors"]?.integer == Int64(Set(rows.map(\.visitor)).count)
                        && point["total"]?.integer == Int64(rows.count { $0.name != nil }))
            }
        }
        #expect(answer["segments"]?.elements.count == 2)
    }
}

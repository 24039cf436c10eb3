import Common
import Foundation
import TestSupport
import Testing

/// The report against the plainest way to say it, over random visits.
@Suite("Cohorts of random visits")
struct RandomCohortTests {
    private static let start = Day(year: 2026, month: 2, day: 10)!.start, now = "2026-05-10T12:00:00Z"

    private static func plain(_ visits: [DisturbedVisits.Row], _ range: Range<Int64>, _ zone: String, _ grouping: String, _ metric: String) -> [String] {
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
            let total = switch metric {
            case "pageviews": rows.filter { $0.name == nil }.count
            case "events": rows.filter { $0.name != nil }.count
            case "sessions": Set(rows.map(\.session)).count
            default: rows.reduce(0) { $0 + ($1.amount ?? 0) }
            }
            return "\(label) \(members.count) \(Double(total)) \(Rounded.twoDecimals(Double(total) / Double(members.count)))"
        }
    }

    @Test("agree with the plain reference", arguments: Profile.available, [3, 4] as [UInt64])
    func agree(profile: Profile, seed: UInt64) async throws {
        let visits = DisturbedVisits(seed: seed, visitors: 14, from: Self.start, days: 60)
        try await TestApp.run(profile, now: Self.now) { app in
            try await visits.send(to: app, disturbed: seed == 4)
            for (zone, from, to) in [("UTC", "2026-02-01T00:00:00Z", "2026-05-01T00:00:00Z"), ("Europe/Berlin", "2026-03-03T05:07:00Z", "2026-04-02T16:20:00Z")] {
                let range = Instant(iso: from).milliseconds..<Instant(iso: to).milliseconds
                for grouping in ["week", "month"] {
                    for metric in ["pageviews", "events", "sessions", "revenue"] {
                        let answer = try await app.get("/api/v1/cohorts?start_at=\(from)&end_at=\(to)&timezone=\(zone)&group_by=\(grouping)&metric=\(metric)").json()
                        let lines = (answer["cohorts"]?.elements ?? []).map { cohort in
                            "\(cohort["period"]?.string ?? "") \(cohort["visitors"]?.integer ?? -1) \(cohort["total"]?.number ?? -1) \(cohort["avg_per_visitor"]?.number ?? -1)"
                        }
                        #expect(lines == Self.plain(visits.rows, range, zone, grouping, metric), "\(metric) by \(grouping) in \(zone)")
                    }
                }
            }
        }
    }
}

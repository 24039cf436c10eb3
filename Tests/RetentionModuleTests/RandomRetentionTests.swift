import Common
import Foundation
import RetentionModule
import Testing
import TestSupport

/// Compares both reports with a simple reference implementation on random visits.
@Suite("Retention of random visits", .modules(RetentionModule.self))
struct RandomRetentionTests {
    private static let start = Day(year: 2026, month: 2, day: 10)!.start, now = "2026-05-10T12:00:00Z"

    /// The rows, and the calendar that defines their days.
    private struct Plain {
        let rows: [DisturbedVisits.Row]
        let calendar: Calendar
        let range: Range<Int64>
        let now: Int64

        func day(_ at: Int64) -> (label: String, number: Int64, year: Int, month: Int) {
            let parts = calendar.dateComponents([.year, .month, .day], from: Date(timeIntervalSince1970: Double(at) / 1_000))
            let day = Day(year: parts.year!, month: parts.month!, day: parts.day!)!
            return (day.description, day.number, parts.year!, parts.month!)
        }

        /// The label and number of the period that contains `at`.
        func period(_ at: Int64, _ name: String) -> (label: String, number: Int64) {
            let day = day(at)
            switch name {
            case "daily": return (day.label, day.number)
            case "weekly":
                let monday = day.number - (day.number + 3) % 7
                return (Day(number: monday).description, monday / 7)
            default: return (String(day.label.prefix(7)) + "-01", Int64(day.year * 12 + day.month))
            }
        }

        struct Beginning { let cohort: (label: String, number: Int64), at: Int64, visits: [DisturbedVisits.Row] }

        func beginnings(_ period: String, _ mode: String, _ event: String?) -> [Beginning] {
            Dictionary(grouping: rows, by: \.visitor).values.flatMap { visits -> [Beginning] in
                let possible = visits.filter { event == nil || $0.name == event }.map(\.at).sorted()
                if mode == "first_time" {
                    guard let first = possible.first, range.contains(first) else { return [] }
                    return [Beginning(cohort: self.period(first, period), at: first, visits: visits)]
                }
                let inside = Dictionary(grouping: possible.filter(range.contains)) { self.period($0, period).number }
                return inside.values.map { Beginning(cohort: self.period($0[0], period), at: $0[0], visits: visits) }
            }
        }

        func grid(_ period: String, _ mode: String, _ variant: String, _ event: String?, _ coming: String?, _ intervals: Int64) -> [String]
        {
            let length: Int64 = (period == "daily" ? 1 : period == "weekly" ? 7 : 30) * 86_400_000
            let cohorts = Dictionary(grouping: beginnings(period, mode, event)) { $0.cohort.label }
            return cohorts.sorted { $0.key < $1.key }.map { label, members in
                let cells = (1...intervals).map { interval -> String in
                    let back = members.filter { member in
                        member.visits.contains { row in
                            guard coming == nil || row.name == coming, row.at >= range.lowerBound else { return false }
                            let passed = self.period(row.at, period).number - member.cohort.number
                            switch variant {
                            case "on": return passed == interval
                            case "unbounded": return passed >= interval
                            default: return row.at >= member.at + interval * length && row.at < member.at + (interval + 1) * length
                            }
                        }
                    }.count
                    let isOver =
                        variant == "rolling"
                        ? members.map(\.at).max()! + (interval + 1) * length <= now
                        : self.period(now, period).number > members[0].cohort.number + interval
                    return "\(back)/" + (isOver ? "\(Rounded.percentage(Int64(back), of: Int64(members.count)))" : "-")
                }
                return "\(label) \(members.count): \(cells.joined(separator: " "))"
            }
        }

        func days(_ period: String) -> [String] {
            Dictionary(grouping: beginnings(period, "first_time", nil)) { $0.cohort.label }.sorted { $0.key < $1.key }.map {
                label, members in
                let rates = [1, 7, 14, 30, 60, 90].map { (days: Int64) -> String in
                    guard day(now).number > members.map({ day($0.at).number }).max()! + days else { return "-" }
                    let back = members.filter { member in member.visits.contains { day($0.at).number == day(member.at).number + days } }
                        .count
                    return "\(Rounded.percentage(Int64(back), of: Int64(members.count)))"
                }
                return "\(label) \(members.count): \(rates.joined(separator: " "))"
            }
        }
    }

    @Test("agrees with a simple reference implementation", arguments: Effort.runs())
    func agree(profile: Profile, seed: UInt64) async throws {
        let visits = DisturbedVisits(seed: seed, visitors: 14, from: Self.start, days: 80)
        try await TestApp.run(profile, now: Self.now) { app in
            try await visits.send(to: app, disturbed: seed == 2)
            for (zone, from, to) in [
                ("UTC", "2026-02-20T00:00:00Z", "2026-04-20T00:00:00Z"), ("Europe/Berlin", "2026-03-03T05:07:00Z", "2026-04-02T16:20:00Z"),
            ] {
                let plain = Plain(
                    rows: visits.rows, calendar: Self.calendar(zone),
                    range: Instant(iso: from).milliseconds..<Instant(iso: to).milliseconds,
                    now: Instant(iso: Self.now).milliseconds)
                let range = "start_at=\(from)&end_at=\(to)&timezone=\(zone)"
                for period in ["daily", "weekly", "monthly"] {
                    let days = try await app.get("/api/v1/retention?\(range)&period=\(period)").json()
                    #expect(Self.days(days) == plain.days(period), "\(period) in \(zone)")
                    for mode in ["first_time", "recurring"] {
                        for variant in ["on", "unbounded", "rolling"] {
                            for (event, coming) in [(nil, nil), ("signup", "buy")] as [(String?, String?)] {
                                let events = (event.map { "&event=\($0)" } ?? "") + (coming.map { "&return_event=\($0)" } ?? "")
                                let query = "period=\(period)&mode=\(mode)&variant=\(variant)&intervals=4\(events)"
                                let grid = try await app.get("/api/v1/retention/grid?\(range)&\(query)").json()
                                #expect(Self.grid(grid) == plain.grid(period, mode, variant, event, coming, 4), "\(query) in \(zone)")
                            }
                        }
                    }
                }
            }
        }
    }

    private static func days(_ answer: JSON) -> [String] {
        (answer["cohorts"]?.elements ?? []).map { cohort in
            let rates = [1, 7, 14, 30, 60, 90].map { cohort["D\($0)"]?.number.map { "\($0)" } ?? "-" }
            return "\(cohort["cohort"]?.string ?? "") \(cohort["initial_visitors"]?.integer ?? -1): \(rates.joined(separator: " "))"
        }
    }

    private static func grid(_ answer: JSON) -> [String] {
        (answer["cohorts"]?.elements ?? []).map { cohort in
            let cells = (cohort["intervals"]?.elements ?? []).map {
                "\($0["visitors"]?.integer ?? -1)/" + ($0["rate"]?.number.map { "\($0)" } ?? "-")
            }
            return "\(cohort["cohort"]?.string ?? "") \(cohort["initial_visitors"]?.integer ?? -1): \(cells.joined(separator: " "))"
        }
    }

    private static func calendar(_ zone: String) -> Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: zone)!
        return calendar
    }
}

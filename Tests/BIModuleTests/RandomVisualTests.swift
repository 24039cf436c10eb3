import AllModules
import BIModule
import Common
import Core
import Foundation
import Testing
import TestSupport

/// Visual queries over random visits, compared with a reference of lists and loops.
@Suite("Visual queries of random visits", .modules(.all))
struct RandomVisualTests {
    private typealias Row = RandomVisits.Activity

    /// A row of a dataset.
    private struct Record {
        let visitor: String
        /// Values by dimension, as in a response; hours have two digits, so they sort as numbers.
        let dimensions: [String: String]
        var numbers: [String: Double] = [:]
    }

    private struct Question {
        let dataset: String, dimensions: [String], metrics: [String]
        var filter: (dimension: String, values: [String])?

        init(_ dataset: String, by dimensions: String..., of metrics: [String], where filter: (dimension: String, values: [String])? = nil)
        {
            (self.dataset, self.dimensions, self.metrics, self.filter) = (dataset, dimensions, metrics, filter)
        }

        func body(_ from: String, _ to: String) -> String {
            func list(_ names: [String]) -> String { "[" + names.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
            let filters = filter.map { #","filters":{"\#($0.dimension)":\#(list($0.values))}"# } ?? ""
            return #"{"dataset":"\#(dataset)","dimensions":\#(list(dimensions)),"metrics":\#(list(metrics))\#(filters),"#
                + #""start_at":"\#(from)","end_at":"\#(to)","limit":10000}"#
        }
    }

    private static let ofSessions = ["sessions", "visitors", "pageviews", "events", "avg_duration", "bounces", "bounce_rate"]

    private static let questions = [
        Question("pageviews", of: ["count", "visitors"]), Question("pageviews", by: "path", of: ["count", "visitors"]),
        Question("pageviews", by: "browser", "source", of: ["visitors", "pageviews"]), Question("pageviews", by: "hour", of: ["count"]),
        Question("pageviews", by: "date", "path", of: ["visitors"]), Question("pageviews", by: "week", "month", of: ["count"]),
        Question("pageviews", by: "path", of: ["count"], where: ("browser", ["Firefox"])),
        Question("pageviews", by: "source", of: ["visitors"], where: ("path", ["/", "/docs"])),
        Question("events", by: "event_name", of: ["events", "visitors"]),
        Question("events", by: "event_name", "date", of: ["count"], where: ("path", ["/app"])),
        Question("sessions", of: ofSessions), Question("sessions", by: "entry_path", of: ofSessions),
        Question("sessions", by: "exit_path", of: ofSessions),
        Question("sessions", by: "source", "is_bounce", of: ofSessions),
        Question("sessions", by: "date", of: ["visitors"], where: ("entry_path", ["/docs"])),
        Question("daily_stats", by: "date", of: ["visitors", "pageviews", "sessions", "events"]),
        Question("daily_stats", by: "month", of: ["sessions"]),
        Question("sessions", by: "source", of: ["depth"]),
    ]

    // MARK: Plain reference

    private static func time(_ at: Int64) -> [String: String] {
        let instant = Instant(milliseconds: at), day = Day(instant)
        let monday = (0..<7).map { day.adding(days: -$0) }.first { Calendar.monday.contains($0) }!
        return [
            "date": "\(day)", "month": String("\(day)".prefix(7)), "week": "\(monday)",
            "hour": String(instant.iso8601.dropFirst(11).prefix(2)),
        ]
    }

    /// Mondays according to Foundation's calendar instead of our own.
    private enum Calendar {
        static let monday: Set<Day> = {
            var calendar = Foundation.Calendar(identifier: .iso8601)
            calendar.timeZone = .gmt
            let days = (0..<60).map { Day(Instant(iso: "2026-02-15T00:00:00Z")).adding(days: $0) }
            return Set(days.filter { calendar.component(.weekday, from: $0.start.date) == 2 })
        }()
    }

    private static func records(_ dataset: String, _ rows: [Row]) -> [Record] {
        let sessions = Dictionary(grouping: rows) { "\($0.visitor) \($0.session)" }.values.map { $0.sorted { $0.at < $1.at } }
        switch dataset {
        case "pageviews", "events":
            return rows.filter { ($0.name == nil) == (dataset == "pageviews") }.map { row in
                let own = ["path": row.path, "browser": row.browser, "source": row.source, "event_name": row.name ?? ""]
                return Record(visitor: row.visitor, dimensions: own.merging(time(row.at)) { $1 })
            }
        case "sessions":
            return sessions.map { rows in
                let views = rows.filter { $0.name == nil }
                let own = [
                    "entry_path": views.first?.path ?? "null", "exit_path": views.last?.path ?? "null", "source": rows[0].source,
                    "is_bounce": "\(views.count == 1)",
                ]
                return Record(
                    visitor: rows[0].visitor, dimensions: own.merging(time(rows[0].at)) { $1 },
                    numbers: [
                        "pageviews": Double(views.count), "events": Double(rows.count - views.count),
                        "duration": Double(rows.last!.at - rows[0].at) / 1_000, "bounces": views.count == 1 ? 1 : 0,
                    ])
            }
        default:
            return Dictionary(grouping: rows) { Day(Instant(milliseconds: $0.at)) }.map { day, rows in
                let views = rows.count { $0.name == nil }
                return Record(
                    visitor: "", dimensions: time(day.start.milliseconds),
                    numbers: [
                        "visitors": Double(Set(rows.map(\.visitor)).count), "pageviews": Double(views),
                        "events": Double(rows.count - views),
                        "sessions": Double(Set(rows.map { "\($0.visitor) \($0.session)" }).count),
                    ])
            }
        }
    }

    private static func metric(_ name: String, _ dataset: String, _ records: [Record]) -> Double {
        func sum(_ name: String) -> Double { records.reduce(0) { $0 + ($1.numbers[name] ?? 0) } }
        func visitors() -> Double { Double(Set(records.map(\.visitor)).count) }
        let count = Double(records.count)
        return switch (name, dataset) {
        case (_, "daily_stats"): sum(name)
        case ("visitors", _): visitors()
        case ("pageviews", "sessions"), ("events", "sessions"), ("bounces", "sessions"): sum(name)
        case ("avg_duration", _): sum("duration") / count
        case ("bounce_rate", _): sum("bounces") * 100 / count
        case ("depth", _): sum("pageviews") / visitors()
        default: count
        }
    }

    /// Expected lines, ordered by the first metric, highest first, then by the dimensions.
    private static func plain(_ question: Question, _ rows: [Row]) -> [String] {
        let records = records(question.dataset, rows).filter { record in
            question.filter.map { $0.values.contains(record.dimensions[$0.dimension]!) } ?? true
        }
        let groups = Dictionary(grouping: records) { record in question.dimensions.map { record.dimensions[$0]! } }
        let lines = groups.map { key, records in (key: key, numbers: question.metrics.map { metric($0, question.dataset, records) }) }
        return lines.sorted { a, b in
            question.dimensions.isEmpty || a.numbers[0] == b.numbers[0]
                ? a.key.map { $0 == "null" ? "~" : $0 }.lexicographicallyPrecedes(b.key.map { $0 == "null" ? "~" : $0 })
                : a.numbers[0] > b.numbers[0]
        }.map { line($0.key, $0.numbers) }
    }

    private static func line(_ dimensions: [String], _ numbers: [Double]) -> String {
        (dimensions + numbers.map { String(format: "%.9f", $0) }).joined(separator: " ")
    }

    // MARK: Comparison

    @Test("agree with the plain reference, with and without a policy", arguments: Effort.runs())
    func agree(profile: Profile, seed: UInt64) async throws {
        let visits = RandomVisits(seed: seed, from: Instant(iso: "2026-03-08T00:00:00Z"))
        try await TestApp.run(profile, now: "2026-03-20T00:00:00Z") { app in
            try await visits.send(to: app)
            let depth = #"{"key":"depth","name":"D","dataset":"sessions","expression":"sum(pageviews) / count_distinct(visitor_id)"}"#
            #expect(try await app.bi("metrics", depth).status == 201)
            // The second range cuts through sessions at both ends.
            for (from, to) in [("2026-03-08T00:00:00Z", "2026-03-19T00:00:00Z"), ("2026-03-08T11:17:23.456Z", "2026-03-09T20:41:07Z")] {
                try await Self.compare(app, visits.activities, from, to)
            }
            let policy = #"{"name":"P","dataset":"pageviews","field":"browser","operator":"neq","values":["Chrome"]}"#
            #expect(try await app.bi("row-policies", policy).status == 201)
            try await Self.compare(
                app, visits.activities.filter { $0.name != nil || $0.browser != "Chrome" }, "2026-03-08T00:00:00Z", "2026-03-19T00:00:00Z")
        }
    }

    private static func compare(_ app: TestApp, _ rows: [Row], _ from: String, _ to: String) async throws {
        let range = Instant(iso: from).milliseconds..<Instant(iso: to).milliseconds, inside = rows.filter { range.contains($0.at) }
        for question in questions {
            let body = question.body(from, to), answer = try await app.bi("visual-query", body)
            #expect(answer.status == 200, "\(answer.body)")
            let told = try answer.json()["rows"]!.elements.map { row in
                line(question.dimensions.map { shown(row[$0], $0) }, question.metrics.map { row[$0]?.number ?? -1 })
            }
            #expect(told == plain(question, inside), "\(body)")
        }
    }

    private static func shown(_ value: JSON?, _ dimension: String) -> String {
        if let number = value?.integer { return dimension == "hour" && number < 10 ? "0\(number)" : "\(number)" }
        return value?.string ?? value?.boolean.map { "\($0)" } ?? "null"
    }
}

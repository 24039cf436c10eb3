import Common
import Foundation
import GoalsModule
import IdentityModule
import RevenueModule
import SegmentsModule
import Testing
import TestSupport

/// Goals of every type over random visits, compared with lists and loops.
@Suite("Goals of random visits", .modules(GoalsModule.self, IdentityModule.self, RevenueModule.self, SegmentsModule.self))
struct RandomGoalTests {
    private typealias Row = RandomVisits.Activity

    /// A possible conversion: one row, or all rows of a session.
    private struct Candidate {
        let rows: [Row]
        let session: [Row]
        var visitor: String { rows[0].visitor }
    }

    private struct Goal {
        let type: String, config: String
        var value = 0.0
        let isOfSession: Bool
        let converts: @Sendable (Candidate) -> Bool
    }

    private static let goals = [
        Goal(type: "pageview", config: #"{"path":"/docs*"}"#, isOfSession: false) {
            $0.rows[0].name == nil && $0.rows[0].path.hasPrefix("/docs")
        },
        Goal(type: "event", config: #"{"event_name":"purchase","value":0.25}"#, value: 0.25, isOfSession: false) {
            $0.rows[0].name == "purchase"
        },
        Goal(type: "event", config: #"{"event_name":"signup","where":[{"field":"plan","op":"not_exists"}]}"#, isOfSession: false) {
            $0.rows[0].name == "signup" && $0.rows[0].plan == nil
        },
        Goal(type: "duration", config: #"{"threshold_seconds":1800}"#, isOfSession: true) { $0.rows.last!.at - $0.rows[0].at >= 1_800_000 },
        Goal(type: "pages_per_session", config: #"{"threshold_pages":3,"value":2}"#, value: 2, isOfSession: true) {
            $0.rows.count { $0.name == nil } >= 3
        },
    ]

    @Test("agree with the plain reference", arguments: Effort.runs())
    func agree(profile: Profile, seed: UInt64) async throws {
        let visits = RandomVisits(seed: seed, from: Instant(iso: "2026-03-10T00:00:00Z"))
        try await TestApp.run(profile, now: "2026-03-20T00:00:00Z") { app in
            try await visits.send(to: app)
            let segment = try await app.createSegment("Signed up", #"{"source":"event","event":"signup"}"#)
            for goal in Self.goals { try await Self.compare(app, visits, goal, segment) }
        }
    }

    private static func compare(_ app: TestApp, _ visits: RandomVisits, _ goal: Goal, _ segment: String) async throws {
        let sessions = Dictionary(grouping: visits.activities) { "\($0.visitor) \($0.session)" }.values
        let candidates = sessions.flatMap { session in
            goal.isOfSession ? [Candidate(rows: session, session: session)] : session.map { Candidate(rows: [$0], session: session) }
        }
        let converted = candidates.filter(goal.converts), converts = Set(converted.map(\.visitor)),
            all = Set(visits.activities.map(\.visitor))
        let id = try await GoalTests.create(app, goal.type, goal.config)

        let stats = try await app.get("/api/v1/goals/\(id)/stats").json()
        #expect(stats["conversions"]?.integer == Int64(converted.count), "\(goal.config)")
        #expect(stats["unique_visitors"]?.integer == Int64(converts.count), "\(goal.config)")
        #expect(
            stats["conversion_rate"]?.number == Rounded.percentage(Int64(converts.count), of: Int64(all.count), decimals: 2),
            "\(goal.config)")
        let cents = goal.isOfSession ? 0 : converted.compactMap { $0.rows[0].cents }.reduce(0, +)
        let revenue = Double(cents) / 100 + goal.value * Double(converted.count)
        #expect(abs(stats["total_revenue"]!.number! - revenue) < 1e-9, "\(goal.config)")
        let behind = try await app.get("/api/v1/goals/\(id)/drill?limit=1000").json()["data"]!.elements.map { $0.string! }
        #expect(behind.sorted() == converts.sorted(), "\(goal.config)")

        let members = Set(visits.activities.filter { $0.name == "signup" }.map(\.visitor)),
            ofMembers = converted.filter { members.contains($0.visitor) }
        let told = try await app.get("/api/v1/goals/\(id)/stats?segment_id=\(segment)").json()
        #expect(told["conversions"]?.integer == Int64(ofMembers.count), "\(goal.config)")
        #expect(told["unique_visitors"]?.integer == Int64(Set(ofMembers.map(\.visitor)).count), "\(goal.config)")
        #expect(
            told["conversion_rate"]?.number
                == Rounded.percentage(Int64(Set(ofMembers.map(\.visitor)).count), of: Int64(members.count), decimals: 2), "\(goal.config)")

        let properties: [(String, (Candidate) -> Set<String>)] = [
            ("source", { [$0.rows[0].source] }), ("browser", { [$0.rows[0].browser] }), ("path", { Set($0.rows.map(\.path)) }),
            ("entry_page", { [$0.session.first { $0.name == nil }?.path ?? ""] }),
        ]
        for (name, values) in properties {
            let lines = Set(candidates.flatMap(values)).map { value -> (Int, Int, String, String) in
                let mine = candidates.filter { values($0).contains(value) }, reached = mine.filter(goal.converts)
                let visitors = Set(mine.map(\.visitor)).count, unique = Set(reached.map(\.visitor)).count
                return (
                    reached.count, visitors, value,
                    "\(value): \(reached.count) \(unique) \(visitors) \(Rounded.percentage(Int64(unique), of: Int64(visitors), decimals: 2))"
                )
            }.sorted { ($1.0, $1.1, $0.2) < ($0.0, $0.1, $1.2) }.map(\.3)
            let told = try await app.get("/api/v1/goals/\(id)/breakdown?property=\(name)&limit=100").json()["data"]!.elements.map {
                "\($0["value"]!.string!): \($0["conversions"]!.integer!) \($0["unique_visitors"]!.integer!) \($0["visitors"]!.integer!) \($0["conversion_rate"]!.number!)"
            }
            #expect(told == lines, "\(name) \(goal.config)")
        }
    }
}

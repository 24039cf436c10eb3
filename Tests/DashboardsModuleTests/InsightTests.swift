import Common
import DashboardsModule
import ErrorTrackingModule
import RevenueModule
import Testing
import TestSupport
import UtmModule

/// Ada visits on January 5, February 20 and March 1; Bob in February and on March 1 and 2; Cy only in March; Di only in
/// February; Eve in January and March. Unless stated otherwise the range is March 1 and 2, and the previous one February 27
/// and 28.
@Suite("Insights", .modules(DashboardsModule.self, ErrorTrackingModule.self, RevenueModule.self, UtmModule.self))
struct InsightTests {
    private static func view(_ visitor: String, _ at: String, _ path: String = "/") -> String {
        #"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)","timestamp":"2026-\#(at):00Z"}"#
    }

    private static let events = [
        view("ada", "01-05T10:00"), view("ada", "02-27T10:00"), view("ada", "03-01T10:00", "/pricing"),
        view("bob", "02-28T10:00"), view("bob", "03-01T09:00"), view("bob", "03-02T09:00", "/pricing"),
        #"{"type":"event","name":"signup","visitor_id":"bob","timestamp":"2026-03-02T09:01:00Z"}"#,
        view("cy", "03-01T12:00"), #"{"type":"event","name":"signup","visitor_id":"cy","timestamp":"2026-03-01T12:01:00Z"}"#,
        view("di", "02-27T10:00"), view("eve", "01-07T10:00"), view("eve", "03-02T10:00"),
    ]

    private static let range = "start_at=2026-03-01&end_at=2026-03-02"

    /// March 1: ada, bob, cy; March 2: bob, eve. Seven days add di on February 27. Thirty days: the same five.
    @Test("show how often visitors come back", arguments: Profile.available)
    func stickiness(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            let answer = try await app.get("/api/v1/insights/stickiness?\(Self.range)")
            #expect(
                answer.body
                    == #"{"dau":2.5,"dau_mau":0.5,"dau_wau":0.5,"mau":5,"periods":[{"active_visitors":3,"date":"2026-03-01"},{"active_visitors":2,"date":"2026-03-02"}],"wau":5,"wau_mau":1}"#
            )
        }
    }

    /// For a range that ends now, the 30 days are the same as in the overview's “last 30 days”: 29 whole days, and today so far.
    @Test("count whole days of a month in the time zone", arguments: Profile.available)
    func wholeDays(profile: Profile) async throws {
        let visits = ["01-31T22:30", "01-31T23:30", "02-23T22:30", "02-23T23:30", "03-02T10:00"].enumerated().map {
            Self.view("v\($0)", $1)
        }
        try await TestApp.run(profile, collecting: visits) { app in
            for (zone, wau, mau) in [("Europe/Berlin", 2, 4), ("UTC", 1, 3)] as [(String, Int64, Int64)] {
                let answer = try await app.get(
                    "/api/v1/insights/stickiness?start_at=2026-03-01&end_at=2026-03-02T12:00:00Z&timezone=\(zone)"
                ).json()
                #expect(answer["wau"]?.integer == wau && answer["mau"]?.integer == mau, "\(zone): \(answer)")
            }
        }
    }

    @Test("separate new, returning, resurrected and dormant visitors", arguments: Profile.available)
    func lifecycle(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            let answer = try await app.get("/api/v1/insights/lifecycle?\(Self.range)")
            #expect(answer.body == #"{"dormant":1,"new":1,"resurrected":1,"returning":2}"#)
            for (group, members) in [("new", ["cy"]), ("returning", ["ada", "bob"]), ("resurrected", ["eve"]), ("dormant", ["di"])] {
                let drilled = try await app.get("/api/v1/insights/lifecycle/drill?group=\(group)&\(Self.range)").json()
                #expect(drilled["data"]?.elements.compactMap(\.string).sorted() == members)
                #expect(drilled["total"]?.integer == Int64(members.count))
            }
        }
    }

    @Test("count visitors who completed every step", arguments: Profile.available)
    func activation(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            let asked = #""start_at":"2026-03-01","end_at":"2026-03-02","event_names":["signup"],"paths":["/pric*"]"#
            let answer = try await app.post("/api/v1/insights/activation", "{\(asked)}", as: .query)
            #expect(
                answer.body
                    == #"{"activated_visitors":1,"activation_rate":25,"active_visitors":4,"confidence_interval":{"high":69.94,"low":4.56}}"#
            )
            let drilled = try await app.post("/api/v1/insights/activation/drill", "{\(asked)}", as: .query)
            #expect(drilled.body == #"{"data":["bob"],"total":1}"#)
            let nothing = try await app.post("/api/v1/insights/activation", "{}", as: .query)
            #expect(
                nothing.body
                    == #"{"error":"Invalid request body: field 'event_names' or 'paths' must name at least one event or page; both are empty."}"#
            )
        }
    }

    /// Two days before March 1: 1, 1 and 1 pageviews (ada, di, bob); two days from it: 3 and 2.
    @Test("compare a metric before and after a point in time", arguments: Profile.available)
    func impact(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            func impact(_ metric: String, _ more: String = "") async throws -> String {
                try await app.post(
                    "/api/v1/insights/impact", #"{"metric":"\#(metric)","split_at":"2026-03-01","window_days":2\#(more)}"#, as: .query
                ).body
            }
            let views = try await impact("pageviews")
            #expect(
                views
                    == #"{"after":5,"before":3,"change":2,"change_percent":66.7,"metric":"pageviews","p_value":0.2929,"significant":false,"split_at":"2026-03-01T00:00:00Z","window_days":2}"#
            )
            let visitors = try await impact("visitors")
            #expect(visitors.hasPrefix(#"{"after":4,"before":3,"change":1,"change_percent":33.3,"metric":"visitors""#))
            let sessions = try await impact("sessions")
            #expect(sessions.hasPrefix(#"{"after":5,"before":3,"#))
            let events = try await impact("events", #","event_name":"signup""#)
            #expect(
                events
                    == #"{"after":2,"before":0,"change":2,"change_percent":null,"metric":"events","p_value":null,"significant":false,"split_at":"2026-03-01T00:00:00Z","window_days":2}"#
            )
            let errors = try await impact("errors")
            #expect(errors.hasPrefix(#"{"after":0,"before":0,"#))
            let wrong = try await impact("visitors", #","event_name":"signup""#)
            #expect(
                wrong
                    == #"{"error":"Invalid request body: field 'event_name' is accepted only with metric 'events'; got metric 'visitors'."}"#
            )
        }
    }
}

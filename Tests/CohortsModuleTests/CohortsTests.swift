import CohortsModule
import Common
import RevenueModule
import Testing
import TestSupport

/// Hand-computed. 2026-03-02 and 03-09 are Mondays; now is noon on the 12th. Ada pays 20.50 and 10, and gets 4 back.
@Suite("Cohorts", .modules(CohortsModule.self, RevenueModule.self))
struct CohortsTests {
    private static let now = "2026-03-12T12:00:00Z"
    private static let events = [
        ("ada", #""type":"pageview""#, "02-27T10:00:00"),
        ("ada", #""type":"event","name":"buy","revenue_amount":20.5,"revenue_currency":"USD""#, "02-27T10:01:00"),
        ("ada", #""type":"pageview""#, "03-03T10:00:00"),
        ("ada", #""type":"event","name":"buy","revenue_amount":10,"revenue_currency":"USD""#, "03-03T10:01:00"),
        ("ada", #""type":"event","name":"refund","revenue_amount":-4,"revenue_currency":"USD""#, "03-10T10:00:00"),
        ("bob", #""type":"pageview""#, "03-02T00:00:00"), ("bob", #""type":"pageview""#, "03-02T00:10:00"),
        ("bob", #""type":"pageview""#, "03-10T09:00:00"),
        ("cy", #""type":"event","name":"signup""#, "03-01T23:59:00"), ("cy", #""type":"pageview""#, "03-02T00:01:00"),
    ].map { visitor, fields, time in #"{\#(fields),"path":"/","visitor_id":"\#(visitor)","timestamp":"2026-\#(time)Z"}"# }

    private func expect(
        _ app: TestApp, _ query: String, answers cohorts: [String], _ rest: String, at place: SourceLocation = #_sourceLocation
    ) async throws {
        let body = #"{"cohorts":[\#(cohorts.joined(separator: ","))],\#(rest)}"#
        try await app.expect("/api/v1/cohorts?start_at=2026-02-20&\(query)", answers: body, at: place)
    }

    private static func line(_ period: String, _ visitors: Int, _ total: String, _ average: String) -> String {
        #"{"avg_per_visitor":\#(average),"period":"\#(period)","total":\#(total),"visitors":\#(visitors)}"#
    }

    @Test("sum up the activity of visitors who first came in the same period", arguments: Profile.available)
    func sums(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events, as: .server, now: Self.now) { app in
            // Ada and cy first came in the week of 02-23, cy one minute before its end; bob at the first instant of the next.
            try await expect(
                app, "", answers: [Self.line("2026-02-23", 2, "3", "1.5"), Self.line("2026-03-02", 1, "3", "3")],
                #""group_by":"week","metric":"pageviews""#)
            try await expect(
                app, "metric=events", answers: [Self.line("2026-02-23", 2, "4", "2"), Self.line("2026-03-02", 1, "0", "0")],
                #""group_by":"week","metric":"events""#)
            // Ada has three sessions, cy one that crosses midnight, bob two.
            try await expect(
                app, "metric=sessions&group_by=month", answers: [Self.line("2026-02", 1, "3", "3"), Self.line("2026-03", 2, "3", "1.5")],
                #""group_by":"month","metric":"sessions""#)
            try await expect(
                app, "metric=revenue&group_by=month",
                answers: [Self.line("2026-02", 1, "26.5", "26.5"), Self.line("2026-03", 2, "0", "0")],
                #""currency":"USD","group_by":"month","metric":"revenue""#)
            try await expect(
                app, "metric=revenue&currency=eur", answers: [Self.line("2026-02-23", 2, "0", "0"), Self.line("2026-03-02", 1, "0", "0")],
                #""currency":"EUR","group_by":"week","metric":"revenue""#)
            // In New York cy and bob first come on the evening of the 1st.
            try await expect(
                app, "timezone=America/New_York", answers: [Self.line("2026-02-23", 3, "6", "2")],
                #""group_by":"week","metric":"pageviews""#)
            try await expect(app, "end_at=2026-02-21", answers: [], #""group_by":"week","metric":"pageviews""#)
        }
    }

    @Test("start with the first activity in the range, and count only the part of a session in the range", arguments: Profile.available)
    func range(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events, as: .server, now: Self.now) { app in
            let answer = try await app.get("/api/v1/cohorts?start_at=2026-03-02T00:05:00Z&metric=sessions")
            let lines = [Self.line("2026-03-02", 2, "4", "2")]
            #expect(answer.body == #"{"cohorts":[\#(lines.joined(separator: ","))],"group_by":"week","metric":"sessions"}"#)
            let filtered = try await app.get("/api/v1/cohorts?start_at=2026-02-20&metric=sessions&filter=event:buy,refund")
            #expect(filtered.body == #"{"cohorts":[\#(Self.line("2026-02-23", 1, "3", "3"))],"group_by":"week","metric":"sessions"}"#)
        }
    }

    @Test("list their visitors", arguments: Profile.available)
    func drill(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events, as: .server, now: Self.now) { app in
            let range = "start_at=2026-02-20"
            let bob = try await app.get("/api/v1/cohorts/drill?\(range)&period=2026-03-02").body
            #expect(bob == #"{"data":["bob"],"total":1}"#)
            let march = try await app.get("/api/v1/cohorts/drill?\(range)&group_by=month&period=2026-03").json()
            #expect(Set(march["data"]?.elements.compactMap(\.string) ?? []) == ["bob", "cy"])
            let nobody = try await app.get("/api/v1/cohorts/drill?\(range)&period=2026-02-16").body
            #expect(nobody == #"{"data":[],"total":0}"#)
        }
    }

    @Test(
        "reject invalid requests",
        arguments: [
            ("?group_by=day", "Invalid query parameter 'group_by': must be one of 'week', 'month'; got 'day'."),
            (
                "?metric=visits",
                "Invalid query parameter 'metric': must be one of 'pageviews', 'sessions', 'events', 'revenue'; got 'visits'."
            ),
            ("/drill", "Invalid query parameter 'period': it is required, and must be at most 10 characters of text."),
            (
                "/drill?period=2026-03-03",
                "Invalid query parameter 'period': must be the Monday of a week such as 2026-03-02; got '2026-03-03'."
            ),
            ("/drill?group_by=month&period=2026-3", "Invalid query parameter 'period': must be a month such as 2026-03; got '2026-3'."),
            ("/compare", "Invalid query parameter 'segment_ids': it is required, and must be at most 500 characters of text."),
            (
                "/compare?segment_ids=a",
                "Invalid query parameter 'segment_ids': must contain 2 to 10 different ids separated by commas; got 1."
            ),
            ("/compare?segment_ids=a,b&interval=month", "Invalid query parameter 'interval': must be one of 'day', 'week'; got 'month'."),
        ])
    func refuses(query: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.get("/api/v1/cohorts\(query)")
            #expect(answer.status == 400)
            #expect(try answer.json()["error"]?.string == sentence)
        }
    }
}

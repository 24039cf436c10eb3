import AllModules
import Common
import Testing
import TestSupport

/// In Berlin clocks go from 02:00 to 03:00 on 2026-03-29 and from 03:00 to 02:00 on 2026-10-25.
@Suite("Reports on days with clock changes", .modules(.all))
struct ClockChangeTests {
    private static func view(_ path: String, _ timestamp: String) -> String {
        #"{"type":"pageview","visitor_id":"v\#(path)","path":"\#(path)","timestamp":"\#(timestamp)"}"#
    }

    private static func hours(_ app: TestApp, _ day: String, _ zone: String) async throws -> [String] {
        let answer = try await app.get("/api/v1/stats/timeseries?timezone=\(zone)&interval=hour&start_at=\(day)&end_at=\(day)").json()
        return try #require(answer["data"]?.elements).map { "\($0["date"]?.string ?? "") \($0["pageviews"]?.integer ?? -1)" }
    }

    @Test("a skipped hour has no point, and a repeated hour has two", arguments: Profile.available)
    func hours(profile: Profile) async throws {
        let views = [
            Self.view("/a", "2026-03-29T00:30:00Z"), Self.view("/b", "2026-03-29T01:30:00Z"), Self.view("/c", "2026-10-25T00:30:00Z"),
            Self.view("/d", "2026-10-25T01:10:00Z"), Self.view("/e", "2026-10-25T01:50:00Z"), Self.view("/f", "2026-10-25T02:00:00Z"),
        ]
        try await TestApp.run(profile, collecting: views, now: "2026-11-01T00:00:00Z") { app in
            let spring = try await Self.hours(app, "2026-03-29", "Europe/Berlin")
            #expect(spring.count == 23)
            #expect(spring.prefix(4) == ["2026-03-29T00:00 0", "2026-03-29T01:00 1", "2026-03-29T03:00 1", "2026-03-29T04:00 0"])
            let autumn = try await Self.hours(app, "2026-10-25", "Europe/Berlin")
            #expect(autumn.count == 25)
            #expect(
                autumn[1...4] == [
                    "2026-10-25T01:00 0", "2026-10-25T02:00+02:00 1", "2026-10-25T02:00+01:00 2", "2026-10-25T03:00 1",
                ])
            #expect(autumn.last == "2026-10-25T23:00 0")
            // Midnight is skipped in Cairo; Lord Howe's clocks go back by half an hour, from 02:00 to 01:30.
            let cairo = try await Self.hours(app, "2026-04-24", "Africa/Cairo")
            #expect(cairo.count == 23 && cairo.first == "2026-04-24T01:00 0")
            let lordHowe = try await Self.hours(app, "2026-04-05", "Australia/Lord_Howe")
            #expect(
                lordHowe[0...3] == ["2026-04-05T00:00 0", "2026-04-05T01:00+11:00 0", "2026-04-05T01:00+10:30 0", "2026-04-05T02:00 0"])
        }
    }

    /// At 02:31 UTC clocks in St. John's went from 00:01 on November 7, 2010 back to 23:01 the day before.
    @Test("a day that clocks enter twice is one point, even if the range begins in it", arguments: Profile.available)
    func backOverMidnight(profile: Profile) async throws {
        let views = [
            Self.view("/seventh", "2010-11-07T02:30:40Z"), Self.view("/sixth", "2010-11-07T02:31:30Z"),
            Self.view("/again", "2010-11-07T03:30:00Z"),
        ]
        try await TestApp.run(profile, collecting: views, now: "2010-11-08T00:00:00Z") { app in
            for (range, points) in [
                ("start_at=2010-11-07T02:30:30Z&end_at=2010-11-07T02:32:00Z", ["2010-11-06 1", "2010-11-07 1"]),
                ("start_at=2010-11-07T02:30:30Z&end_at=2010-11-07T02:31:00Z", ["2010-11-07 1"]),
                ("start_at=2010-11-07T02:31:00Z&end_at=2010-11-07T02:31:30.001Z", ["2010-11-06 1"]),
                ("start_at=2010-11-07T02:30:30Z&end_at=2010-11-07T04:00:00Z", ["2010-11-06 1", "2010-11-07 2"]),
            ] {
                let answer = try await app.get("/api/v1/stats/timeseries?timezone=America/St_Johns&\(range)").json()
                #expect(
                    answer["data"]?.elements.map { "\($0["date"]?.string ?? "") \($0["pageviews"]?.integer ?? -1)" } == points, "\(range)")
                for path in [
                    "insights/stickiness", "marketing/campaign-costs", "marketing/imports/summary", "revenue/timeseries",
                    "errors/timeseries", "logs/timeseries", "retention/grid", "cohorts",
                ] {
                    let other = try await app.get("/api/v1/\(path)?timezone=America/St_Johns&\(range)")
                    #expect(other.status == 200, "\(path)?\(range): \(other.body)")
                }
            }
        }
    }

    @Test("a local time is the time that clocks show, and an offset's plus may arrive as a space", arguments: Profile.available)
    func localTimes(profile: Profile) async throws {
        let views = [
            Self.view("/1030", "2026-10-25T10:30:00Z"), Self.view("/1130", "2026-10-25T11:30:00Z"),
            Self.view("/spring1030", "2026-03-29T10:30:00Z"), Self.view("/spring1130", "2026-03-29T11:30:00Z"),
        ]
        try await TestApp.run(profile, collecting: views, now: "2026-11-01T00:00:00Z") { app in
            func expect(_ query: String, answers paths: [String]) async throws {
                let answer = try await app.get("/api/v1/pages?\(query)").json()
                #expect(answer["data"]?.elements.compactMap { $0["path"]?.string } == paths, "\(query)")
            }
            try await expect("timezone=Europe/Amsterdam&start_at=2026-10-25T12:00&end_at=2026-10-25T13:00", answers: ["/1130"])
            try await expect("timezone=Europe/Amsterdam&start_at=2026-03-29T12:00&end_at=2026-03-29T13:00", answers: ["/spring1030"])
            try await expect("start_at=2026-10-25T12:00:00+01:00&end_at=2026-10-25T13:00+01:00", answers: ["/1130"])
            try await expect("start_at=2026-10-25T12:00:00%2B01:00&end_at=2026-10-25T12:00Z", answers: ["/1130"])
        }
    }

    @Test("whole days are compared with as many days before them, even if one has 23 or 25 hours", arguments: Profile.available)
    func previous(profile: Profile) async throws {
        let views = [
            // Berlin's October 18 begins on the 17th at 22:00 UTC, its March 22 on the 21st at 23:00 UTC.
            Self.view("/a", "2026-10-17T21:30:00Z"), Self.view("/b", "2026-10-17T22:00:00Z"), Self.view("/c", "2026-10-24T21:59:59Z"),
            Self.view("/d", "2026-03-21T22:59:59Z"), Self.view("/e", "2026-03-21T23:00:00Z"), Self.view("/f", "2026-03-28T22:59:59Z"),
        ]
        try await TestApp.run(profile, collecting: views, now: "2026-11-02T00:00:00Z") { app in
            func expect(_ range: String, before pageviews: Int64) async throws {
                let answer = try await app.get("/api/v1/stats?timezone=Europe/Berlin&\(range)").json()
                #expect(answer["previous"]?["pageviews"]?.integer == pageviews, "\(range)")
            }
            try await expect("start_at=2026-10-25&end_at=2026-10-31", before: 2)
            try await expect("start_at=2026-03-29&end_at=2026-04-04", before: 2)
            // A range that begins or ends within a day is compared with as many milliseconds before it.
            try await expect("start_at=2026-10-25&end_at=2026-10-31T23:00", before: 2)
            try await expect("start_at=2026-10-25&end_at=2026-10-31T23:30:01", before: 3)
        }
    }

    @Test(
        "reports accept every name of a time zone",
        arguments: ["Asia/Kolkata", "Asia/Calcutta", "Asia/Saigon", "Etc/UTC", "US/Pacific", "Japan", "Etc/GMT%2B5"])
    func zones(zone: String) async throws {
        try await TestApp.run(.embedded, now: "2026-11-02T00:00:00Z") { app in
            try await app.expect(
                "/api/v1/stats/timeseries?timezone=\(zone)&start_at=2026-11-01&end_at=2026-11-01",
                answers: #"{"data":[{"date":"2026-11-01","pageviews":0,"sessions":0,"visitors":0}]}"#)
        }
    }
}

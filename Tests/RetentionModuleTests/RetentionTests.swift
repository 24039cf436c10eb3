import Common
import Core
import IdentityModule
import RetentionModule
import RevenueModule
import SegmentsModule
import Testing
import TestSupport

/// The expected numbers are computed by hand. In March 2026 the 2nd, 9th, 16th and 23rd are Mondays; the current time is noon on Wednesday
/// the 25th.
@Suite("Retention", .modules(IdentityModule.self, RetentionModule.self, RevenueModule.self, SegmentsModule.self))
struct RetentionTests {
    static func view(_ visitor: String, _ time: String) -> String {
        #"{"type":"pageview","path":"/","visitor_id":"\#(visitor)","timestamp":"2026-\#(time)Z"}"#
    }
    static func event(_ visitor: String, _ name: String, _ time: String) -> String {
        #"{"type":"event","name":"\#(name)","visitor_id":"\#(visitor)","timestamp":"2026-\#(time)Z"}"#
    }

    /// Bob's only session crosses midnight. Cy comes back after the range. Dee visited before it.
    private static let events = [
        view("ada", "03-02T10:00:00"), view("ada", "03-03T10:00:00"), view("ada", "03-09T10:00:00"),
        view("bob", "03-04T23:50:00"), view("bob", "03-05T00:05:00"),
        view("cy", "03-09T08:00:00"), view("cy", "03-23T08:00:00"),
        view("dee", "02-20T08:00:00"), view("dee", "03-10T08:00:00"), view("dee", "03-11T08:00:00"),
    ]

    private func with(
        _ profile: Profile = .embedded, now: String = "2026-03-25T12:00:00Z", _ events: [String] = Self.events,
        _ body: @escaping @Sendable (TestApp) async throws -> Void
    ) async throws {
        try await TestApp.run(profile, now: now) { app in
            if !events.isEmpty { try await app.collect("[\(events.joined(separator: ","))]", as: .server) }
            try await body(app)
        }
    }

    private func expect(_ app: TestApp, _ path: String, answers body: String, at place: SourceLocation = #_sourceLocation) async throws {
        try await app.expect("/api/v1/retention\(path)", answers: body, at: place)
    }

    private static let range = "start_at=2026-03-02&end_at=2026-03-22"

    private static func line(_ cohort: String, _ visitors: Int, _ rates: [String]) -> String {
        let days = ["D1", "D7", "D14", "D30", "D60", "D90"]
        let members = zip(days, rates).map { #""\#($0)":\#($1)"# }.sorted()
        let intervals = zip(days, rates).map { day, rate in
            let returned = Double(rate).map { Int64(($0 * Double(visitors) / 100).rounded()) }
            return #""\#(day)":\#(returned.map { ConfidenceInterval($0, of: Int64(visitors)).json } ?? "null")"#
        }.sorted()
        return #"{\#(members.joined(separator: ",")),"cohort":"\#(cohort)","confidence_intervals":{\#(intervals.joined(separator: ","))},"#
            + #""initial_visitors":\#(visitors)}"#
    }

    @Test("counts new visitors who are active a given number of days after their first day", arguments: Profile.available)
    func days(profile: Profile) async throws {
        try await with(profile) { app in
            let first = Self.line("2026-03-02", 2, ["100", "50", "0", "null", "null", "null"])
            let second = Self.line("2026-03-09", 1, ["0", "0", "100", "null", "null", "null"])
            try await expect(app, "?\(Self.range)", answers: #"{"cohorts":[\#(first),\#(second)],"period":"weekly"}"#)
            let month = Self.line("2026-03-01", 3, ["66.7", "33.3", "33.3", "null", "null", "null"])
            try await expect(app, "?\(Self.range)&period=monthly", answers: #"{"cohorts":[\#(month)],"period":"monthly"}"#)
            let ada = Self.line("2026-03-02", 1, ["100", "100", "0", "null", "null", "null"])
            let bob = Self.line("2026-03-04", 1, ["100", "0", "0", "null", "null", "null"])
            let cy = Self.line("2026-03-09", 1, ["0", "0", "100", "null", "null", "null"])
            try await expect(app, "?\(Self.range)&period=daily", answers: #"{"cohorts":[\#(ada),\#(bob),\#(cy)],"period":"daily"}"#)
            // In Berlin, Bob's whole session is on the 5th.
            let berlin = Self.line("2026-03-05", 1, ["0", "0", "0", "null", "null", "null"])
            try await expect(
                app, "?start_at=2026-03-05&end_at=2026-03-05&period=daily&timezone=Europe/Berlin",
                answers: #"{"cohorts":[\#(berlin)],"period":"daily"}"#)
            try await expect(app, "?start_at=2026-01-01&end_at=2026-01-31", answers: #"{"cohorts":[],"period":"weekly"}"#)
        }
    }

    @Test("lists the visitors behind a day's rate", arguments: Profile.available)
    func dayDrill(profile: Profile) async throws {
        try await with(profile) { app in
            for (query, visitors) in [
                ("cohort=2026-03-02&day=D1", ["ada", "bob"]), ("cohort=2026-03-02&day=D7", ["ada"]), ("cohort=2026-03-02&day=D14", []),
                ("cohort=2026-03-09&day=D14", ["cy"]), ("cohort=2026-03-01&day=D1&period=monthly", ["ada", "bob"]),
                ("cohort=2026-03-04&day=D1&period=daily", ["bob"]),
            ] {
                let answer = try await app.get("/api/v1/retention/drill?\(Self.range)&\(query)").json()
                #expect(answer["data"]?.elements.compactMap(\.string).sorted() == visitors, "\(query)")
                #expect(answer["total"]?.integer == Int64(visitors.count), "\(query)")
            }
            try await expect(
                app, "/drill?\(Self.range)&cohort=2026-03-03&day=D1",
                answers:
                    #"{"error":"Invalid query parameter 'cohort': must be the first day of a weekly cohort such as 2026-03-02; got '2026-03-03'."}"#
            )
            try await expect(
                app, "/drill?\(Self.range)&cohort=2026-03-02&day=D2",
                answers: #"{"error":"Invalid query parameter 'day': must be one of 'D1', 'D7', 'D14', 'D30', 'D60', 'D90'; got 'D2'."}"#)
        }
    }

    @Test("a rate is null until its day is over", arguments: Profile.available)
    func elapsed(profile: Profile) async throws {
        try await with(profile, now: "2026-03-03T23:59:59Z", [Self.view("ada", "03-02T10:00:00"), Self.view("ada", "03-03T10:00:00")]) {
            app in
            let open = Array(repeating: "null", count: 6)
            try await expect(app, "?start_at=2026-03-01", answers: #"{"cohorts":[\#(Self.line("2026-03-02", 1, open))],"period":"weekly"}"#)
            app.time.advance(seconds: 1)
            let over = ["100"] + open.dropFirst()
            try await expect(app, "?start_at=2026-03-01", answers: #"{"cohorts":[\#(Self.line("2026-03-02", 1, over))],"period":"weekly"}"#)
        }
    }

    @Test("days are those of the time zone, even when its clocks go forward", arguments: Profile.available)
    func zone(profile: Profile) async throws {
        // In Berlin, 00:30 on the 29th and, in summer time, 00:10 on the 30th; in winter time that would still be the 29th.
        let events = [Self.view("ada", "03-28T23:30:00"), Self.view("ada", "03-29T22:10:00")]
        try await with(profile, now: "2026-04-02T00:00:00Z", events) { app in
            let line = Self.line("2026-03-29", 1, ["100", "null", "null", "null", "null", "null"])
            try await expect(
                app, "?start_at=2026-03-20&period=daily&timezone=Europe/Berlin", answers: #"{"cohorts":[\#(line)],"period":"daily"}"#)
        }
    }

    // MARK: Grid

    /// - Parameter initial: The cohort's size; nil for an interval that isn't over.
    private static func cell(_ interval: Int64, _ visitors: Int64, of initial: Int64?) -> String {
        guard let initial else { return #"{"confidence_interval":null,"interval":\#(interval),"rate":null,"visitors":\#(visitors)}"# }
        let rate = Rounded.percentage(visitors, of: initial)
        func text(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
        return #"{"confidence_interval":\#(ConfidenceInterval(visitors, of: initial).json),"interval":\#(interval),"#
            + #""rate":\#(text(rate)),"visitors":\#(visitors)}"#
    }

    private static func row(_ cohort: String, _ initial: Int, _ cells: [String]) -> String {
        #"{"cohort":"\#(cohort)","initial_visitors":\#(initial),"intervals":[\#(cells.joined(separator: ","))]}"#
    }

    @Test("the grid counts by period, and averages completed intervals", arguments: Profile.available)
    func grid(profile: Profile) async throws {
        try await with(profile) { app in
            func answer(_ average: [String], _ rows: [String]) -> String {
                #"{"average":[\#(average.joined(separator: ","))],"cohorts":[\#(rows.joined(separator: ","))],"period":"weekly"}"#
            }
            // The week of the 23rd, interval 3 of the first cohort and 2 of the second, isn't over.
            let on = answer(
                [Self.cell(1, 1, of: 3), Self.cell(2, 0, of: 2), Self.cell(3, 0, of: nil)],
                [
                    Self.row("2026-03-02", 2, [Self.cell(1, 1, of: 2), Self.cell(2, 0, of: 2), Self.cell(3, 0, of: nil)]),
                    Self.row("2026-03-09", 1, [Self.cell(1, 0, of: 1), Self.cell(2, 1, of: nil), Self.cell(3, 0, of: nil)]),
                ])
            try await expect(app, "/grid?\(Self.range)&intervals=3", answers: on)
            let unbounded = answer(
                [Self.cell(1, 2, of: 3), Self.cell(2, 0, of: 2), Self.cell(3, 0, of: nil)],
                [
                    Self.row("2026-03-02", 2, [Self.cell(1, 1, of: 2), Self.cell(2, 0, of: 2), Self.cell(3, 0, of: nil)]),
                    Self.row("2026-03-09", 1, [Self.cell(1, 1, of: 1), Self.cell(2, 1, of: nil), Self.cell(3, 0, of: nil)]),
                ])
            try await expect(app, "/grid?\(Self.range)&intervals=3&variant=unbounded", answers: unbounded)
            // Windows of seven days from the first activity: ada is back after exactly seven days, cy after fourteen.
            let rolling = answer(
                [Self.cell(1, 1, of: 3), Self.cell(2, 0, of: nil)],
                [
                    Self.row("2026-03-02", 2, [Self.cell(1, 1, of: 2), Self.cell(2, 0, of: nil)]),
                    Self.row("2026-03-09", 1, [Self.cell(1, 0, of: 1), Self.cell(2, 1, of: nil)]),
                ])
            try await expect(app, "/grid?\(Self.range)&intervals=2&variant=rolling", answers: rolling)
            // Dee, who isn't new, also starts in the second week, and so does ada.
            let recurring = answer(
                [Self.cell(1, 1, of: 5)],
                [Self.row("2026-03-02", 2, [Self.cell(1, 1, of: 2)]), Self.row("2026-03-09", 3, [Self.cell(1, 0, of: 3)])])
            try await expect(app, "/grid?\(Self.range)&intervals=1&mode=recurring", answers: recurring)
            let empty = #"{"average":[\#(Self.cell(1, 0, of: nil))],"cohorts":[],"period":"monthly"}"#
            try await expect(app, "/grid?start_at=2026-01-01&end_at=2026-01-31&intervals=1&period=monthly", answers: empty)
        }
    }

    @Test("events define who starts and who returns", arguments: Profile.available)
    func events(profile: Profile) async throws {
        let events = [
            Self.view("ada", "01-05T10:00:00"), Self.event("ada", "signup", "03-02T10:00:00"), Self.event("ada", "buy", "03-10T10:00:00"),
            Self.event("bob", "signup", "03-03T10:00:00"), Self.view("bob", "03-10T10:00:00"),
            // Also signed up before the range.
            Self.event("cy", "signup", "02-01T10:00:00"), Self.event("cy", "signup", "03-03T10:00:00"),
            Self.event("cy", "buy", "03-10T10:00:00"),
        ]
        try await with(profile, events) { app in
            let one = Self.row("2026-03-02", 2, [Self.cell(1, 1, of: 2)])
            try await expect(
                app, "/grid?\(Self.range)&intervals=1&event=signup&return_event=buy",
                answers: #"{"average":[\#(Self.cell(1, 1, of: 2))],"cohorts":[\#(one)],"period":"weekly"}"#)
            let any = Self.row("2026-03-02", 2, [Self.cell(1, 2, of: 2)])
            try await expect(
                app, "/grid?\(Self.range)&intervals=1&event=signup",
                answers: #"{"average":[\#(Self.cell(1, 2, of: 2))],"cohorts":[\#(any)],"period":"weekly"}"#)
            let drilled = "/drill?\(Self.range)&event=signup&return_event=buy&cohort=2026-03-02"
            try await expect(app, "\(drilled)&interval=1", answers: #"{"data":["ada"],"total":1}"#)
            let begun = try await app.get("/api/v1/retention\(drilled)").json()
            #expect(begun["total"]?.integer == 2)
            #expect(Set(begun["data"]?.elements.compactMap(\.string) ?? []) == ["ada", "bob"])
            try await expect(app, "\(drilled)&interval=2", answers: #"{"data":[],"total":0}"#)
        }
    }

    @Test("a segment is evaluated in the range, even if returns are counted beyond it", arguments: Profile.available)
    func segment(profile: Profile) async throws {
        try await TestApp.run(profile, now: "2026-03-25T12:00:00Z") { app in
            try await app.collect("[\(Self.events.joined(separator: ","))]", as: .server)
            // Ada and bob view two pages each during the week; ada views a third one later.
            for (views, cohorts) in [(2, [Self.row("2026-03-02", 2, [Self.cell(1, 1, of: 2)])]), (3, [])] {
                let id = try await app.createSegment("Readers", #"{"source":"metric","field":"pageviews","op":"gte","value":\#(views)}"#)
                let average = cohorts.isEmpty ? Self.cell(1, 0, of: nil) : Self.cell(1, 1, of: 2)
                try await expect(
                    app, "/grid?start_at=2026-03-02&end_at=2026-03-08&intervals=1&segment_id=\(id)",
                    answers: #"{"average":[\#(average)],"cohorts":[\#(cohorts.joined())],"period":"weekly"}"#)
            }
        }
    }

    @Test(
        "rejects invalid requests",
        arguments: [
            ("?period=yearly", "Invalid query parameter 'period': must be one of 'daily', 'weekly', 'monthly'; got 'yearly'."),
            (
                "?period=daily&start_at=2020-01-01&end_at=2026-01-01",
                "Invalid query parameter 'period': the range has 2193 cohorts; the limit is 1000. Request a shorter range or a longer period."
            ),
            ("/grid?intervals=0", "Invalid query parameter 'intervals': must be a whole number from 1 to 100; got '0'."),
            ("/grid?variant=off", "Invalid query parameter 'variant': must be one of 'on', 'unbounded', 'rolling'; got 'off'."),
            ("/grid?mode=once", "Invalid query parameter 'mode': must be one of 'first_time', 'recurring'; got 'once'."),
            ("/drill", "Invalid query parameter 'cohort': it is required, and must be at most 10 characters of text."),
            (
                "/drill?cohort=2026-03-03",
                "Invalid query parameter 'cohort': must be the first day of a weekly cohort such as 2026-03-02; got '2026-03-03'."
            ),
            (
                "/drill?cohort=March&period=monthly",
                "Invalid query parameter 'cohort': must be the first day of a monthly cohort such as 2026-03-01; got 'March'."
            ),
        ])
    func refuses(query: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.get("/api/v1/retention\(query)")
            #expect(answer.status == 400)
            #expect(try answer.json()["error"]?.string == sentence)
        }
    }
}

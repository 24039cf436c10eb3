import AllModules
import Core
import Testing
@testable import TestSupport

/// A real site, a real browser, and the script that Pulse serves: every number in the core reports matches what was clicked.
///
/// Two people on two days. Ada uses a computer, Bob a phone:
///
///     Ada, from elsewhere   21:58:00  9 pages, 3 events, 240 s    / ... /blog/post.html
///     Bob, direct           22:03:00  8 pages, 60 s               /app.html ... /app/new#/letters
///     Ada, direct           22:33:00  2 pages, 1,799 s            31 minutes after her last page
///     Bob, from elsewhere   23:40:00  1 page                      the only bounce
///     Ada, direct           23:50:00  2 pages, 1,200 s            over midnight: still one visit of one visitor
///     Ada, from elsewhere   12:00:00  2 pages, 1 event, 20 s      the next day: no longer recognized as Ada
///
/// 6 visits of 3 visitors: 24 pages, 4 events, 3,319 seconds.
@Suite("Core reports of real visits", .modules(.all), .serialized, .enabled(if: Chromium.isInstalled, "\(Chromium.missing)"))
struct BrowserTests {
    @Test("every number in the core reports matches what was clicked", arguments: Profile.available)
    func reports(profile: Profile) async throws {
        try await TestApp.run(profile, now: "2026-03-02T21:57:00Z", over: .socket) { app in
            try await Teapots.serve(api: app.address, key: app.keys[.ingest]!) { site in
                try await Arrivals.watch(api: app.address, key: app.keys[.query]!) { arrivals in
                    try await Chromium.run { chromium in
                        try await chromium.browse(as: .ada) { ada in
                            try await chromium.browse(as: .bob) { bob in
                                let walk = Walk(app, arrivals)
                                try await Self.firstVisits(walk, site, ada, bob)
                                try await Self.realtime(walk)
                                try await Self.laterVisits(walk, site, ada, bob)
                            }
                        }
                        // Nothing arrived after the last step, not even when the browsers were closed.
                        #expect(arrivals.all.count == 28)
                    }
                }
            }
            for (question, answer) in Self.answers {
                #expect(try await app.get(question).body == answer, "\(question)")
            }
        }
    }

    private static func firstVisits(_ walk: Walk, _ site: Teapots, _ ada: Browser, _ bob: Browser) async throws {
        let page = Walk.page, event = Walk.event
        try await ada.open(site.elsewhere)
        try await walk.at("2026-03-02T21:58:00Z", { try await ada.click("home") }, counts: [page("/", "Teapots: home")])
        try await walk.at("2026-03-02T21:58:10Z", { try await ada.click("pricing") }, counts: [page("/pricing.html", "Teapots: pricing")])
        try await walk.at("2026-03-02T21:58:40Z", { try await ada.click("buy") }, counts: [page("/signup.html", "Teapots: sign up")])
        try await walk.at(
            "2026-03-02T21:59:00Z", { try await ada.click("pro") }, counts: [event("signup", #"{"plan":"pro"}"#, "/signup.html")])
        try await walk.at(
            "2026-03-02T21:59:05Z", { try await ada.click("order") }, counts: [event("order", #"{"items":2}"#, "/signup.html")])
        try await walk.at("2026-03-02T21:59:10Z", { try await ada.click("virtual") }, counts: [page("/signup/step-2", "Step 2")])
        try await walk.at(
            "2026-03-02T22:00:00Z", { try await ada.click("leave") },
            counts: [event("left", "null", "/signup.html"), page("/pricing.html", "Teapots: pricing")])
        try await walk.at(
            "2026-03-02T22:00:30Z", { try await ada.click("docs") }, counts: [page("/docs/start.html", "Teapots: getting started")])
        try await walk.at("2026-03-02T22:00:40Z", { try await ada.click("warm-link") }, counts: [])
        let post = page("/blog/post.html", "Teapots: “Größe” matters — 茶")
        try await walk.at("2026-03-02T22:01:15Z", { try await ada.click("blog") }, counts: [post])
        try await walk.at(
            "2026-03-02T22:01:30Z", { try await ada.click("read-on") }, counts: [page("/blog/green tea.html", "Teapots: green tea")])
        try await walk.at("2026-03-02T22:02:00Z", { try await ada.goBack() }, counts: [post])

        try await walk.at(
            "2026-03-02T22:03:00Z", { try await bob.open(site.address + "/app.html") }, counts: [page("/app.html", "Teapots: app")])
        try await walk.at("2026-03-02T22:03:05Z", { try await bob.click("inbox") }, counts: [page("/app/inbox", "App: inbox")])
        try await walk.at("2026-03-02T22:03:10Z", { try await bob.click("inbox-2") }, counts: [page("/app/inbox", "App: inbox, page 2")])
        try await walk.at("2026-03-02T22:03:15Z", { try await bob.click("again") }, counts: [])
        try await walk.at("2026-03-02T22:03:20Z", { try await bob.click("settings") }, counts: [page("/app/settings", "App: settings")])
        try await walk.at("2026-03-02T22:03:30Z", { try await bob.click("filter") }, counts: [])
        try await walk.at("2026-03-02T22:03:40Z", { try await bob.click("redirect") }, counts: [page("/app/new", "App: new")])
        let letters = page("/app/new#/letters", "App: letters")
        try await walk.at("2026-03-02T22:03:45Z", { try await bob.click("hash-route") }, counts: [letters])
        try await walk.at("2026-03-02T22:03:50Z", { try await bob.click("hash-anchor") }, counts: [page("/app/new", "App: letters")])
        try await walk.at("2026-03-02T22:04:00Z", { try await bob.click("back") }, counts: [letters])
    }

    /// The visitors of the last five minutes: Ada was there until 22:02:00, Bob until 22:04:00.
    private static func realtime(_ walk: Walk) async throws {
        let expected = [("22:04:00", 2), ("22:07:00", 2), ("22:07:01", 1), ("22:09:00", 1), ("22:09:01", 0)]
        for (time, visitors) in expected {
            try await walk.at("2026-03-02T\(time)Z", {}, counts: [])
            #expect(try await walk.app.get("/api/v1/realtime").body == #"{"active_visitors":\#(visitors)}"#, "\(time)")
        }
    }

    private static func laterVisits(_ walk: Walk, _ site: Teapots, _ ada: Browser, _ bob: Browser) async throws {
        let page = Walk.page, event = Walk.event
        try await ada.open(site.elsewhere)
        try await walk.at(
            "2026-03-02T22:33:00Z", { try await ada.click("unsaid") }, counts: [page("/docs/start.html", "Teapots: getting started")])
        try await walk.at("2026-03-02T23:02:59Z", { try await ada.click("pricing") }, counts: [page("/pricing.html", "Teapots: pricing")])
        try await bob.open(site.elsewhere)
        try await walk.at("2026-03-02T23:40:00Z", { try await bob.click("campaign") }, counts: [page("/pricing.html", "Teapots: pricing")])
        try await walk.at("2026-03-02T23:50:00Z", { try await ada.open(site.address + "/") }, counts: [page("/", "Teapots: home")])
        try await walk.at("2026-03-03T00:10:00Z", { try await ada.click("pricing") }, counts: [page("/pricing.html", "Teapots: pricing")])
        try await ada.open(site.elsewhere)
        try await walk.at("2026-03-03T12:00:00Z", { try await ada.click("home") }, counts: [page("/", "Teapots: home")])
        try await walk.at("2026-03-03T12:00:10Z", { try await ada.click("signup") }, counts: [page("/signup.html", "Teapots: sign up")])
        try await walk.at(
            "2026-03-03T12:00:20Z", { try await ada.click("pro") }, counts: [event("signup", #"{"plan":"pro"}"#, "/signup.html")])
    }

    private static let both = "start_at=2026-03-02&end_at=2026-03-03", second = "start_at=2026-03-03&end_at=2026-03-03"

    /// Calculated by hand from the steps above.
    private static let answers = [
        (
            "/api/v1/stats?\(both)",
            #"{"current":{"avg_duration":553.2,"bounce_rate":16.7,"events":4,"pageviews":24,"sessions":6,"visitors":3},"#
                + #""previous":{"avg_duration":0,"bounce_rate":0,"events":0,"pageviews":0,"sessions":0,"visitors":0}}"#
        ),
        // Each day has its own pageviews of the visit over midnight.
        (
            "/api/v1/stats?\(second)",
            #"{"current":{"avg_duration":10,"bounce_rate":50,"events":1,"pageviews":3,"sessions":2,"visitors":2},"#
                + #""previous":{"avg_duration":419.8,"bounce_rate":40,"events":3,"pageviews":21,"sessions":5,"visitors":2}}"#
        ),
        ("/api/v1/stats/timeseries?\(both)", points(("2026-03-02", 21, 5, 2), ("2026-03-03", 3, 2, 2))),
        (
            "/api/v1/stats/timeseries?interval=hour&start_at=2026-03-02T20:00:00Z&end_at=2026-03-03T01:00:00Z",
            points(
                ("2026-03-02T20:00", 0, 0, 0), ("2026-03-02T21:00", 4, 1, 1), ("2026-03-02T22:00", 14, 3, 2),
                ("2026-03-02T23:00", 3, 3, 2), ("2026-03-03T00:00", 1, 1, 1))
        ),
        // In New York, where midnight is at 05:00 UTC, the whole evening is one day.
        ("/api/v1/stats/timeseries?\(both)&timezone=America/New_York", points(("2026-03-02", 22, 5, 2), ("2026-03-03", 2, 1, 1))),
        (
            "/api/v1/pages?\(both)&limit=20",
            pages(
                ("/pricing.html", 5, 2, "12"), ("/", 3, 2, "406.7"), ("/app/inbox", 2, 1, "7.5"), ("/app/new", 2, 1, "7.5"),
                ("/app/new#/letters", 2, 1, "2.5"), ("/blog/post.html", 2, 1, "7.5"), ("/docs/start.html", 2, 1, "922"),
                ("/signup.html", 2, 2, "20"), ("/app.html", 1, 1, "5"), ("/app/settings", 1, 1, "20"),
                ("/blog/green tea.html", 1, 1, "30"), ("/signup/step-2", 1, 1, "50"))
        ),
        (
            "/api/v1/pages/entry?\(both)",
            list(
                #"{"bounce_rate":0,"path":"/","sessions":3}"#, #"{"bounce_rate":0,"path":"/app.html","sessions":1}"#,
                #"{"bounce_rate":0,"path":"/docs/start.html","sessions":1}"#, #"{"bounce_rate":100,"path":"/pricing.html","sessions":1}"#,
                total: 4)
        ),
        (
            "/api/v1/pages/exit?\(both)",
            list(
                #"{"exit_rate":60,"path":"/pricing.html","sessions":3}"#, #"{"exit_rate":50,"path":"/app/new#/letters","sessions":1}"#,
                #"{"exit_rate":50,"path":"/blog/post.html","sessions":1}"#, #"{"exit_rate":50,"path":"/signup.html","sessions":1}"#,
                total: 4)
        ),
        (
            "/api/v1/referrers?\(both)",
            list(
                #"{"pageviews":12,"source":"127.0.0.1","visitors":3}"#, #"{"pageviews":12,"source":"(direct)","visitors":2}"#)
        ),
        ("/api/v1/events?\(both)", events(("signup", 2, 2), ("left", 1, 1), ("order", 1, 1))),
        ("/api/v1/events?\(both)&filter=data.plan:pro", events(("signup", 2, 2))),
        ("/api/v1/events?\(both)&filter=data.items:2", events(("order", 1, 1))),
        (
            "/api/v1/events?\(second)&compare=previous",
            #"{"data":[{"count":1,"name":"signup","unique":1}],"previous":"#
                + events(("left", 1, 1), ("order", 1, 1), ("signup", 1, 1)) + "}"
        ),
        (
            "/api/v1/devices?\(both)",
            #"{"browsers":[\#(share("Chrome", 2)),\#(share("Safari", 1))],"device_types":[\#(share("Desktop", 2)),\#(share("Mobile", 1))],"#
                + #""operating_systems":[\#(share("Linux", 2)),\#(share("iOS", 1))]}"#
        ),
        // All requests came from this machine, which has no country.
        ("/api/v1/geo?\(both)", list()),
        ("/api/v1/realtime", #"{"active_visitors":1}"#),
        (
            "/api/v1/ingest/ledger?\(both)",
            list(ledger("02T21", 6), ledger("02T22", 15), ledger("02T23", 3), ledger("03T00", 1), ledger("03T12", 3))
        ),
    ]

    private static func points(_ points: (date: String, pageviews: Int, sessions: Int, visitors: Int)...) -> String {
        let points = points.map {
            #"{"date":"\#($0.date)","pageviews":\#($0.pageviews),"sessions":\#($0.sessions),"visitors":\#($0.visitors)}"#
        }
        return "{\"data\":[\(points.joined(separator: ","))]}"
    }

    private static func pages(_ pages: (path: String, views: Int, unique: Int, seconds: String)...) -> String {
        let rows = pages.map { #"{"avg_duration":\#($0.seconds),"path":"\#($0.path)","unique_views":\#($0.unique),"views":\#($0.views)}"# }
        return "{\"data\":[\(rows.joined(separator: ","))],\"total\":\(pages.count)}"
    }

    private static func events(_ events: (name: String, count: Int, unique: Int)...) -> String {
        let rows = events.map { #"{"count":\#($0.count),"name":"\#($0.name)","unique":\#($0.unique)}"# }
        return "{\"data\":[\(rows.joined(separator: ","))]}"
    }

    private static func list(_ rows: String..., total: Int? = nil) -> String {
        "{\"data\":[\(rows.joined(separator: ","))]\(total.map { ",\"total\":\($0)" } ?? "")}"
    }

    /// A row of a breakdown, with the share of three visitors.
    private static func share(_ name: String, _ visitors: Int) -> String {
        #"{"name":"\#(name)","percentage":\#(visitors == 2 ? "66.7" : "33.3"),"visitors":\#(visitors)}"#
    }

    private static func ledger(_ hour: String, _ count: Int) -> String {
        #"{"adjusted":{},"duplicate":0,"hour":"2026-03-\#(hour):00:00Z","received":\#(count),"refused":{},"stored":\#(count),"waiting":0}"#
    }
}

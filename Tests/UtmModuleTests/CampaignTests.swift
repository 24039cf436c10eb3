import Common
import Core
import Foundation
import Host
import IdentityModule
import RevenueModule
import Testing
import TestSupport
import UtmModule

/// The expected numbers are computed by hand. Two campaigns: Ada comes through both, on two days; Bob leaves at once; Cy comes through the
/// newsletter and clicks an ad in the same session, which stays the newsletter's. The others have no campaign, or an incomplete one.
@Suite("Campaigns and channels", .modules(IdentityModule.self, RevenueModule.self, UtmModule.self))
struct CampaignTests {
    static let google = #","utm_source":"google","utm_medium":"cpc","utm_campaign":"spring""#
    static let newsletter = #","utm_source":"newsletter","utm_medium":"email","utm_campaign":"launch","utm_content":"top""#

    static func pageview(_ visitor: String, _ time: String, _ more: String = "", path: String = "/") -> String {
        #"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)","timestamp":"2026-\#(time)Z"\#(more)}"#
    }

    private static let events = [
        pageview("ada", "03-01T10:00:00", google), pageview("ada", "03-01T10:02:00", path: "/pricing"),
        pageview("bob", "03-01T10:00:00", google),
        pageview("cy", "03-01T11:00:00", newsletter), pageview("cy", "03-01T11:01:00", google),
        pageview("ada", "03-02T09:00:00", newsletter),
        pageview("dee", "03-01T12:00:00", #","referrer":"https://chatgpt.com/""#),
        pageview("eve", "03-01T12:00:00", #","referrer":"https://www.google.de/""#),
        pageview("fay", "03-01T12:00:00"), pageview("gus", "03-01T12:00:00", #","utm_source":"chatgpt.com""#),
        pageview("hal", "03-01T12:00:00", #","utm_source":" facebook ","utm_medium":"paid_social","utm_campaign":"x\u0007y""#),
        pageview("ivy", "03-01T12:00:00", #","referrer":"https://t.co/x","utm_source":"","utm_medium":null"#),
    ]

    @Test("campaigns count the sessions they started", arguments: Profile.available)
    func campaigns(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            // spring: Ada 2 pages in 120 s, Bob 1. launch: Cy 2 pages in 60 s, Ada 1.
            let launch = #"{"avg_duration":30,"bounce_rate":50,"campaign":"launch","pageviews":3,"visitors":2}"#
            let spring = #"{"avg_duration":60,"bounce_rate":50,"campaign":"spring","pageviews":3,"visitors":2}"#
            let odd = #"{"avg_duration":0,"bounce_rate":100,"campaign":"xy","pageviews":1,"visitors":1}"#
            try await app.expect("/api/v1/campaigns", answers: #"{"data":[\#(launch),\#(spring),\#(odd)]}"#)
            try await app.expect("/api/v1/campaigns?limit=1&offset=1", answers: #"{"data":[\#(spring)]}"#)
            try await app.expect(
                "/api/v1/campaigns?start_at=2026-03-02&end_at=2026-03-02",
                answers: #"{"data":[{"avg_duration":0,"bounce_rate":100,"campaign":"launch","pageviews":1,"visitors":1}]}"#)
            // With a filter on pages, only Ada's matching pageview counts, but duration and bounce are those of her whole session.
            try await app.expect(
                "/api/v1/campaigns?filter=path:/pricing",
                answers: #"{"data":[{"avg_duration":120,"bounce_rate":0,"campaign":"spring","pageviews":1,"visitors":1}]}"#)
        }
    }

    @Test("report sources, mediums and days", arguments: Profile.available)
    func breakdowns(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            try await app.expect(
                "/api/v1/campaigns/sources",
                answers: #"{"data":[{"pageviews":3,"source":"google","visitors":2},{"pageviews":3,"source":"newsletter","visitors":2},"#
                    + #"{"pageviews":1,"source":"chatgpt.com","visitors":1},{"pageviews":1,"source":"facebook","visitors":1}]}"#)
            try await app.expect(
                "/api/v1/campaigns/mediums",
                answers: #"{"data":[{"medium":"cpc","pageviews":3,"visitors":2},{"medium":"email","pageviews":3,"visitors":2},"#
                    + #"{"medium":"paid_social","pageviews":1,"visitors":1}]}"#)
            try await app.expect(
                "/api/v1/campaigns/timeseries?utm_source=newsletter&start_at=2026-02-28&end_at=2026-03-02",
                answers: #"{"data":[{"date":"2026-02-28","pageviews":0,"#
                    + #""visitors":0},{"date":"2026-03-01","pageviews":2,"visitors":1},{"date":"2026-03-02","pageviews":1,"visitors":1}]}"#)
            let missing = try await app.get("/api/v1/campaigns/timeseries")
            #expect(missing.status == 400)
            #expect(
                missing.body
                    == #"{"error":"Invalid query parameter 'utm_source': it is required, and must be at most 200 characters of text."}"#)
        }
    }

    @Test("each channel counts a visitor once", arguments: Profile.available)
    func channels(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            func line(_ channel: String, _ visitors: Int, _ sessions: Int, _ pageviews: Int) -> String {
                #"{"channel":"\#(channel)","pageviews":\#(pageviews),"sessions":\#(sessions),"visitors":\#(visitors)}"#
            }
            let lines = [
                line("AI Referrals", 2, 2, 2), line("Email", 2, 2, 3), line("Paid Search", 2, 2, 3), line("Direct", 1, 1, 1),
                line("Organic Search", 1, 1, 1),
                line("Organic Social", 1, 1, 1), line("Paid Social", 1, 1, 1),
            ]
            try await app.expect("/api/v1/marketing/channels", answers: #"{"data":[\#(lines.joined(separator: ","))]}"#)
            try await app.expect(
                "/api/v1/marketing/channels?filter=path:/pricing", answers: #"{"data":[\#(line("Paid Search", 1, 1, 1))]}"#)
            try await app.expect("/api/v1/marketing/channels?start_at=2026-02-01&end_at=2026-02-02", answers: #"{"data":[]}"#)
            try await app.expect(
                "/api/v1/marketing/ai-referrers", answers: #"{"data":[{"pageviews":2,"source":"chatgpt.com","visitors":2}]}"#)
        }
    }

    /// Ann has only a click id; Ben comes from a link on Facebook; Cleo has a click id and campaign tags, which take precedence; Dan's
    /// click ids are invalid.
    private static let marked = [
        pageview("ann", "03-01T10:00:00", #","gclid":"Cj0KCQiA","referrer":"https://www.google.com/""#),
        pageview("ann", "03-01T10:01:00", path: "/pricing"),
        pageview("ben", "03-01T10:00:00", #","fbclid":"IwAR0""#),
        pageview("cleo", "03-01T10:00:00", #","gclid":"EAIaIQ","utm_source":"google","utm_medium":"organic""#),
        pageview("dan", "03-01T10:00:00", #","gclid":"","ttclid":17"#),
    ]

    @Test("stores a click id's name but not its value", arguments: Profile.available)
    func clicks(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.marked) { app in
            func line(_ channel: String, _ pageviews: Int) -> String {
                #"{"channel":"\#(channel)","pageviews":\#(pageviews),"sessions":1,"visitors":1}"#
            }
            let lines = [line("Direct", 1), line("Organic Search", 1), line("Organic Social", 1), line("Paid Search", 2)]
            try await app.expect("/api/v1/marketing/channels", answers: #"{"data":[\#(lines.joined(separator: ","))]}"#)
            try await app.expect(
                "/api/v1/marketing/channels?filter=click_id:gclid;utm_medium:", answers: #"{"data":[\#(line("Paid Search", 2))]}"#)
            try await app.expect(
                "/api/v1/marketing/channels?filter=channel:Paid%20Search", answers: #"{"data":[\#(line("Paid Search", 2))]}"#)
            // A click id isn't a campaign.
            try await app.expect("/api/v1/campaigns", answers: #"{"data":[]}"#)
            try await app.expect("/api/v1/campaigns/sources", answers: #"{"data":[{"pageviews":1,"source":"google","visitors":1}]}"#)
        }
    }

    @Test("every report can be filtered by campaign and channel", arguments: Profile.available)
    func filters(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            // Numbers of visitors, sessions and pageviews. A session belongs to its first campaign, or to none.
            for (filter, numbers) in [
                ("utm_campaign:spring", [2, 2, 3]), ("utm_campaign:launch,spring", [3, 4, 6]), ("utm_campaign!:spring", [8, 8, 9]),
                ("utm_campaign:", [5, 5, 5]), ("utm_campaign!:,spring", [3, 3, 4]), ("utm_campaign~:s*", [2, 2, 3]),
                ("utm_campaign~:*", [9, 10, 12]),
                ("utm_campaign!~:s*", [8, 8, 9]), ("utm_campaign!~:*", [0, 0, 0]), ("utm_source:newsletter;path:/", [2, 2, 3]),
                ("utm_content:top", [2, 2, 3]),
                ("utm_medium:cpc;utm_campaign:launch", [0, 0, 0]),
                ("channel:Paid Search", [2, 2, 3]), ("channel:Email", [2, 2, 3]), ("channel:AI Referrals", [2, 2, 2]),
                ("channel:Direct", [1, 1, 1]),
                ("channel:Organic Search", [1, 1, 1]), ("channel:Organic Social", [1, 1, 1]), ("channel:Paid Social", [1, 1, 1]),
                ("channel:Other", [0, 0, 0]),
                ("channel!:Paid Search", [8, 8, 9]), ("channel~:Paid*", [3, 3, 4]),
                ("channel:Email;utm_campaign:launch;country:", [2, 2, 3]),
            ] {
                let query = "filter=" + (filter.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
                for counting in ["", "&count_by=people"] {
                    let current = try await app.get("/api/v1/stats?\(query)\(counting)").json()["current"]
                    #expect(
                        ["visitors", "sessions", "pageviews"].map { current?[$0]?.integer ?? -1 } == numbers.map(Int64.init),
                        "\(filter)\(counting)")
                }
            }
            // Each period is filtered by its own sessions.
            let second = try await app.get("/api/v1/stats?filter=channel:Email&start_at=2026-03-02&end_at=2026-03-02&compare=previous")
                .json()
            #expect(second["current"]?["sessions"]?.integer == 1)
            #expect(second["previous"]?["sessions"]?.integer == 1)
            // Filters apply to other tables' facts too.
            try await app.expect(
                "/api/v1/campaigns?filter=channel:Email",
                answers: #"{"data":[{"avg_duration":30,"bounce_rate":50,"campaign":"launch","pageviews":3,"visitors":2}]}"#)
            try await app.expect(
                "/api/v1/pages/drill?path=/pricing&filter=utm_campaign:spring&limit=5",
                answers: try await app.get("/api/v1/pages/drill?path=/pricing").body)
        }
    }

    @Test("a filter on a module's attribute requires the module to be on")
    func filterSwitchedOff() async throws {
        try await TestApp.run { app in
            try await app.installation.directory.setModules(
                [.init(module: "utm", isEnabled: false, access: .all)], in: app.project, by: "test")
            let refused = try await app.get("/api/v1/stats?filter=channel:Email")
            #expect(refused.status == 403)
            #expect(try refused.json()["error"]?.string == "Module 'utm' is not enabled for this project.")
            let unknown = try await app.get("/api/v1/stats?filter=chanel:Email")
            #expect(unknown.status == 400)
            #expect(
                try unknown.json()["error"]?.string?.hasSuffix(
                    "data.NAME, channel, utm_source, utm_medium, utm_campaign, utm_content, utm_term, click_id.") == true)
        }
    }

    @Test("campaign parameters are ignored if the module may not collect; the pageview is kept", arguments: Profile.available)
    func switchedOff(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.installation.directory.setModules(
                [.init(module: "utm", isEnabled: false, access: .all)], in: app.project, by: "test")
            try await app.collect(Self.pageview("a", "03-01T10:00:00", Self.google))
            try await app.collect(Self.pageview("a", "03-01T10:00:01", #","utm_source":7"#))
            try await app.installation.directory.setModules(
                [.init(module: "utm", isEnabled: true, access: .all)], in: app.project, by: "test")
            try await app.expect("/api/v1/campaigns", answers: #"{"data":[]}"#)
            #expect(try await app.get("/api/v1/stats").json()["current"]?["pageviews"]?.integer == 2)
            // A parameter that isn't text is dropped, and the pageview is kept.
            let odd = try await app.collect(Self.pageview("a", "03-01T10:00:01", #","utm_source":7"#))
            #expect(odd.body == #"{"ok":true}"#)
            try await app.expect("/api/v1/campaigns", answers: #"{"data":[]}"#)
        }
    }
}

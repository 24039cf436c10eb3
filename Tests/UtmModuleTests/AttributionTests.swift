import Common
import Core
import IdentityModule
import RevenueModule
import SegmentsModule
import Testing
import TestSupport
import UtmModule

/// The expected numbers are computed by hand. Ada clicks an ad on February 1 and a newsletter on the 15th, and comes from Facebook on the
/// 22nd. On March 1 she comes directly and buys for 100, exactly 28, 14 and 7 days later. Bob only ever comes directly. Cy clicks a
/// newsletter and buys on the day before the range; in the range, Cy clicks an ad and buys for 10.
@Suite("Attribution", .modules(IdentityModule.self, RevenueModule.self, SegmentsModule.self, UtmModule.self))
struct AttributionTests {
    private static func event(_ visitor: String, _ time: String, _ amount: String) -> String {
        #"{"type":"event","name":"purchase","visitor_id":"\#(visitor)","timestamp":"2026-\#(time)Z","revenue_amount":\#(amount)}"#
    }

    private static let events = [
        CampaignTests.pageview("ada", "02-01T12:00:00", CampaignTests.google),
        CampaignTests.pageview("ada", "02-15T12:00:00", CampaignTests.newsletter),
        CampaignTests.pageview("ada", "02-22T12:00:00", #","referrer":"https://l.facebook.com/""#), event("ada", "03-01T12:00:00", "100"),
        event("bob", "03-01T12:00:00", "50"), event("bob", "03-01T12:01:00", "-20"),
        CampaignTests.pageview("cy", "02-28T10:00:00", CampaignTests.newsletter), event("cy", "02-28T10:01:00", "1000"),
        CampaignTests.pageview("cy", "03-01T10:00:00", CampaignTests.google), event("cy", "03-01T10:01:00", "10"),
        // A touch after the order, and a touch by a visitor who bought nothing.
        CampaignTests.pageview("ada", "03-01T20:00:00", CampaignTests.newsletter),
        CampaignTests.pageview("dee", "03-01T20:00:00", CampaignTests.newsletter),
    ]

    private static let day = "start_at=2026-03-01&end_at=2026-03-01"

    private static func line(_ channel: String, _ source: String, _ campaign: String?, _ orders: String, _ revenue: String) -> String {
        #"{"campaign":\#(campaign.map { "\"\($0)\"" } ?? "null"),"channel":"\#(channel)","orders":\#(orders),"revenue":\#(revenue),"source":"\#(source)"}"#
    }

    private static let direct = line("Direct", "(direct)", nil, "1", "50")

    @Test(
        "credits the touches of a journey according to the model", arguments: Profile.available,
        [
            (
                "first_touch",
                [line("Paid Search", "google", "spring", "1", "100"), direct, line("Email", "newsletter", "launch", "1", "10")]
            ),
            (
                "last_touch",
                [line("Organic Social", "facebook.com", nil, "1", "100"), direct, line("Paid Search", "google", "spring", "1", "10")]
            ),
            (
                "linear",
                [
                    direct, line("Email", "newsletter", "launch", "0.8333", "38.33"),
                    line("Paid Search", "google", "spring", "0.8333", "38.33"),
                    line("Organic Social", "facebook.com", nil, "0.3333", "33.33"),
                ]
            ),
            // Credits of 40, 20 and 40 for Ada's order, 5 and 5 for Cy's.
            (
                "position_based",
                [
                    direct, line("Paid Search", "google", "spring", "0.9", "45"), line("Organic Social", "facebook.com", nil, "0.4", "40"),
                    line("Email", "newsletter", "launch", "0.7", "25"),
                ]
            ),
        ])
    func models(profile: Profile, expected: (String, [String])) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            let answer = try await app.get("/api/v1/marketing/attribution?\(Self.day)&model=\(expected.0)")
            #expect(
                answer.body
                    == #"{"currency":"USD","data":[\#(expected.1.joined(separator: ","))],"lookback_days":30,"model":"\#(expected.0)"}"#)
        }
    }

    @Test("campaigns that look alike but differ in bytes are distinct", arguments: Profile.available)
    func sameLetters(profile: Profile) async throws {
        let campaigns = ["caf\u{E9}", "cafe\u{301}"],
            events = campaigns.enumerated().flatMap { number, campaign in
                [
                    CampaignTests.pageview(
                        "v\(number)", "03-01T10:00:00", #","utm_source":"x","utm_medium":"email","utm_campaign":"\#(campaign)""#),
                    Self.event("v\(number)", "03-01T10:01:00", "10"),
                ]
            }
        try await TestApp.run(profile, collecting: events) { app in
            let answer = try await app.get("/api/v1/marketing/attribution?\(Self.day)&model=last_touch").json()
            let lines = answer["data"]?.elements ?? []
            #expect(lines.map { ExactText($0["campaign"]?.string ?? "") } == [ExactText(campaigns[1]), ExactText(campaigns[0])])
            #expect(lines.map { $0["orders"]?.integer } == [1, 1])
        }
    }

    @Test("time decay halves every seven days", arguments: Profile.available)
    func timeDecay(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect("[\(Self.events[0..<4].joined(separator: ","))]")
            // Weights of 1/16, 1/4 and 1/2; their sum is 13/16.
            let lines = [
                Self.line("Organic Social", "facebook.com", nil, "0.6154", "61.54"),
                Self.line("Email", "newsletter", "launch", "0.3077", "30.77"),
                Self.line("Paid Search", "google", "spring", "0.0769", "7.69"),
            ]
            let answer = try await app.get("/api/v1/marketing/attribution?\(Self.day)&model=time_decay")
            #expect(answer.body == #"{"currency":"USD","data":[\#(lines.joined(separator: ","))],"lookback_days":30,"model":"time_decay"}"#)
        }
    }

    @Test("looks back exactly as far as requested", arguments: Profile.available)
    func lookback(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            func sources(_ days: Int) async throws -> [String?] {
                let answer = try await app.get("/api/v1/marketing/attribution?\(Self.day)&model=first_touch&lookback_days=\(days)").json()
                return answer["data"]?.elements.map { $0["source"]?.string } ?? []
            }
            #expect(try await sources(28) == ["google", "(direct)", "newsletter"])
            #expect(try await sources(27) == ["newsletter", "(direct)"])
            #expect(try await sources(13) == ["facebook.com", "(direct)", "newsletter"])
            #expect(try await sources(6) == ["(direct)", "newsletter"])
            // Segments are evaluated in the requested range, not over the lookback.
            let readers = try await app.createSegment("Readers", #"{"source":"metric","field":"pageviews","op":"gte","value":2}"#)
            try await app.expect(
                "/api/v1/marketing/attribution?\(Self.day)&segment_id=\(readers)",
                answers: #"{"currency":"USD","data":[],"lookback_days":30,"model":"last_touch"}"#)
            let last = try await app.get("/api/v1/marketing/attribution?\(Self.day)").json()
            #expect(last["model"]?.string == "last_touch")
            let nothing = try await app.get("/api/v1/marketing/attribution?start_at=2026-01-01&end_at=2026-01-02").body
            #expect(nothing == #"{"currency":"USD","data":[],"lookback_days":30,"model":"last_touch"}"#)
        }
    }

    @Test(
        "rejects unknown models and invalid parameters",
        arguments: [
            (
                "model=markov",
                "Invalid query parameter 'model': must be one of 'first_touch', 'last_touch', 'linear', 'position_based', 'time_decay'; got 'markov'."
            ),
            ("lookback_days=0", "Invalid query parameter 'lookback_days': must be a whole number from 1 to 365; got '0'."),
            ("currency=12", "Invalid query parameter 'currency': must be a three-letter ISO 4217 code such as USD; got '12'."),
        ])
    func refusals(query: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.get("/api/v1/marketing/attribution?\(query)")
            #expect(answer.status == 400)
            #expect(answer.body == #"{"error":"\#(sentence)"}"#)
        }
    }

    @Test("summarizes orders, currencies and products", arguments: Profile.available)
    func revenue(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let items = #""data":{"items":[{"name":"Hat","price":40},{"name":"Cap","price":9.98,"quantity":2}]}"#
            try await app.collect(
                #"[{"type":"event","name":"purchase","visitor_id":"a","revenue_amount":59.98,"revenue_currency":"USD",\#(items)},"#
                    + #"{"type":"event","name":"purchase","visitor_id":"a","revenue_amount":0.01,"revenue_currency":"USD"},"#
                    + #"{"type":"event","name":"purchase","visitor_id":"b","revenue_amount":7,"revenue_currency":"EUR"}]"#)
            let answer = try await app.get("/api/v1/marketing/revenue")
            #expect(
                answer.body
                    == #"{"average_order_value":30,"currencies":[{"currency":"USD","orders":2,"revenue":59.99},{"currency":"EUR","orders":1,"revenue":7}],"#
                    + #""currency":"USD","orders":2,"revenue":59.99,"top_products":[{"orders":1,"product":"Hat","revenue":40},{"orders":1,"product":"Cap","revenue":19.96}]}"#
            )
        }
    }

    @Test("reports campaign costs and return on ad spend", arguments: Profile.available)
    func costs(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            let rows =
                #"[{"date":"2026-03-01","dimensions":{"Campaign":"Spring"},"metrics":{"Cost":20.1,"clicks":10,"impressions":1000}},"#
                + #"{"date":"2026-02-28","dimensions":{"campaign":"spring"},"metrics":{"cost":1000}},"#
                + #"{"date":"2026-03-01","dimensions":{"campaign":"brand"},"metrics":{"cost":30,"clicks":1}},"#
                + #"{"date":"2026-03-01","dimensions":{"campaign":"launch"},"metrics":{"clicks":1}},{"date":"2026-03-01","metrics":{"cost":5}}]"#
            _ = try await app.post("/api/v1/marketing/imports", #"{"provider":"google_ads","name":"a","rows":\#(rows)}"#, as: .query)
            let csv = #""Day","Campaign","Cost","Clicks"\r\n2026-03-01, spring ,$5.20,"1,000"\r\n"#
            _ = try await app.post(
                "/api/v1/marketing/imports", #"{"provider":"google_analytics","name":"b","csv":"\#(csv.replacing("\"", with: "\\\""))"}"#,
                as: .query)
            let brand =
                #"{"campaign":"brand","clicks":1,"cost":30,"cost_per_conversion":null,"impressions":0,"orders":0,"return_on_ad_spend":0,"revenue":0}"#
            // A cost of 25.3 brought 110; 110 / 25.3 = 4.348.
            let spring =
                #"{"campaign":"Spring","clicks":1010,"cost":25.3,"cost_per_conversion":12.65,"impressions":1000,"orders":2,"return_on_ad_spend":4.35,"revenue":110}"#
            let head = #"{"currency":"USD","data":["#, tail = #"],"lookback_days":30,"model":"position_based"}"#
            // Position-based credits 45 for 0.9 orders; first touch 100 for one; Cy's first touch is the newsletter.
            let first = try await app.get("/api/v1/marketing/campaign-costs?\(Self.day)&model=first_touch").json()
            #expect(first["data"]?.elements.map { $0["orders"]?.number } == [0, 1])
            #expect(first["data"]?.elements.map { $0["revenue"]?.number } == [0, 100])
            #expect(first["data"]?.elements.map { $0["cost_per_conversion"]?.number } == [nil, 25.3])
            let position = try await app.get("/api/v1/marketing/campaign-costs?\(Self.day)&model=position_based").body
            let expected = spring.replacing("110}", with: "45}").replacing("12.65", with: "28.11").replacing(
                #""orders":2"#, with: #""orders":0.9"#
            ).replacing("4.35", with: "1.78")
            #expect(position == head + brand + "," + expected + tail)
            let ads = try await app.get("/api/v1/marketing/campaign-costs?\(Self.day)&provider=google_ads&limit=1&offset=1").json()
            #expect(ads["data"]?.elements.map { $0["cost"]?.number } == [20.1])
        }
    }
}

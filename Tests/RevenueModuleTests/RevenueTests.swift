import Common
import Core
import Host
import IdentityModule
@testable import RevenueModule
import SegmentsModule
import Testing
import TestSupport

/// The expected numbers are computed by hand. Ada comes from Google and buys a plan and a hat; she reloads the confirmation page, and
/// returns the hat a day later. Bob pays in dollars, Cy in euros, which have a rate, Dee in yen, which have none.
@Suite("Revenue", .modules(IdentityModule.self, RevenueModule.self, SegmentsModule.self))
struct RevenueTests {
    private static let yaml = "modules: {settings: {revenue: {rates: {EUR: 1.5}}}}"

    private static func order(
        _ visitor: String, _ time: String, _ amount: String, _ currency: String, _ data: String = "{}", path: String = "/thanks",
        id: String = ""
    ) -> String {
        #"{"type":"event","name":"purchase","visitor_id":"\#(visitor)","path":"\#(path)","timestamp":"2026-03-\#(time)Z","revenue_amount":\#(amount),"#
            + #""revenue_currency":"\#(currency)","data":\#(data)\#(id.isEmpty ? "" : #","event_id":"\#(id)""#)}"#
    }

    private static let adas =
        #"{"order_id":"A1","items":[{"name":"Plan","price":20,"quantity":1},{"item_name":"Hat","price":"40"},{"name":"Plan","price":20,"quantity":2},{"price":3},7]}"#

    private static let events = [
        #"{"type":"pageview","path":"/","visitor_id":"ada","referrer":"https://www.google.com/","timestamp":"2026-03-01T10:00:00Z"}"#,
        order("ada", "01T10:05:00", "100", "USD", adas, id: "first"), order("ada", "01T10:06:00", "100", "USD", adas, id: "again"),
        order("bob", "01T11:00:00", "59.98", "usd", path: "/thanks?token=1"),
        order("cy", "01T12:00:00", "20", "EUR", #"{"transaction_id":7,"items":[{"sku":"Mug","price":10.1,"quantity":0.5}]}"#),
        order("dee", "01T13:00:00", "5000", "JPY", #"{"items":[{"name":"Mug","price":5000}]}"#),
        order("ada", "02T09:00:00", "-40", "USD", #"{"order_id":"A1","items":[{"name":"Hat","price":40}]}"#),
    ]

    @Test("config/pulse.yaml lists the settings with their defaults")
    func settings() throws { #expect(try documentedSettings(of: "revenue") == TestSupport.settings { RevenueSettings($0) }) }

    @Test("sums orders and refunds, in one currency and per currency", arguments: Profile.available)
    func totals(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events, yaml: Self.yaml) { app in
            // 100 + 59.98 + 20 EUR at 1.5 - 40. Ada's order counts once.
            let currencies =
                #""currencies":[{"currency":"USD","orders":2,"revenue":119.98},{"currency":"EUR","orders":1,"revenue":20},{"currency":"JPY","orders":1,"revenue":5000}]"#
            try await app.expect(
                "/api/v1/revenue",
                answers: #"{"average_order_value":49.99,"buyers":3,\#(currencies),"currency":"USD","orders":3,"#
                    + #""refunded":40,"refunds":1,"revenue":149.98}"#)
            try await app.expect(
                "/api/v1/revenue?currency=jpy",
                answers: #"{"average_order_value":5000,"buyers":1,\#(currencies),"currency":"JPY","orders":1,"#
                    + #""refunded":0,"refunds":0,"revenue":5000}"#)
            try await app.expect(
                "/api/v1/revenue?start_at=2026-02-01&end_at=2026-02-01",
                answers: #"{"average_order_value":0,"buyers":0,"currencies":[],"#
                    + #""currency":"USD","orders":0,"refunded":0,"refunds":0,"revenue":0}"#)
            // The event of the order that was sent twice is also stored only once.
            try await app.expect("/api/v1/events", answers: #"{"data":[{"count":5,"name":"purchase","unique":4}]}"#)
        }
    }

    @Test("reads products from a list sent as text, and counts it as adjusted", arguments: Profile.available)
    func spelledItems(profile: Profile) async throws {
        // Prototype 1.6 makes JSON.stringify write arrays like this. If the text isn't a list, the order has no products.
        let events = [
            Self.order("ada", "01T10:00:00", "30", "USD", #"{"items":"[{\"name\": \"Hat\", \"price\": 15, \"quantity\": 2}]"}"#),
            Self.order("bob", "01T11:00:00", "5", "USD", #"{"items":"[{"}"#),
        ]
        try await TestApp.run(profile, collecting: events) { app in
            try await app.expect(
                "/api/v1/revenue/products", answers: #"{"currency":"USD","data":[{"orders":1,"product":"Hat","quantity":2,"revenue":30}]}"#)
            #expect(try await app.get("/api/v1/ingest/ledger").json()["data"]?.elements.first?["adjusted"]?["json"]?.integer == 1)
        }
    }

    @Test("products that look alike but differ in bytes are distinct", arguments: Profile.available)
    func sameLetters(profile: Profile) async throws {
        let names = ["Caf\u{E9}", "Cafe\u{301}"]
        let items = #"{"items":[{"name":"\#(names[0])","price":2},{"name":"\#(names[1])","price":1}]}"#
        try await TestApp.run(profile, collecting: [Self.order("ada", "01T10:00:00", "3", "USD", items)]) { app in
            let products = try await app.get("/api/v1/revenue/products").json()["data"]?.elements ?? []
            #expect(products.map { ExactText($0["product"]?.string ?? "") } == names.map { ExactText($0) })
        }
    }

    @Test("compares periods in the current period's currency", arguments: Profile.available)
    func compares(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events, yaml: Self.yaml) { app in
            let day = try await app.get("/api/v1/revenue?start_at=2026-03-02&end_at=2026-03-02&compare=previous").json()
            #expect(day["revenue"]?.number == -40)
            #expect(day["previous"]?["revenue"]?.number == 189.98)
            #expect(day["previous"]?["currency"]?.string == "USD")
        }
    }

    @Test("reports days, products and sources", arguments: Profile.available)
    func breakdowns(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events, yaml: Self.yaml) { app in
            let range = "start_at=2026-02-28&end_at=2026-03-02"
            try await app.expect(
                "/api/v1/revenue/timeseries?\(range)",
                answers: #"{"currency":"USD","data":[{"date":"2026-02-28","orders":0,"refunds":0,"revenue":0},"#
                    + #"{"date":"2026-03-01","orders":3,"refunds":0,"revenue":189.98},{"date":"2026-03-02","orders":0,"refunds":1,"revenue":-40}]}"#
            )
            // Ada's two plan lines are merged; half a mug at 10.10 EUR is 5.05 EUR, or 7.575 USD.
            try await app.expect(
                "/api/v1/revenue/products?\(range)",
                answers: #"{"currency":"USD","data":[{"orders":1,"product":"Plan","quantity":3,"revenue":60},"#
                    + #"{"orders":1,"product":"Mug","quantity":0.5,"revenue":7.575},{"orders":1,"product":"Hat","quantity":0,"revenue":0}]}"#
            )
            try await app.expect(
                "/api/v1/revenue/products?\(range)&limit=1&offset=2",
                answers: #"{"currency":"USD","data":[{"orders":1,"product":"Hat","quantity":0,"revenue":0}]}"#)
            // Ada's refund is in a direct session.
            try await app.expect(
                "/api/v1/revenue/sources?\(range)",
                answers: #"{"currency":"USD","data":[{"average_order_value":100,"buyers":1,"orders":1,"#
                    + #""revenue":100,"source":"google.com"},{"average_order_value":24.99,"buyers":2,"orders":2,"revenue":49.98,"source":"(direct)"}]}"#
            )
        }
    }

    @Test("filters by attributes of the order and its session", arguments: Profile.available)
    func filters(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events, yaml: Self.yaml) { app in
            for (filter, expected) in [
                ("source:google.com", 100), ("path:/thanks", 149.98), ("path:/", 0), ("entry_page:/", 100), ("event:signup", 0),
            ] as [(String, Double)] {
                let answer = try await app.get("/api/v1/revenue?filter=\(filter)").json()
                #expect(answer["revenue"]?.number == expected, "\(filter)")
            }
        }
    }

    @Test("an order is identified by name and id, may have several refunds, and always counts without an id", arguments: Profile.available)
    func duplicates(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let orders = [
                Self.order("a", "01T10:00:00", "1", "USD", #"{"order_id":1}"#),
                Self.order("b", "01T10:00:01", "1", "USD", #"{"order_id":"1"}"#),
                Self.order("a", "01T10:00:02", "1", "USD", #"{"order_id":"2"}"#), Self.order("a", "01T10:00:03", "1", "USD"),
                Self.order("a", "01T10:00:04", "1", "USD"),
                Self.order("a", "01T10:00:05", "-0.25", "USD", #"{"order_id":1}"#),
                Self.order("a", "01T10:00:06", "-0.25", "USD", #"{"order_id":1}"#),
                // The same event, sent twice.
                Self.order("a", "01T10:00:07", "-0.25", "USD", #"{"order_id":1}"#, id: "x"),
                Self.order("a", "01T10:00:07", "-0.25", "USD", #"{"order_id":1}"#, id: "x"),
            ]
            try await app.collect("[\(orders.joined(separator: ","))]")
            let answer = try await app.get("/api/v1/revenue").json()
            #expect(answer["orders"]?.integer == 4)
            #expect(answer["refunds"]?.integer == 3)
            #expect(answer["revenue"]?.number == 3.25)
        }
    }

    @Test("is ignored if the module may not collect; the event is kept", arguments: Profile.available)
    func switchedOff(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            func set(_ isEnabled: Bool, _ access: AccessLevel) async throws {
                try await app.installation.directory.setModules(
                    [.init(module: "revenue", isEnabled: isEnabled, access: access)], in: app.project, by: "test")
            }
            func collect(_ amount: String) async throws {
                let answer = try await app.collect(
                    #"{"type":"event","name":"purchase","revenue_amount":\#(amount),"data":{"order_id":"same"}}"#)
                #expect(answer.body == #"{"ok":true}"#)
            }
            try await set(false, .all)
            try await collect("1")
            // The amount isn't even validated.
            try await collect(#""much""#)
            try await set(true, .read)
            try await collect("2")
            try await set(true, .all)
            try await collect("4")
            let answer = try await app.get("/api/v1/revenue").json()
            #expect(answer["revenue"]?.number == 4)
            try await app.expect("/api/v1/events", answers: #"{"data":[{"count":4,"name":"purchase","unique":1}]}"#)
        }
    }

    @Test("an amount may be a number in quotes, as templates write it", arguments: Profile.available)
    func quoted(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            for amount in [#""49.99""#, #"" 0.01 ""#, #""1e2""#, #""-50""#] {
                let answer = try await app.collect(#"{"type":"event","name":"purchase","revenue_amount":\#(amount)}"#)
                #expect(answer.body == #"{"ok":true}"#, "\(amount)")
            }
            let answer = try await app.get("/api/v1/revenue").json()
            #expect(answer["orders"]?.integer == 3 && answer["refunds"]?.integer == 1)
            #expect(answer["revenue"]?.number == 100)
            #expect(try await app.get("/api/v1/ingest/ledger").json()["data"]?.elements.first?["adjusted"]?["number"]?.integer == 4)
        }
    }

    @Test("orders with ids beyond 64 bits stay distinct, and each counts once", arguments: Profile.available)
    func largeIDs(profile: Profile) async throws {
        let ids = ["9223372036854775808", "18446744073709551614", "18446744073709551615", "18446744073709551616", "18446744073709551617"]
        let events = (ids + ids).map {
            #"{"type":"event","name":"buy","visitor_id":"\#($0)","revenue_amount":10,"data":{"order_id":\#($0)}}"#
        }
        try await TestApp.run(profile, collecting: events) { app in
            let answer = try await app.get("/api/v1/revenue").json()
            #expect(answer["orders"]?.integer == 5 && answer["revenue"]?.number == 50)
            for id in ids {
                #expect(
                    try await app.get("/api/v1/events?filter=data.order_id:\(id)").json()["data"]?.elements.first?["count"]?.integer == 1,
                    "\(id)")
            }
            for id in ids.prefix(3) {
                let condition = #"{"source":"event","field":"order_id","op":"eq","value":\#(id)}"#
                let made = try await app.post(
                    "/api/v1/segments", #"{"name":"\#(id)","definition":{"match":"all","conditions":[\#(condition)]}}"#, as: .query)
                let segment = try made.json()["id"]?.string ?? ""
                #expect(
                    try await app.get("/api/v1/stats?segment_id=\(segment)").json()["current"]?["visitors"]?.integer == 1,
                    "\(id): \(made.body)")
            }
        }
    }

    @Test("averages have as many decimals as the currency", arguments: [("KWD", 1.235), ("BHD", 1.235), ("USD", 1.23), ("JPY", 1.23)])
    func decimals(currency: String, average: Double) async throws {
        let events = ["1.234", "1.235"].map { #"{"type":"event","name":"buy","revenue_amount":\#($0),"revenue_currency":"\#(currency)"}"# }
        try await TestApp.run(.embedded, collecting: events) { app in
            for path in ["/api/v1/revenue?currency=\(currency)", "/api/v1/revenue/sources?currency=\(currency)"] {
                let answer = try await app.get(path).json(), totals = answer["data"]?.elements.first ?? answer
                #expect(totals["average_order_value"]?.number == average, "\(path)")
            }
        }
    }

    @Test(
        "rejects invalid amounts and currencies",
        arguments: [
            (#""revenue_amount":"1,5""#, "field 'revenue_amount' must be a number from -1000000000.0 to 1000000000.0; got '1,5'."),
            (#""revenue_amount":"0x10""#, "field 'revenue_amount' must be a number from -1000000000.0 to 1000000000.0; got '0x10'."),
            (
                #""revenue_amount":1000000001"#,
                "field 'revenue_amount' must be a number from -1000000000.0 to 1000000000.0; got 1000000001."
            ),
            (#""revenue_amount":-1e300"#, "field 'revenue_amount' must be a number from -1000000000.0 to 1000000000.0; got -1e+300."),
            (
                #""revenue_amount":1,"revenue_currency":"EURO""#,
                "field 'revenue_currency' must be a string of 0 to 3 characters; got 4 characters."
            ),
            (
                #""revenue_amount":1,"revenue_currency":"€€€""#,
                "field 'revenue_currency' must be a three-letter ISO 4217 code such as USD; got '€€€'."
            ),
            (
                #""revenue_amount":1,"revenue_currency":"US""#,
                "field 'revenue_currency' must be a three-letter ISO 4217 code such as USD; got 'US'."
            ),
        ])
    func refusals(fields: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.collect(#"{"type":"event","name":"purchase",\#(fields)}"#)
            #expect(answer.status == 400)
            #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
        }
    }

    @Test(
        "an order counts whatever its items contain", arguments: Profile.available,
        [
            #"{"items":"two"}"#,
            #"{"items":[null,[],{"name":"a","price":1e300},{"name":"b","quantity":-1e300},{"name":"c","quantity":0},{"name":" "}]}"#,
            #"{"items":{}}"#, "{}",
            #"{"order_id":null}"#, #"{"order_id":{"a":1}}"#, #"{"order_id":""}"#,
        ])
    func odd(profile: Profile, data: String) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect(Self.order("a", "01T10:00:00", "0.000001", "KWD", data))
            let answer = try await app.get("/api/v1/revenue").json()
            #expect(answer["revenue"]?.number == 0.000001)
            #expect(answer["currency"]?.string == "KWD")
            try await app.expect("/api/v1/revenue/products", answers: #"{"currency":"KWD","data":[]}"#)
        }
    }

    @Test(
        "rejects an unknown currency and too many points",
        arguments: [
            (
                "/api/v1/revenue?currency=E1R",
                "Invalid query parameter 'currency': must be a three-letter ISO 4217 code such as USD; got 'E1R'."
            ),
            ("/api/v1/revenue?currency=EURO", "Invalid query parameter 'currency': must be at most 3 characters of text; got 'EURO'."),
            (
                "/api/v1/revenue/timeseries?interval=hour&start_at=2025-01-01&end_at=2025-12-31",
                "Invalid query parameter 'interval': the range has 8760 hours; the limit is 5000. Request a shorter range."
            ),
        ])
    func parameters(path: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.get(path)
            #expect(answer.status == 400)
            #expect(answer.body == #"{"error":"\#(sentence)"}"#)
        }
    }

    @Test("OpenAPI documents the revenue fields of events")
    func described() async throws {
        try await TestApp.run { app in
            let event = try await app.get("/openapi.json", as: .nobody).json()["components"]?["schemas"]?["EventEvent"]?["allOf"]?.elements
                .last?["properties"]
            // Optional, so it may be null.
            #expect(event?["revenue_amount"]?["type"]?.elements.map(\.string) == ["number", "null"])
            #expect(event?["name"] != nil)
        }
    }

    @Test("invalid settings are reported")
    func settings() async throws {
        await #expect(throws: (any Error).self) { try await TestApp.run(yaml: "modules: {settings: {revenue: {currency: EURO}}}") { _ in } }
        await #expect(throws: (any Error).self) {
            try await TestApp.run(yaml: "modules: {settings: {revenue: {rates: {EUR: 0}}}}") { _ in }
        }
        try await TestApp.run(yaml: "modules: {settings: {revenue: {currency: EUR, rates: {USD: 0.5}}}}") { app in
            try await app.collect(
                #"[{"type":"event","name":"a","revenue_amount":1},{"type":"event","name":"a","revenue_amount":1,"revenue_currency":"USD"}]"#
            )
            let answer = try await app.get("/api/v1/revenue").json()
            #expect(answer["currency"]?.string == "EUR")
            #expect(answer["revenue"]?.number == 1.5)
        }
    }
}

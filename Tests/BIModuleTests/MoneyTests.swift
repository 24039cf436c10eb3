import AllModules
import BIModule
import Core
import Testing
import TestSupport

/// Amounts are stored in millionths and reported in units, by every kind of query.
@Suite("Money in BI", .modules(.all))
struct MoneyTests {
    private static func order(_ time: String, _ amount: String, _ currency: String) -> String {
        #"{"type":"event","name":"purchase","visitor_id":"ada","path":"/","timestamp":"2026-03-01T\#(time):00Z","revenue_amount":\#(amount),"revenue_currency":"\#(currency)","#
            + #""data":{"items":[{"name":"Mug","price":\#(amount)}]}}"#
    }

    /// In binary floating point 0.1 + 0.2 + 0.3 is 0.6000000000000001.
    private static let orders = [
        order("10:00", "0.1", "USD"), order("10:01", "0.2", "USD"), order("10:02", "0.3", "USD"), order("10:03", "20", "EUR"),
    ]

    @Test("SQL, visual queries, metrics, rows and policies use units", arguments: Profile.available)
    func units(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.orders, yaml: "modules: {settings: {revenue: {rates: {EUR: 1.5}}}}") { app in
            let here = "WHERE project_id = {{project_id}}"
            for (statement, expected) in [
                (
                    "SELECT currency, sum(amount) AS s, avg(amount) AS a, max(amount) AS m, count(amount) AS n FROM revenue_orders \(here) GROUP BY 1",
                    "currency,s,a,m,n\n\"EUR\",20,20,20,1\n\"USD\",0.6,0.2,0.3,3"
                ),
                ("SELECT amount FROM revenue_orders \(here) AND amount = 0.3", "amount\n0.3"),
                (
                    "SELECT amount, sum(amount) OVER (ORDER BY amount) AS s FROM revenue_orders \(here) AND currency = 'USD'",
                    "amount,s\n0.1,0.1\n0.2,0.3\n0.3,0.6"
                ),
                (
                    "SELECT sum(amount) FILTER (WHERE amount < 1) AS s, sum(DISTINCT amount) AS d FROM revenue_orders \(here)",
                    "s,d\n0.6,20.6"
                ),
                ("SELECT sum(a) AS s FROM (SELECT amount AS a, project_id FROM revenue_orders WHERE currency = 'USD') t \(here)", "s\n0.6"),
                ("SELECT sum(converted) AS s FROM revenue_orders \(here) AND converted_to = 'USD' AND currency = 'EUR'", "s\n30"),
                (
                    "SELECT product, sum(amount) AS s FROM revenue_items \(here) AND currency = 'USD' GROUP BY product",
                    "product,s\n\"Mug\",0.6"
                ),
            ] {
                let answer = try await app.sql(statement)
                #expect(answer == expected, "\(statement)")
            }
            let made = try await app.bi("metrics", #"{"key":"total","name":"T","dataset":"revenue_orders","expression":"sum(amount)"}"#)
            #expect(made.status == 201, "\(made.body)")
            let range = #""start_at":"2026-03-01","end_at":"2026-03-01""#
            let visual = #"{"dataset":"revenue_orders","dimensions":["currency"],"metrics":["total","count"],\#(range)}"#
            var answer = try await app.rows("visual-query", visual)
            #expect(answer == "currency,total,count\n\"EUR\",20,1\n\"USD\",0.6,3")
            answer = try await app.rows(
                "visual-query", #"{"dataset":"revenue_orders","metrics":["total"],"filters":{"amount":[0.1,0.2]},\#(range)}"#)
            #expect(answer == "total\n0.3")
            let rows = try await app.bi("drill-through", #"{"dataset":"revenue_orders",\#(range)}"#).json()["rows"]?.elements ?? []
            #expect(rows.map { $0["amount"]?.number } == [20, 0.3, 0.2, 0.1])
            let policy = try await app.bi(
                "row-policies", #"{"name":"P","dataset":"revenue_orders","field":"amount","operator":"neq","values":[0.2]}"#)
            #expect(policy.status == 201, "\(policy.body)")
            answer = try await app.rows("visual-query", visual)
            #expect(answer == "currency,total,count\n\"EUR\",20,1\n\"USD\",0.4,2")
            // The dataset's description.
            let datasets = try await app.get("/api/v1/bi/datasets").json()["data"]?.elements ?? []
            let described = datasets.first { $0["name"]?.string == "revenue_orders" }
            let amount = described?["columns"]?.elements.first { $0["name"]?.string == "amount" }
            #expect(described?["summary"]?.string == "One row for each order and each refund." && amount?["type"]?.string == "double")
            #expect(amount?["summary"]?.string?.contains("units of the order's own currency") == true)
        }
    }
}

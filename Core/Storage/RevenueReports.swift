import Common

/// What the orders of a scope amount to, in one currency.
public struct RevenueTotals: Encodable, Sendable {
    public struct Currency: Encodable, Sendable {
        public let currency: String
        public let orders: Int64
        /// In this currency, refunds taken off.
        public let revenue: Double
    }

    public let currency: String
    public let orders: Int64
    /// Refunds taken off.
    public let revenue: Double
    public let refunds: Int64
    /// What was given back, positive.
    public let refunded: Double
    /// Revenue over orders.
    public let averageOrderValue: Double
    /// Visitors with an order.
    public let buyers: Int64
    /// As it was sent, each currency by itself, also what the totals leave out.
    public let currencies: [Currency]

    enum CodingKeys: String, CodingKey {
        case currency, orders, revenue, refunds, refunded, buyers, currencies
        case averageOrderValue = "average_order_value"
    }

    public static let currencyField = Schema.Field.required("currency", .text(3), "ISO 4217; what amounts are in.")
    public static let currenciesField = Schema.Field.required(
        "currencies", .list(.object([.required("currency", .text(3)), .required("orders", .count), .required("revenue", .amount)])),
        "Every currency by itself, as it was sent.")

    public static let fields: [Schema.Field] = [
        currencyField, .required("orders", .count), .required("revenue", .amount, "Refunds taken off."), .required("refunds", .count),
        .required("refunded", .amount), .required("average_order_value", .amount), .required("buyers", .count), currenciesField,
    ]

    /// Amounts that are in another currency, and for which there was no rate, are in none of the totals.
    public static func run(_ scope: Scope, in currency: String) async throws -> RevenueTotals {
        let row = try await scope.rows("revenue.totals", reading: [Revenue.orders], """
            SELECT count(*) FILTER (WHERE worth >= 0) AS orders, CAST(coalesce(sum(worth), 0) AS double precision) AS revenue,
              count(*) FILTER (WHERE worth < 0) AS refunds,
              CAST(coalesce(sum(-worth) FILTER (WHERE worth < 0), 0) AS double precision) AS refunded,
              count(DISTINCT visitor) FILTER (WHERE worth >= 0) AS buyers
            FROM (SELECT visitor, \(Revenue.amount(in: currency)) AS worth FROM revenue_orders) told
            """)[0]
        let currencies = try await scope.rows("revenue.currencies", reading: [Revenue.orders], """
            SELECT currency, count(*) FILTER (WHERE amount >= 0) AS orders, CAST(sum(amount) AS double precision) AS revenue
            FROM revenue_orders GROUP BY currency ORDER BY count(*) DESC, currency
            """)
        let orders = row.int("orders"), revenue = row.double("revenue")
        return RevenueTotals(
            currency: currency, orders: orders, revenue: Revenue.units(revenue), refunds: row.int("refunds"),
            refunded: Revenue.units(row.double("refunded")), averageOrderValue: Revenue.average(revenue, over: orders, in: currency),
            buyers: row.int("buyers"), currencies: currencies.map {
                Currency(currency: $0.text("currency"), orders: $0.int("orders"), revenue: Revenue.units($0.double("revenue")))
            })
    }
}

/// Products by revenue, the best first.
public struct ProductRevenue: Sendable {
    public let product: String
    /// Orders that it was part of.
    public let orders: Int64
    /// Sold less given back.
    public let quantity: Double
    public let revenue: Double

    public static func run(_ scope: Scope, in currency: String, limit: Int, offset: Int) async throws -> [ProductRevenue] {
        try await scope.rows("revenue.products", reading: [Revenue.items], """
            SELECT product, count(*) FILTER (WHERE quantity > 0) AS orders, sum(quantity) AS quantity,
              CAST(sum(worth) AS double precision) AS revenue
            FROM (SELECT product, quantity, \(Revenue.amount(in: currency)) AS worth FROM revenue_items) told
            WHERE worth IS NOT NULL GROUP BY product
            ORDER BY sum(worth) DESC, orders DESC, product LIMIT \(limit) OFFSET \(offset)
            """).map {
                ProductRevenue(
                    product: $0.text("product"), orders: $0.int("orders"),
                    // To millionths: a sum of 0.1 and 0.2 is 0.3.
                    quantity: Revenue.units(($0.double("quantity") * 1e6).rounded()), revenue: Revenue.units($0.double("revenue")))
            }
    }
}

extension Schema {
    /// Money in units of a currency, either way.
    public static let amount = Schema.number(-1e15...1e15)
}

import Common
import Storage

/// The totals of a scope's orders, in one currency.
public struct RevenueTotals: Sendable {
    /// The orders and revenue that were sent in one currency.
    public struct Currency: Sendable {
        /// The currency's ISO 4217 code.
        public let currency: String
        /// The number of orders, without refunds.
        public let orders: Int64
        /// Revenue in this currency, net of refunds.
        public let revenue: Double

        static let shape = Shape<Currency>([
            .required("currency", \.currency, .text(3)), .required("orders", \.orders, .count), .required("revenue", \.revenue, .amount),
        ])
    }

    /// The ISO 4217 code of the currency of all totals.
    public let currency: String
    /// The number of orders, without refunds.
    public let orders: Int64
    /// Revenue, net of refunds.
    public let revenue: Double
    /// The number of refunds.
    public let refunds: Int64
    /// The refunded amount, as a positive number.
    public let refunded: Double
    /// Revenue divided by orders.
    public let averageOrderValue: Double
    /// The number of distinct visitors with an order.
    public let buyers: Int64
    /// The amounts before conversion, one entry per currency. Includes amounts that the totals leave out.
    public let currencies: [Currency]

    /// The totals as a response.
    public static let shape = Shape<RevenueTotals>([
        .currency(\.currency), .required("orders", \.orders, .count), .required("revenue", \.revenue, .amount, "Net of refunds."),
        .required("refunds", \.refunds, .count), .required("refunded", \.refunded, .amount),
        .required("average_order_value", \.averageOrderValue, .amount), .required("buyers", \.buyers, .count),
        .currencies(\.currencies),
    ])

    /// Computes the totals in `currency`. Leaves out amounts in other currencies if there was no exchange rate for them.
    public static func run(_ scope: Scope, in currency: String) async throws -> RevenueTotals {
        let worth = Revenue.amount(in: currency)
        let row = try await scope.rows(
            "revenue.totals",
            [
                .tally(
                    "totals",
                    [
                        .count("orders", where: "worth >= 0"), .sum("revenue", of: "worth"), .count("refunds", where: "worth < 0"),
                        .sum("refunded", of: "-worth", where: "worth < 0"), .visitors("buyers", where: "worth >= 0"),
                    ], from: "(SELECT visitor, \(worth) AS worth FROM revenue_orders) valued")
            ],
            """
            SELECT orders, CAST(coalesce(revenue, 0) AS double precision) AS revenue, refunds,
              CAST(coalesce(refunded, 0) AS double precision) AS refunded, buyers
            FROM totals
            """)[0]
        let currencies = try await scope.rows(
            "revenue.currencies",
            [
                .tally(
                    "sent", by: ["currency"], [.count("n"), .count("orders", where: "amount >= 0"), .sum("revenue", of: "amount")],
                    from: "revenue_orders")
            ],
            "SELECT currency, orders, CAST(revenue AS double precision) AS revenue FROM sent ORDER BY n DESC, currency")
        let orders = row.int("orders"), revenue = row.double("revenue")
        return RevenueTotals(
            currency: currency, orders: orders, revenue: Revenue.units(revenue), refunds: row.int("refunds"),
            refunded: Revenue.units(row.double("refunded")), averageOrderValue: Revenue.average(revenue, over: orders, in: currency),
            buyers: row.int("buyers"),
            currencies: currencies.map {
                Currency(currency: $0.text("currency"), orders: $0.int("orders"), revenue: Revenue.units($0.double("revenue")))
            })
    }
}

/// The revenue from one product.
public struct ProductRevenue: Sendable {
    /// The product's name, or its id or SKU if the site sent no name.
    public let product: String
    /// The number of orders that contain the product.
    public let orders: Int64
    /// The quantity sold minus the quantity refunded.
    public let quantity: Double
    /// Revenue, net of refunds.
    public let revenue: Double

    /// The products, highest revenue first. Leaves out amounts in other currencies if there was no exchange rate for them.
    public static func run(_ scope: Scope, in currency: String, limit: Int, offset: Int) async throws -> [ProductRevenue] {
        try await scope.rows(
            "revenue.products",
            [
                .tally(
                    "sold", by: ["product"],
                    [.count("orders", where: "quantity > 0"), .sum("quantity", of: "quantity"), .sum("revenue", of: "worth")],
                    from: """
                        (SELECT product, quantity, \(Revenue.amount(in: currency)) AS worth FROM revenue_items) valued
                        WHERE worth IS NOT NULL
                        """)
            ],
            """
            SELECT product, orders, quantity, CAST(revenue AS double precision) AS revenue FROM sold
            ORDER BY sold.revenue DESC, orders DESC, product LIMIT \(limit) OFFSET \(offset)
            """
        ).map {
            ProductRevenue(
                product: $0.text("product"), orders: $0.int("orders"),
                // The sum is rounded to millionths so that 0.1 and 0.2 add up to 0.3.
                quantity: Revenue.units(($0.double("quantity") * 1e6).rounded()), revenue: Revenue.units($0.double("revenue")))
        }
    }
}

extension Shape where Value == Double {
    /// An amount of money in units of its currency, positive or negative.
    public static var amount: Shape { number(-1e15...1e15) }
}

extension Shape.Field {
    /// The currency of a report's amounts.
    public static func currency(_ member: @escaping @Sendable (Value) -> String) -> Self {
        .required("currency", member, .text(3), "ISO 4217 code of the amounts.")
    }

    /// The amounts as they were sent, one entry per currency.
    public static func currencies(_ member: @escaping @Sendable (Value) -> [RevenueTotals.Currency]) -> Self {
        .required("currencies", member, .list(RevenueTotals.Currency.shape), "Amounts as they were sent, one entry per currency.")
    }
}

import Core

/// The key figures of a shop's revenue.
struct MarketingRevenue: Sendable {
    let currency: String
    let orders: Int64
    let revenue: Double
    let averageOrderValue: Double
    let currencies: [RevenueTotals.Currency]
    /// The ten products with the most revenue.
    let topProducts: [ProductRevenue]

    private static let product = Shape<ProductRevenue>([
        .required("product", \.product, .text(300)), .required("orders", \.orders, .count), .required("revenue", \.revenue, .amount),
    ])
    static let shape = Shape<MarketingRevenue>([
        .currency(\.currency), .required("orders", \.orders, .count), .required("revenue", \.revenue, .amount),
        .required("average_order_value", \.averageOrderValue, .amount), .currencies(\.currencies),
        .required("top_products", \.topProducts, .list(product)),
    ])

    static func run(_ scope: Scope, in currency: String) async throws -> MarketingRevenue {
        async let totals = RevenueTotals.run(scope, in: currency)
        async let products = ProductRevenue.run(scope, in: currency, limit: 10, offset: 0)
        let total = try await totals
        return MarketingRevenue(
            currency: currency, orders: total.orders, revenue: total.revenue, averageOrderValue: total.averageOrderValue,
            currencies: total.currencies,
            topProducts: try await products)
    }
}

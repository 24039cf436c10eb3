import Core

/// The key figures of a shop's revenue.
struct MarketingRevenue: Encodable, Sendable {
    struct Product: Encodable, Sendable { let product: String, orders: Int64, revenue: Double }

    let currency: String
    let orders: Int64
    let revenue: Double
    let averageOrderValue: Double
    let currencies: [RevenueTotals.Currency]
    /// The ten products with the most revenue.
    let topProducts: [Product]

    enum CodingKeys: String, CodingKey {
        case currency, orders, revenue, currencies
        case averageOrderValue = "average_order_value", topProducts = "top_products"
    }

    static let fields: [Schema.Field] = [
        RevenueTotals.currencyField, .required("orders", .count), .required("revenue", .amount), .required("average_order_value", .amount),
        RevenueTotals.currenciesField,
        .required(
            "top_products", .list(.object([.required("product", .text(300)), .required("orders", .count), .required("revenue", .amount)]))),
    ]

    static func run(_ scope: Scope, in currency: String) async throws -> MarketingRevenue {
        async let totals = RevenueTotals.run(scope, in: currency)
        async let products = ProductRevenue.run(scope, in: currency, limit: 10, offset: 0)
        let total = try await totals
        return MarketingRevenue(
            currency: currency, orders: total.orders, revenue: total.revenue, averageOrderValue: total.averageOrderValue,
            currencies: total.currencies,
            topProducts: try await products.map { Product(product: $0.product, orders: $0.orders, revenue: $0.revenue) })
    }
}

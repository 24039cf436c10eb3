import Core

/// Products, highest revenue first.
struct RevenueProducts: Encodable, Sendable {
    struct Product: Encodable, Sendable { let product: String, orders: Int64, quantity: Double, revenue: Double }

    let currency: String
    let data: [Product]

    static let fields: [Schema.Field] = [
        RevenueTotals.currencyField,
        .required(
            "data",
            .list(
                .object([
                    .required("product", .text(300)), .required("orders", .count),
                    .required("quantity", .number(-1e15...1e15), "Units sold minus units returned."),
                    .required("revenue", .amount),
                ]))),
    ]

    static func run(_ scope: Scope, in currency: String) async throws -> RevenueProducts {
        let products = try await ProductRevenue.run(scope, in: currency, limit: scope.limit, offset: scope.offset)
        return RevenueProducts(
            currency: currency,
            data: products.map {
                Product(product: $0.product, orders: $0.orders, quantity: $0.quantity, revenue: $0.revenue)
            })
    }
}

/// Revenue by the source of the session in which the order was placed. To credit sources of earlier sessions, use attribution in module
/// `utm`.
struct RevenueSources: Encodable, Sendable {
    struct Source: Encodable, Sendable {
        let source: String
        let orders: Int64
        let revenue: Double
        let averageOrderValue: Double
        let buyers: Int64

        enum CodingKeys: String, CodingKey {
            case source, orders, revenue, buyers
            case averageOrderValue = "average_order_value"
        }
    }

    let currency: String
    let data: [Source]

    static let fields: [Schema.Field] = [
        RevenueTotals.currencyField,
        .required(
            "data",
            .list(
                .object([
                    .required("source", .text(300)), .required("orders", .count), .required("revenue", .amount),
                    .required("average_order_value", .amount),
                    .required("buyers", .count),
                ]))),
    ]

    static func run(_ scope: Scope, in currency: String) async throws -> RevenueSources {
        let rows = try await scope.rows(
            "revenue.sources",
            """
            SELECT source, count(*) FILTER (WHERE worth >= 0) AS orders, CAST(sum(worth) AS double precision) AS revenue,
              count(DISTINCT visitor) FILTER (WHERE worth >= 0) AS buyers
            FROM (SELECT source, visitor, \(Revenue.amount(in: currency)) AS worth FROM revenue_orders) priced
            WHERE worth IS NOT NULL GROUP BY source
            ORDER BY sum(worth) DESC, orders DESC, source LIMIT \(scope.limit) OFFSET \(scope.offset)
            """)
        return RevenueSources(
            currency: currency,
            data: rows.map { row in
                let orders = row.int("orders"), revenue = row.double("revenue")
                return Source(
                    source: row.text("source"), orders: orders, revenue: Revenue.units(revenue),
                    averageOrderValue: Revenue.average(revenue, over: orders, in: currency), buyers: row.int("buyers"))
            })
    }
}

import Core

/// Products, highest revenue first.
struct RevenueProducts: Sendable {
    let currency: String
    let data: [ProductRevenue]

    private static let product = Shape<ProductRevenue>([
        .required("product", \.product, .text(300)), .required("orders", \.orders, .count),
        .required("quantity", \.quantity, .number(-1e15...1e15), "Units sold minus units returned."),
        .required("revenue", \.revenue, .amount),
    ])
    static let shape = Shape<RevenueProducts>([.currency(\.currency), .required("data", \.data, .list(product))])

    static func run(_ scope: Scope, in currency: String) async throws -> RevenueProducts {
        RevenueProducts(
            currency: currency, data: try await ProductRevenue.run(scope, in: currency, limit: scope.limit, offset: scope.offset))
    }
}

/// Revenue by the source of the session in which the order was placed. To credit sources of earlier sessions, use attribution in module
/// `utm`.
struct RevenueSources: Sendable {
    struct Source: Sendable {
        let source: String
        let orders: Int64
        let revenue: Double
        let averageOrderValue: Double
        let buyers: Int64

        static let shape = Shape<Source>([
            .required("source", \.source, .text(300)), .required("orders", \.orders, .count), .required("revenue", \.revenue, .amount),
            .required("average_order_value", \.averageOrderValue, .amount), .required("buyers", \.buyers, .count),
        ])
    }

    let currency: String
    let data: [Source]

    static let shape = Shape<RevenueSources>([.currency(\.currency), .required("data", \.data, .list(Source.shape))])

    static func run(_ scope: Scope, in currency: String) async throws -> RevenueSources {
        let rows = try await scope.rows(
            "revenue.sources",
            [
                .tally(
                    "counted", by: ["source"],
                    [.count("orders", where: "worth >= 0"), .sum("revenue", of: "worth"), .visitors("buyers", where: "worth >= 0")],
                    from:
                        "(SELECT source, visitor, \(Revenue.amount(in: currency)) AS worth FROM revenue_orders) priced WHERE worth IS NOT NULL"
                )
            ],
            """
            SELECT source, orders, CAST(revenue AS double precision) AS revenue, buyers FROM counted
            ORDER BY counted.revenue DESC, orders DESC, source LIMIT \(scope.limit) OFFSET \(scope.offset)
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

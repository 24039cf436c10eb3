import Core

/// Orders and revenue by day or hour; one point for each bucket of the range, including empty ones.
struct RevenueTimeseries: Sendable {
    struct Point: Sendable {
        let date: String
        let orders: Int64
        /// The amounts of orders minus those of refunds made in the same bucket.
        let revenue: Double
        let refunds: Int64

        static let shape = Shape<Point>([
            .required("date", \.date, .bucket), .required("orders", \.orders, .count), .required("revenue", \.revenue, .amount),
            .required("refunds", \.refunds, .count),
        ])
    }

    let currency: String
    let data: [Point]

    static let shape = Shape<RevenueTimeseries>([.currency(\.currency), .required("data", \.data, .list(Point.shape))])

    static func run(_ scope: Scope, by unit: TimeBuckets.Unit, in currency: String) async throws -> RevenueTimeseries {
        let buckets = TimeBuckets(unit, of: scope), all = try buckets.points()
        let rows = try await scope.rows(
            "revenue.timeseries",
            [
                .tally(
                    "counted", by: ["bucket"],
                    [.count("orders", where: "worth >= 0"), .count("refunds", where: "worth < 0"), .sum("revenue", of: "worth")],
                    from: """
                        (SELECT \(buckets.number(of: "occurred_at")) AS bucket, \(Revenue.amount(in: currency)) AS worth FROM revenue_orders) priced
                        """)
            ],
            "SELECT bucket, orders, refunds, CAST(coalesce(revenue, 0) AS double precision) AS revenue FROM counted")
        let rowByBucket = Dictionary(uniqueKeysWithValues: rows.map { ($0.int("bucket"), $0) })
        return RevenueTimeseries(
            currency: currency,
            data: all.map { number in
                let row = rowByBucket[number]
                return Point(
                    date: buckets.label(number), orders: row?.int("orders") ?? 0, revenue: Revenue.units(row?.double("revenue") ?? 0),
                    refunds: row?.int("refunds") ?? 0)
            })
    }
}

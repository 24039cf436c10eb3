import Core

/// How often a goal was reached, by how many visitors, and the revenue it brought.
struct GoalStats: Sendable {
    let goalID: String
    let name: String
    let conversions: Int64
    /// Visitors with a conversion.
    let uniqueVisitors: Int64
    let totalRevenue: Double
    /// The currency of the revenue; nil when the caller may not read orders.
    let currency: String?
    /// Visitors with a conversion, as a percentage of all visitors.
    let conversionRate: Double
    let confidenceInterval: ConfidenceInterval

    static let shape = Shape<GoalStats>([
        .required("goal_id", \.goalID, .uuid), .required("name", \.name, .text(200)), .required("conversions", \.conversions, .count),
        .required("unique_visitors", \.uniqueVisitors, .count), .required("total_revenue", \.totalRevenue, .amount),
        .optional(
            "currency", \.currency, .text(3), "ISO 4217 code of the revenue's currency. Absent when the caller may not read orders."),
        .required("conversion_rate", \.conversionRate, .percentage),
        .required("confidence_interval", \.confidenceInterval, ConfidenceInterval.shape),
    ])

    /// - Parameter currency: the currency of orders; nil when the caller may not read them.
    static func run(_ goal: Goal, id: String, in currency: String?, _ scope: Scope) async throws -> GoalStats {
        let condition = goal.condition(scope.dialect)
        let row = try await scope.rows(
            "goals.stats",
            [
                .tally(
                    "totals",
                    [.count("conversions", where: condition), .visitors("converted", where: condition), .visitors("visitors")],
                    from: goal.rows)
            ],
            "SELECT conversions, converted, visitors FROM totals")[0]
        let conversions = row.int("conversions"), converted = row.int("converted"), visited = row.int("visitors")
        // Calculate in whole millionths, so three times 0.1 is 0.3.
        let worth = (goal.value * 1e6).rounded() * Double(conversions)
        return GoalStats(
            goalID: id, name: goal.name, conversions: conversions, uniqueVisitors: converted,
            totalRevenue: Revenue.units(try await orderRevenue(goal, in: currency, scope) + worth), currency: currency,
            conversionRate: Rounded.percentage(converted, of: visited, decimals: 2),
            confidenceInterval: ConfidenceInterval(converted, of: visited))
    }

    /// Returns the revenue, in millionths, from orders that the converting events reported, minus the refunds that they reported.
    private static func orderRevenue(_ goal: Goal, in currency: String?, _ scope: Scope) async throws -> Double {
        guard let currency, case .step(let step) = goal.conversion, step.kind == .event else { return 0 }
        // A visitor may have several events with the same name at the same instant, so orders are matched by the properties of their event
        // too. Orders for which no properties are stored are matched only by visitor, time and name.
        return try await scope.rows(
            "goals.revenue",
            with: """
                converting AS MATERIALIZED (
                  SELECT DISTINCT visitor, occurred_at, name, coalesce(data, '') AS data FROM events WHERE \(step.condition(scope.dialect)))
                """,
            [
                .tally(
                    "earned", [.sum("revenue", of: "worth")],
                    from: """
                        (SELECT \(Revenue.amount(in: currency)) AS worth FROM revenue_orders
                        WHERE event_data IS NOT NULL
                            AND (visitor, occurred_at, name, event_data) IN (SELECT visitor, occurred_at, name, data FROM converting)
                          OR event_data IS NULL AND (visitor, occurred_at, name) IN (SELECT visitor, occurred_at, name FROM converting)) converting_orders
                        """)
            ],
            "SELECT CAST(coalesce(revenue, 0) AS double precision) AS revenue FROM earned")[0].double("revenue")
    }

    /// Returns one page of the visitors who reached the goal.
    static func visitors(_ goal: Goal, _ scope: Scope) async throws -> VisitorList {
        try await VisitorList.page(
            "goals.drill", of: scope, visitors: "SELECT DISTINCT visitor FROM \(goal.rows) WHERE \(goal.condition(scope.dialect))")
    }
}

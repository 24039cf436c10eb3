import Core

/// The metric that cohort reports and segment comparisons sum up.
struct CohortMetric: Sendable {
    enum Name: String, Sendable, CaseIterable { case pageviews, sessions, events, revenue }

    let name: Name
    /// The currency of revenue; nil for the other metrics.
    let currency: String?

    /// Reads the request's parameters.
    init(_ call: ProjectRequest) async throws {
        name = Name(rawValue: call.text("metric") ?? "") ?? .pageviews
        currency = name == .revenue ? try await call.currency() : nil
    }

    /// A SELECT of `visitor`, `occurred_at` and `amount`. It contains all activity; `amount` is what the row adds to the sum, possibly 0.
    var marks: SQL {
        switch name {
        case .pageviews: return "SELECT visitor, occurred_at, CASE WHEN kind = 0 THEN 1 ELSE 0 END AS amount FROM activity"
        case .events: return "SELECT visitor, occurred_at, CASE WHEN kind = 1 THEN 1 ELSE 0 END AS amount FROM activity"
        case .revenue:
            // The initializer ensures that revenue has a currency. Every order belongs to an event, which is activity, so the orders add no
            // visitors, not even refunds and orders in other currencies; unless a policy hides the event.
            return """
                SELECT visitor, occurred_at, 0 AS amount FROM activity
                UNION ALL SELECT visitor, occurred_at, coalesce(\(Revenue.amount(in: currency!)), 0) AS amount FROM revenue_orders
                """
        case .sessions:
            // A session counts at the time of its first activity in the range.
            return """
                SELECT visitor, occurred_at, 0 AS amount FROM activity
                UNION ALL SELECT visitor, min(occurred_at) AS occurred_at, 1 AS amount FROM activity GROUP BY visitor, session_at
                """
        }
    }

    /// A SELECT of `visitor` with the same visitors as `marks`.
    var visitors: SQL {
        // A restriction may hide the event of an order, but not the order.
        let buyers: SQL = name == .revenue ? " UNION ALL SELECT visitor FROM revenue_orders" : ""
        return "SELECT visitor FROM activity\(buyers)"
    }

    /// Converts a sum of amounts to the unit of the result.
    private func total(_ amount: Double) -> Double { name == .revenue ? Revenue.units(amount) : amount }

    /// The sum per visitor in the unit of the result, with two decimals (revenue in some currencies: three); 0 without visitors.
    private func average(_ amount: Double, over visitors: Int64) -> Double {
        guard visitors > 0 else { return 0 }
        return name == .revenue
            ? Revenue.average(amount, over: visitors, in: currency ?? "") : Rounded.twoDecimals(amount / Double(visitors))
    }

    /// The number of visitors, their total and its average.
    struct Numbers: Sendable {
        let visitors: Int64
        let total: Double
        let average: Double

        static let shape = Shape<Numbers>([
            .required("visitors", \.visitors, .count), .required("total", \.total, .amount),
            .required("avg_per_visitor", \.average, .amount, "total / visitors"),
        ])
    }

    func numbers(_ amount: Double, of visitors: Int64) -> Numbers {
        Numbers(visitors: visitors, total: total(amount), average: average(amount, over: visitors))
    }
}

extension Shape.Field {
    /// The currency of a revenue; absent for the other metrics.
    static func revenueCurrency(_ member: @escaping @Sendable (Value) -> String?) -> Self {
        .optional("currency", member, .text(3), "ISO 4217 code of the revenue's currency. Only for metric revenue.")
    }
}

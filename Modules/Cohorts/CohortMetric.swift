import Core

/// What is summed up for each visitor.
struct CohortMetric: Sendable {
    enum Name: String, Sendable, CaseIterable { case pageviews, sessions, events, revenue }

    let name: Name
    /// Of revenue; nil for the others.
    let currency: String?

    /// As the request's parameters put it.
    /// - Throws: 403 where it asks for revenue and may not read it.
    init(_ call: ProjectRequest) async throws {
        name = Name(rawValue: call.text("metric") ?? "") ?? .pageviews
        if name == .revenue { try call.require(module: "revenue") }
        currency = name == .revenue ? try await call.currency() : nil
    }

    var tables: [FactTable] { name == .revenue ? [Revenue.orders] : [] }

    /// A SELECT of `visitor`, `occurred_at` and `amount`: all that visitors did, each row with what it adds to the sum.
    var marks: SQL {
        switch name {
        case .pageviews: return "SELECT visitor, occurred_at, CASE WHEN kind = 0 THEN 1 ELSE 0 END AS amount FROM activity"
        case .events: return "SELECT visitor, occurred_at, CASE WHEN kind = 1 THEN 1 ELSE 0 END AS amount FROM activity"
        case .revenue:
            // Revenue has a currency, as the initializer sees to. The event that brought it is activity as well, so that refunds and amounts in other currencies change no visitors.
            return """
                SELECT visitor, occurred_at, 0 AS amount FROM activity
                UNION ALL SELECT visitor, occurred_at, coalesce(\(Revenue.amount(in: currency!)), 0) AS amount FROM revenue_orders
                """
        case .sessions:
            // A session counts where its first activity in the range lies.
            return """
                SELECT visitor, occurred_at, 0 AS amount FROM activity
                UNION ALL SELECT visitor, min(occurred_at) AS occurred_at, 1 AS amount FROM activity GROUP BY visitor, session_at
                """
        }
    }

    /// A sum of amounts as it is answered.
    func total(_ amount: Double) -> Double { name == .revenue ? Revenue.units(amount) : amount }

    /// Its share for each visitor, two decimals; 0 for no visitors.
    func average(_ amount: Double, over visitors: Int64) -> Double {
        guard visitors > 0 else { return 0 }
        return name == .revenue ? Revenue.average(amount, over: visitors, in: currency ?? "") : Rounded.twoDecimals(amount / Double(visitors))
    }

    static let currencyField = Schema.Field.optional("currency", .text(3), "ISO 4217; what revenue is in.")
    static let totals: [Schema.Field] = [
        .required("visitors", .count), .required("total", .amount), .required("avg_per_visitor", .amount, "total / visitors"),
    ]
}

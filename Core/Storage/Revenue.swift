import Common

/// Money that visitors brought: the facts that module `revenue` writes and other modules read, and their arithmetic.
///
/// Amounts are whole millionths of a currency's unit, so that sums are exact; they become units where they are answered.
public enum Revenue {
    /// One row for each event with an amount: an order, or where the amount is negative a refund.
    public static let orders = FactTable(
        "revenue_orders",
        FactTable.sessionColumns + [
            Column("path", .text),
            /// Of the event.
            Column("name", .text),
            /// As the site calls it; "" where it did not tell.
            Column("order_id", .text),
        ] + money + [eventData])

    /// Properties of the event as they are stored, "" for none: with visitor, instant and name they tell which event it was. Null in orders
    /// from before they were kept.
    public static let eventData = Column("event_data", .text, nullable: true)

    /// One row for each product of an order.
    public static let items = FactTable(
        "revenue_items",
        FactTable.sessionColumns + [
            Column("product", .text),
            /// Negative in a refund.
            Column("quantity", .double),
        ] + money)

    private static let money = [
        Column("amount", .int64), Column("currency", .text),
        /// By the rate of the day on which it was collected; null where there was none.
        Column("converted", .int64, nullable: true),
        /// Its currency; "" for none.
        Column("converted_to", .text),
    ]

    // MARK: Arithmetic

    /// The largest amount of an order, in units, either way.
    public static let maximumAmount = 1e9
    private static let millionthsPerUnit = 1e6

    /// Nil for more than a sum of many could hold.
    public static func millionths(_ units: Double) -> Int64? {
        let value = (units * millionthsPerUnit).rounded()
        return abs(value) <= maximumAmount * millionthsPerUnit ? Int64(value) : nil
    }

    /// A sum of millionths, in units.
    public static func units(_ millionths: Double) -> Double { millionths / millionthsPerUnit }

    /// In units of `currency`, rounded to hundredths, or to thousandths where the currency has these, half away from zero; for averages and shares.
    ///
    /// Through whole millionths, so that what is left of a floating-point sum behind them decides nothing.
    public static func rounded(_ millionths: Double, in currency: String) -> Double {
        let parts: Double = withThreeDecimals.contains(currency) ? 1_000 : 100
        return (millionths.rounded() / (millionthsPerUnit / parts)).rounded() / parts
    }

    /// Revenue over orders, in units of `currency`, rounded; 0 for no orders.
    public static func average(_ millionths: Double, over orders: Int64, in currency: String) -> Double {
        orders == 0 ? 0 : rounded(millionths / Double(orders), in: currency)
    }

    /// Currencies whose unit has a thousand parts.
    /// - Source: ISO 4217, minor units.
    private static let withThreeDecimals: Set = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]

    // MARK: Currency

    /// What everything is in, where nobody says anything else.
    public static let defaultCurrency = "USD"

    /// Whether the text has the form of ISO 4217's alphabetic codes, in either case.
    public static func isCurrency(_ text: String) -> Bool {
        text.utf8.count == 3 && text.utf8.allSatisfy { (97...122).contains($0 | 0x20) }
    }

    /// The millionths that a row of either table is worth in `currency`; null where that is not known.
    public static func amount(in currency: String) -> SQL {
        "CASE WHEN currency = \(currency) THEN amount WHEN converted_to = \(currency) THEN converted END"
    }

    /// The currency that most orders of the scope are told in, converted ones as converted; of several the first by name. Nil
    /// without orders.
    public static func currency(of scope: Scope) async throws -> String? {
        try await scope.rows("revenue.currency", reading: [orders], """
            SELECT told, count(*) AS n FROM (SELECT coalesce(nullif(converted_to, ''), currency) AS told FROM revenue_orders) one
            GROUP BY told ORDER BY n DESC, told LIMIT 1
            """).first?.text("told")
    }
}

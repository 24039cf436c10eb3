import Common
import Storage

/// Revenue: the facts that module `revenue` writes and other modules read, and the arithmetic of amounts.
///
/// Amounts are stored as whole millionths of a currency's unit, so that sums are exact. Responses contain units.
public enum Revenue {
    /// One row per event with an amount: an order, or a refund if the amount is negative.
    public static let orders = FactTable(
        "revenue_orders",
        FactTable.sessionColumns + [
            Column("path", .text),
            /// Name of the event.
            Column("name", .text),
            /// The site's own id for the order; "" if it sent none.
            Column("order_id", .text),
        ] + money + [eventData])

    /// The event's properties as stored, "" for none. With visitor, instant and name they identify the event. Null in orders stored before
    /// this column was added.
    public static let eventData = Column("event_data", .text, nullable: true)

    /// One row per product of an order.
    public static let items = FactTable(
        "revenue_items",
        FactTable.sessionColumns + [
            Column("product", .text),
            /// Negative in a refund.
            Column("quantity", .double),
        ] + money)

    private static let money = [
        Column("amount", .int64), Column("currency", .text),
        /// The amount converted at the rate of the day on which it was collected; null if there was none.
        Column("converted", .int64, nullable: true),
        /// The currency of `converted`; "" for none.
        Column("converted_to", .text),
    ]

    // MARK: Arithmetic

    /// The largest amount of an order or a refund, in units.
    public static let maximumAmount = 1e9
    private static let millionthsPerUnit = 1e6

    /// Converts units to whole millionths; nil above `maximumAmount`, so that sums can't overflow.
    public static func millionths(_ units: Double) -> Int64? {
        let value = (units * millionthsPerUnit).rounded()
        return abs(value) <= maximumAmount * millionthsPerUnit ? Int64(value) : nil
    }

    /// Converts a sum of millionths to units.
    public static func units(_ millionths: Double) -> Double { millionths / millionthsPerUnit }

    /// Converts to units of `currency`, rounded half away from zero to hundredths, or to thousandths if the currency has them. For averages
    /// and shares.
    ///
    /// Rounds to whole millionths first, so the error of a floating-point sum can't decide the result.
    public static func rounded(_ millionths: Double, in currency: String) -> Double {
        let parts: Double = withThreeDecimals.contains(currency) ? 1_000 : 100
        return (millionths.rounded() / (millionthsPerUnit / parts)).rounded() / parts
    }

    /// Revenue over orders, in units of `currency`, rounded; 0 for no orders.
    public static func average(_ millionths: Double, over orders: Int64, in currency: String) -> Double {
        orders == 0 ? 0 : rounded(millionths / Double(orders), in: currency)
    }

    /// Currencies with three decimals.
    /// - Source: ISO 4217, minor units.
    private static let withThreeDecimals: Set = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]

    // MARK: Currency

    /// The currency of amounts if nothing else determines one.
    public static let defaultCurrency = "USD"

    /// Whether the text has the form of an ISO 4217 alphabetic code, in either case.
    public static func isCurrency(_ text: String) -> Bool {
        text.utf8.count == 3 && text.utf8.allSatisfy { (97...122).contains($0 | 0x20) }
    }

    /// The amount of a row of either table in `currency`, in millionths; null if there is none.
    public static func amount(in currency: String) -> SQL {
        "CASE WHEN currency = \(currency) THEN amount WHEN converted_to = \(currency) THEN converted END"
    }

    /// The most common currency of the scope's orders, after conversion; of several, the first by name. Nil without orders.
    public static func currency(of scope: Scope) async throws -> String? {
        try await scope.rows(
            "revenue.currency", reading: [orders],
            """
            SELECT code, count(*) AS n FROM (SELECT coalesce(nullif(converted_to, ''), currency) AS code FROM revenue_orders) codes
            GROUP BY code ORDER BY n DESC, code LIMIT 1
            """
        ).first?.text("code")
    }
}

import Common
import Storage

/// Facts about revenue, and arithmetic with amounts of money. The `revenue` module writes the facts; other modules read them.
///
/// Amounts are stored as whole millionths of a currency unit, so sums are exact. Responses contain amounts in currency units.
public enum Revenue {
    /// The table of orders and refunds: one row per event with an amount. A negative amount is a refund.
    public static let orders = FactTable(
        "revenue_orders",
        FactTable.sessionColumns + [
            Column("path", .text),
            /// The name of the event that reported the order.
            Column("name", .text),
            /// The site's own id for the order; "" if none was sent.
            Column("order_id", .text),
        ] + money + [eventData])

    /// The event's properties as stored; "" if it has none. Together with visitor, instant and name, they identify the event. Null in
    /// rows that were stored before this column existed.
    public static let eventData = Column("event_data", .text, nullable: true)

    /// The table of products: one row per product of an order.
    public static let items = FactTable(
        "revenue_items",
        FactTable.sessionColumns + [
            Column("product", .text),
            /// The quantity; negative in a refund.
            Column("quantity", .double),
        ] + money)

    private static let money = [
        Column("amount", .int64), Column("currency", .text),
        /// The amount, converted at the exchange rate of the day it was collected; null if there was no rate.
        Column("converted", .int64, nullable: true),
        /// The currency of `converted`; "" if there is none.
        Column("converted_to", .text),
    ]

    // MARK: Arithmetic

    /// The largest amount of a single order or refund, in currency units.
    public static let maximumAmount = 1e9
    private static let millionthsPerUnit = 1e6

    /// Converts units to whole millionths. Returns nil if the amount, ignoring its sign, exceeds `maximumAmount`, so sums can't overflow.
    public static func millionths(_ units: Double) -> Int64? {
        let value = (units * millionthsPerUnit).rounded()
        return abs(value) <= maximumAmount * millionthsPerUnit ? Int64(value) : nil
    }

    /// Converts a sum of millionths to units.
    public static func units(_ millionths: Double) -> Double { millionths / millionthsPerUnit }

    /// Converts millionths to units of `currency`, rounded half away from zero to two decimals, or to three if the currency has three
    /// decimals. For averages and shares.
    ///
    /// The amount is first rounded to whole millionths, so floating-point errors can't change the result.
    public static func rounded(_ millionths: Double, in currency: String) -> Double {
        let parts: Double = withThreeDecimals.contains(currency) ? 1_000 : 100
        return (millionths.rounded() / (millionthsPerUnit / parts)).rounded() / parts
    }

    /// Average order value: revenue divided by orders, in units of `currency`, rounded. 0 if there are no orders.
    public static func average(_ millionths: Double, over orders: Int64, in currency: String) -> Double {
        orders == 0 ? 0 : rounded(millionths / Double(orders), in: currency)
    }

    /// Codes of the currencies that have three decimals.
    /// - Source: ISO 4217, minor units.
    private static let withThreeDecimals: Set = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]

    // MARK: Currency

    /// The currency to use if nothing else determines it, as an ISO 4217 code.
    public static let defaultCurrency = "USD"

    /// Whether the text has the form of an ISO 4217 alphabetic code, in either case.
    public static func isCurrency(_ text: String) -> Bool {
        text.utf8.count == 3 && text.utf8.allSatisfy { (97...122).contains($0 | 0x20) }
    }

    /// SQL for the amount of a row of `orders` or `items` in `currency`, in millionths. Null if the row has no amount in that currency.
    public static func amount(in currency: String) -> SQL {
        "CASE WHEN currency = \(currency) THEN amount WHEN converted_to = \(currency) THEN converted END"
    }

    /// The most common currency of the scope's orders and refunds, after conversion. If several are equally common, the first of them in
    /// alphabetical order. Nil if there are no orders.
    public static func currency(of scope: Scope) async throws -> String? {
        try await scope.rows(
            "revenue.currency",
            [
                .tally(
                    "used", by: ["code"], [.count("n")],
                    from: "(SELECT coalesce(nullif(converted_to, ''), currency) AS code FROM revenue_orders) codes")
            ],
            "SELECT code, n FROM used ORDER BY n DESC, code LIMIT 1"
        ).first?.text("code")
    }
}

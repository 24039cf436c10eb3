import Core

/// An order or refund: an event with an amount.
struct Order: Sendable {
    struct Item: Sendable {
        let product: String
        var quantity: Double
        /// Price times quantity, in millionths; negative for a refund.
        var amount: Int64
    }

    let name: String
    /// The amount in millionths; negative for a refund.
    let amount: Int64
    let currency: String
    /// The site's own id for the order; "" if none was sent, or only a placeholder.
    let id: String
    private let path: String
    private let items: [Item]
    private let adjustments: Adjustments
    private let settings: RevenueSettings

    /// Returns nil for a payload without an amount.
    /// - Throws: 400 for an invalid currency.
    init?(_ payload: Payload, _ settings: RevenueSettings) throws {
        let sent = payload.text("revenue_currency")
        guard sent.isEmpty || Revenue.isCurrency(sent) else {
            throw ServiceError.body(
                field: "revenue_currency", "must be a three-letter ISO 4217 code such as USD; got '\(sent.excerpt(60))'.")
        }
        guard let amount = payload.number("revenue_amount").flatMap(Revenue.millionths) else { return nil }
        let data = payload["data"]
        self.amount = amount
        self.settings = settings
        name = payload.text("name")
        path = payload.text("path")
        currency = sent.isEmpty ? settings.currency : sent.uppercased()
        id = [data?["order_id"], data?["transaction_id"]].lazy.compactMap(Self.text).first { !PlaceholderID.matches($0) } ?? ""
        let list = data?["items"], spelled = list?.spelledContainer
        items = Self.items((spelled ?? list)?.elements ?? [], isRefund: amount < 0)
        adjustments = spelled == nil ? [] : .json
    }

    /// The rows to store. An order with an id counts once, no matter how often its confirmation page is loaded. An order may have several
    /// refunds.
    var addition: Addition {
        Addition(eventID: amount < 0 || id.isEmpty ? nil : "order:\(name):\(id)", adjustments: adjustments) { visit in
            let order: [Value] = [.text(visit.page(path)), .text(name), .text(id.prefix(scalars: 200))]
            return [(Revenue.orders, visit.sessionValues + order + money(amount) + [.text(visit.data ?? "")])]
                + items.map { (Revenue.items, visit.sessionValues + [.text($0.product), .double($0.quantity)] + money($0.amount)) }
        }
    }

    private func money(_ amount: Int64) -> [Value] {
        let converted = settings.converted(amount, of: currency)
        return [.int(amount), .text(currency), converted.map(Value.int) ?? .null, .text(converted == nil ? "" : settings.currency)]
    }

    // MARK: Reading

    /// Reads `data.items` in the format that GA4 and most shops use. Skips elements without a product name, with a quantity of 0 or of more
    /// than a million, or with too large an amount; the order still counts. A product that is listed twice becomes one item.
    private static func items(_ elements: [JSON], isRefund: Bool) -> [Item] {
        var items: [Item] = []
        for element in elements {
            guard let product = ["name", "item_name", "product", "item_id", "sku"].lazy.compactMap({ text(element[$0]) }).first else {
                continue
            }
            let quantity = abs(number(element["quantity"]) ?? 1), price = abs(number(element["price"]) ?? 0)
            guard quantity > 0, quantity <= 1e6, let amount = Revenue.millionths(price * quantity) else { continue }
            let sign: Double = isRefund ? -1 : 1
            let item = Item(product: product.prefix(scalars: 300), quantity: sign * quantity, amount: Int64(sign) * amount)
            if let listed = items.firstIndex(where: { $0.product.isExactly(item.product) }) {
                let (sum, isTooLarge) = items[listed].amount.addingReportingOverflow(item.amount)
                if isTooLarge { continue }
                items[listed].quantity += item.quantity
                items[listed].amount = sum
            } else {
                items.append(item)
            }
        }
        return items
    }

    /// Returns a string without surrounding white space, or a number as text; nil if the result is empty.
    private static func text(_ value: JSON?) -> String? {
        let text = value?.string ?? value?.digits ?? value?.number.map { "\($0)" } ?? ""
        let trimmed = text.trimmed
        return trimmed.isEmpty ? nil : trimmed
    }

    private static func number(_ value: JSON?) -> Double? {
        (value?.number ?? value?.string.flatMap(Double.init(decimal:))).flatMap { $0.isFinite ? $0 : nil }
    }
}

extension String {
    /// The text without surrounding white space.
    fileprivate var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(self[first...last])
    }
}

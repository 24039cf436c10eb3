import Core
import Foundation

/// `modules.settings.revenue`
struct RevenueSettings: Sendable {
    /// What amounts without a currency are in, and what others are converted to. Default: USD.
    let currency: String
    /// Units of `currency` that one unit of each currency is worth. Only what is listed is converted. Default: none.
    let rates: [String: Double]

    init(_ section: Section) {
        let known = Locale.commonISOCurrencyCodes
        currency = section.value(
            "currency", .name(of: "currency", among: known), default: Revenue.defaultCurrency,
            summary: "ISO 4217 code that amounts without a currency are in, and that others are converted to.")
        rates = section.value(
            "rates", .map("currency", among: known, to: .number(1e-9...1e9)), default: [:], unit: "units of `currency`",
            summary: "What one unit of a currency is worth, such as {EUR: 1.08}; currencies that are not listed are kept apart.")
    }

    /// Millionths of `self.currency`; nil where there is no rate, and for more than can be summed up.
    func converted(_ amount: Int64, of currency: String) -> Int64? {
        guard currency != self.currency, let rate = rates[currency] else { return nil }
        return Revenue.millionths(Revenue.units(Double(amount)) * rate)
    }
}

import Core
import Foundation

/// The settings in `modules.settings.revenue`.
struct RevenueSettings: Sendable {
    /// The currency of amounts that are sent without one. Amounts in currencies that `rates` lists are converted to it. Default: USD.
    let currency: String
    /// The value of one unit of each currency, in units of `currency`. Only listed currencies are converted. Default: none.
    let rates: [String: Double]

    init(_ section: Section) {
        let codes = Locale.commonISOCurrencyCodes
        currency = section.value(
            "currency", .name(of: "currency", among: codes), default: Revenue.defaultCurrency,
            summary: "ISO 4217 code of amounts sent without a currency. Amounts in currencies listed in `rates` are converted to it.")
        rates = section.value(
            "rates", .map("currency", among: codes, to: .number(1e-9...1e9)), default: [:], unit: "units of `currency`",
            summary: "Value of one unit of each currency, such as {EUR: 1.08}. Unlisted currencies are not converted.")
    }

    /// Returns the amount in millionths of `self.currency`; nil if it is in that currency already, if there is no rate, or if the result is
    /// too large.
    func converted(_ amount: Int64, of currency: String) -> Int64? {
        guard currency != self.currency, let rate = rates[currency] else { return nil }
        return Revenue.millionths(Revenue.units(Double(amount)) * rate)
    }
}

import Common
import Storage

extension ScopeParameters {
    public static let currency = Parameter(
        "currency", .text(maximum: 3), "ISO 4217 code that amounts are answered in. Default: the one that most orders of the range are told in.")
}

extension ProjectRequest {
    /// The currency that a report about revenue is answered in; with `compare=previous` the same for both periods.
    /// - Throws: 400 for what is no code of a currency.
    public func currency(default standard: String = Revenue.defaultCurrency) async throws -> String {
        guard let code = text("currency") else { return try await Revenue.currency(of: try scope()) ?? standard }
        guard Revenue.isCurrency(code) else {
            throw ServiceError.parameter("currency", "must be three letters of ISO 4217 such as USD; got '\(code.excerpt(60))'.")
        }
        return code.uppercased()
    }
}

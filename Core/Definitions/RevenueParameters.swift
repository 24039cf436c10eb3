import Access
import Common
import Questions
import Storage

extension ScopeParameters {
    /// Read by `ProjectRequest.currency(default:)`.
    public static let currency = Parameter(
        "currency", .text(maximum: 3), "ISO 4217 code of the currency for amounts. Default: the most common currency of the range's orders."
    )
}

extension ProjectRequest {
    /// The currency of a revenue report. With `compare=previous`, both periods use it.
    /// - Parameter standard: the currency to use if the request names none and there are no orders.
    /// - Throws: 400 for an invalid currency code.
    public func currency(default standard: String = Revenue.defaultCurrency) async throws -> String {
        guard let code = text("currency") else { return try await Revenue.currency(of: try scope()) ?? standard }
        guard Revenue.isCurrency(code) else {
            throw ServiceError.parameter("currency", "must be three letters of ISO 4217 such as USD; got '\(code.excerpt(60))'.")
        }
        return code.uppercased()
    }
}

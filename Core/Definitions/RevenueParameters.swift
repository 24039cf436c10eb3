import Access
import Common
import Questions
import Storage

extension ScopeParameters {
    /// The `currency` parameter, which `ProjectRequest.currency(default:)` reads.
    public static let currency = Parameter(
        "currency", .text(maximum: 3),
        "ISO 4217 code of the currency of all amounts. Default: the most common currency of the orders in the range.")
}

extension ProjectRequest {
    /// The currency of a revenue report, as an uppercase code. With `compare=previous`, both periods use it.
    /// - Parameter standard: the currency if the request names none and the range has no orders.
    /// - Throws: 400 for an invalid currency code.
    public func currency(default standard: String = Revenue.defaultCurrency) async throws -> String {
        guard let code = text("currency") else { return try await Revenue.currency(of: try scope()) ?? standard }
        guard Revenue.isCurrency(code) else {
            throw ServiceError.parameter("currency", "must be a three-letter ISO 4217 code such as USD; got '\(code.excerpt(60))'.")
        }
        return code.uppercased()
    }
}

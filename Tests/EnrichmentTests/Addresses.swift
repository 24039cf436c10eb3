import Enrichment
import Testing

extension IPAddress {
    /// The address that `text` is; the test fails when it is none.
    static func of(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
}

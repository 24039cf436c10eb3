import Enrichment
import Testing

extension IPAddress {
    /// The address in `text`. Fails the test if it isn't valid.
    static func of(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
}

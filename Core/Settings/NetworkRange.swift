import Foundation

/// A range of IP addresses in CIDR notation, as it was written: `10.0.0.0/8`, `fd00::/8`; a bare address is a range of one.
///
/// Known to be one and no more: who compares addresses with it has its own form (`CIDR`).
public struct NetworkRange: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// Nil when `text` is no such range.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bits = Self.bits(String(parts[0])) else { return nil }
        if parts.count == 2 {
            let digits = parts[1]
            guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let length = Int(digits), length <= bits
            else { return nil }
        }
        description = text
    }

    /// 32 or 128; nil for no address.
    private static func bits(_ text: String) -> Int? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return 32 }
        return inet_pton(AF_INET6, text, &bytes) == 1 ? 128 : nil
    }
}

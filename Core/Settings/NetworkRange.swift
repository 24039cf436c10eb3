import Foundation

/// A range of IP addresses in CIDR notation: `10.0.0.0/8`, `fd00::/8`; a bare address is a range of one.
public struct NetworkRange: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16 bytes.
    private let address: [UInt8]
    private let prefixLength: Int
    public let description: String

    /// Nil when `text` is no such range.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Self.bytes(String(parts[0])) else { return nil }
        var length = address.count * 8
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...length).contains(given), parts[1].allSatisfy(\.isNumber) else { return nil }
            length = given
        }
        self.address = address
        prefixLength = length
        description = text
    }

    /// Whether `text` is an address in the range. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) counts as IPv4.
    public func contains(_ text: String) -> Bool {
        guard let other = Self.bytes(text), other.count == address.count else { return false }
        let whole = prefixLength / 8, rest = prefixLength % 8
        guard other[..<whole] == address[..<whole] else { return false }
        return rest == 0 || (other[whole] ^ address[whole]) >> (8 - UInt8(rest)) == 0
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        let mapped = sixteen[..<10].allSatisfy { $0 == 0 } && sixteen[10] == 0xFF && sixteen[11] == 0xFF
        return mapped ? Array(sixteen[12...]) : sixteen
    }
}

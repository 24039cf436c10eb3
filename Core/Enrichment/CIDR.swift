/// A network: an address, and how many of its leading bits identify the network.
public struct CIDR: Sendable, Hashable, CustomStringConvertible {
    /// The first address of the network.
    public let network: IPAddress
    /// 0...32 for IPv4, 0...128 for IPv6.
    public let prefixLength: Int

    private let highMask: UInt64
    private let lowMask: UInt64

    /// Parses `10.0.0.0/8` and `2001:db8::/32`. A bare address gives a network of one address. Bits after the prefix are cleared, so
    /// `10.1.2.3/8` becomes `10.0.0.0/8`.
    ///
    /// - Throws: `EnrichmentError` that says what is wrong with the text.
    public init(_ text: String) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(String(parts[0])) else {
            throw EnrichmentError(
                "'\(text.prefix(60))' is not a network; write an address and a prefix, such as 10.0.0.0/8 or 2001:db8::/32."
            )
        }
        let limit = address.isIPv4 ? 32 : 128
        var length = limit
        if parts.count == 2 {
            let digits = parts[1]
            guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDigit), let number = Int(digits),
                number <= limit
            else {
                throw EnrichmentError(
                    "'\(text.prefix(60))' is not a network: an \(address.isIPv4 ? "IPv4" : "IPv6") prefix has 0 to \(limit) "
                        + "bits; got '\(digits.prefix(20))'."
                )
            }
            length = number
        }
        self.init(address, prefixLength: length)
    }

    /// - Parameter prefixLength: Clamped to 0...32 for IPv4, and to 0...128 for IPv6.
    public init(_ address: IPAddress, prefixLength: Int) {
        let limit = address.isIPv4 ? 32 : 128
        let length = min(max(prefixLength, 0), limit)
        let bits = length + 128 - limit
        // Swift's shifts give 0 for a shift by 64 bits or more.
        highMask = ~(UInt64.max >> UInt64(min(bits, 64)))
        lowMask = ~(UInt64.max >> UInt64(max(bits - 64, 0)))
        network = IPAddress(high: address.high & highMask, low: address.low & lowMask)
        self.prefixLength = length
    }

    /// Whether the address is in this network. An IPv4 address is never in an IPv6 network, not even in `::/0`.
    public func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == network.isIPv4 && address.high & highMask == network.high && address.low & lowMask == network.low
    }

    public var description: String { "\(network)/\(prefixLength)" }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// An IPv4 or IPv6 address.
///
/// IPv4 is stored in its IPv6 form (`::ffff:192.0.2.1`), so an address has the same value however it was written.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// The first and the last eight bytes as big-endian numbers, so the address's first byte is the most significant one.
    public let high: UInt64
    public let low: UInt64

    private static let mapped: UInt64 = 0x0000_FFFF_0000_0000
    private static let translation: UInt64 = 0x0064_FF9B_0000_0000

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Creates an IPv4 address from its number: `192.0.2.1` is 0xC0000201.
    public init(v4 number: UInt32) { self.init(high: 0, low: Self.mapped | UInt64(number)) }

    /// Parses `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]` and `::ffff:192.0.2.1`, which equals `192.0.2.1`.
    ///
    /// Returns nil for anything else: a port, spaces, a zone (`fe80::1%eth0`, which means nothing on another machine), or numbers with
    /// leading zeros (`010.0.0.1`, which some programs read as octal).
    public init?(_ text: String) {
        let address = text.withBytes { bytes -> IPAddress? in
            guard bytes.count >= 2 else { return nil }
            let isBracketed = bytes[0] == UInt8(ascii: "[")
            if isBracketed, bytes[bytes.count - 1] != UInt8(ascii: "]") { return nil }
            let inner = isBracketed ? 1..<bytes.count - 1 : 0..<bytes.count
            return IPAddress(UnsafeBufferPointer(rebasing: bytes[inner]), allowsV4: !isBracketed)
        }
        guard let address else { return nil }
        self = address
    }

    /// - Parameter allowsV4: False inside brackets, which only IPv6 addresses may have.
    init?(_ bytes: UnsafeBufferPointer<UInt8>, allowsV4: Bool) {
        // The longest address is "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".
        guard (2...45).contains(bytes.count) else { return nil }
        let isV6 = bytes.contains(UInt8(ascii: ":"))
        guard isV6 || allowsV4 else { return nil }
        let parsed: IPAddress? = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { text in
            for (index, byte) in bytes.enumerated() {
                // A zero byte would end the C string early.
                guard byte != 0 else { return nil }
                text[index] = CChar(bitPattern: byte)
            }
            text[bytes.count] = 0
            guard isV6 else {
                var address = in_addr()
                guard inet_pton(AF_INET, text.baseAddress!, &address) == 1 else { return nil }
                return IPAddress(v4: UInt32(bigEndian: address.s_addr))
            }
            var address = in6_addr()
            guard inet_pton(AF_INET6, text.baseAddress!, &address) == 1 else { return nil }
            return withUnsafeBytes(of: &address) { raw in
                IPAddress(
                    high: UInt64(bigEndian: raw.loadUnaligned(as: UInt64.self)),
                    low: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
        }
        guard let parsed else { return nil }
        self = parsed
    }

    /// The IPv4 address behind a NAT64 address (`64:ff9b::192.0.2.1`); any other address unchanged.
    /// - Source: RFC 6052, section 2.1.
    var translated: IPAddress {
        high == Self.translation && low >> 32 == 0 ? IPAddress(v4: UInt32(truncatingIfNeeded: low)) : self
    }

    /// Whether this is an IPv4 address.
    public var isIPv4: Bool { high == 0 && low >> 32 == Self.mapped >> 32 }

    /// The 16 bytes in network order. An IPv4 address is in the form `::ffff:192.0.2.1`.
    public var bytes: [UInt8] {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) }
    }

    /// The address without the part that identifies a household or person. IPv4 loses its last 8 bits, and IPv6 keeps only its first 48
    /// bits. The rest is enough to find the country.
    public func anonymized() -> IPAddress {
        isIPv4 ? IPAddress(high: 0, low: low & ~0xFF) : IPAddress(high: high & ~0xFFFF, low: 0)
    }

    /// The canonical text of the address: `192.0.2.1`, `2001:db8::1`.
    ///
    /// Does not use `inet_ntop`, which writes `::ffff:1` as `::255.255.0.1` and is slower.
    /// - Source: RFC 5952, section 4.
    public var description: String {
        String(unsafeUninitializedCapacity: 39) { target in
            var text = TextWriter(target: target)
            if isIPv4 {
                for shift: UInt64 in [24, 16, 8, 0] {
                    text.append(UInt16(truncatingIfNeeded: low >> shift & 0xFF), radix: 10)
                    if shift > 0 { text.append(UInt8(ascii: ".")) }
                }
                return text.count
            }
            let zeros = longestZeros
            for index in 0..<8 {
                if zeros.contains(index) {
                    // Writes one colon for the run of zeros. The second colon precedes the next group, or is written here if the run is at
                    // the end.
                    if index == zeros.lowerBound { text.append(UInt8(ascii: ":")) }
                    if index == 7 { text.append(UInt8(ascii: ":")) }
                } else {
                    if index > 0 { text.append(UInt8(ascii: ":")) }
                    text.append(group(index), radix: 16)
                }
            }
            return text.count
        }
    }

    /// The 16-bit group at `index`, 0...7.
    private func group(_ index: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64((3 - index % 4) * 16))
    }

    /// The longest run of two or more zero groups. If several are equally long, the first; empty if there is none.
    private var longestZeros: Range<Int> {
        var best = 0..<0
        var start = 0
        for index in 0..<8 {
            if group(index) != 0 {
                start = index + 1
            } else if index + 1 - start > max(best.count, 1) {
                best = start..<index + 1
            }
        }
        return best
    }
}

/// Appends to a buffer, which must be large enough.
private struct TextWriter {
    let target: UnsafeMutableBufferPointer<UInt8>
    var count = 0

    mutating func append(_ byte: UInt8) {
        target[count] = byte
        count += 1
    }

    /// Appends digits in lower case, without leading zeros.
    mutating func append(_ number: UInt16, radix: UInt16) {
        if number >= radix { append(number / radix, radix: radix) }
        let digit = UInt8(number % radix)
        append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
}

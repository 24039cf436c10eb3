/// Reads base64 VLQ numbers. Each character holds six bits. The highest bit says whether more characters follow. The other five bits are
/// part of the number, lowest bits first. The lowest bit of the number is its sign.
/// - Source: ECMA-426, "Base64 VLQ".
struct VLQReader {
    enum Failure: Error { case notBase64, cutOff, tooLarge }

    private let bytes: UnsafeBufferPointer<UInt8>
    private(set) var at = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    /// Whether a number follows, rather than a separator or the end.
    var hasNumber: Bool { at < bytes.count && bytes[at] != UInt8(ascii: ",") && bytes[at] != UInt8(ascii: ";") }

    /// Takes the next byte, a separator.
    mutating func separator() -> UInt8 {
        defer { at += 1 }
        return bytes[at]
    }

    /// Reads the next number.
    mutating func next() throws(Failure) -> Int32 {
        var value: UInt64 = 0, shift: UInt64 = 0
        while true {
            guard at < bytes.count else { throw .cutOff }
            let digit = Self.digits[Int(bytes[at])]
            guard digit < 64 else { throw hasNumber ? .notBase64 : .cutOff }
            at += 1
            // Any number of zero digits may follow; they don't change the value.
            guard shift <= 30 || digit & 31 == 0 else { throw .tooLarge }
            if shift <= 30 { value |= UInt64(digit & 31) << shift }
            if digit & 32 == 0 { break }
            shift += 5
        }
        let magnitude = Int64(value >> 1)
        guard magnitude <= Int64(Int32.max) else { throw .tooLarge }
        // The standard defines "-0" as the smallest number.
        if value & 1 == 1 { return magnitude == 0 ? .min : Int32(-magnitude) }
        return Int32(magnitude)
    }

    /// The value of each byte as a base64 digit; 64 for any other byte.
    private static let digits: [UInt8] = {
        var table = [UInt8](repeating: 64, count: 256)
        for (value, digit) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() {
            table[Int(digit)] = UInt8(value)
        }
        return table
    }()
}

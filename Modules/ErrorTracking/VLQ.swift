/// Reads numbers in base64 VLQ: six bits a character, of which the highest says that more follow, the lowest ones first; the
/// lowest bit of all is the sign.
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

    /// The next number.
    mutating func next() throws(Failure) -> Int32 {
        var value: UInt64 = 0, shift: UInt64 = 0
        while true {
            guard at < bytes.count else { throw .cutOff }
            let digit = Self.digits[Int(bytes[at])]
            guard digit < 64 else { throw hasNumber ? .notBase64 : .cutOff }
            at += 1
            // Any number of zero digits may follow; they add nothing.
            guard shift <= 30 || digit & 31 == 0 else { throw .tooLarge }
            if shift <= 30 { value |= UInt64(digit & 31) << shift }
            if digit & 32 == 0 { break }
            shift += 5
        }
        let magnitude = Int64(value >> 1)
        guard magnitude <= Int64(Int32.max) else { throw .tooLarge }
        // "-0" stands for the smallest number, as the standard has it.
        if value & 1 == 1 { return magnitude == 0 ? .min : Int32(-magnitude) }
        return Int32(magnitude)
    }

    /// The value of each base64 digit; 64 for what is none.
    private static let digits: [UInt8] = {
        var table = [UInt8](repeating: 64, count: 256)
        for (value, digit) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() {
            table[Int(digit)] = UInt8(value)
        }
        return table
    }()
}

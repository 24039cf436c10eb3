/// The size of a visitor's screen, as browsers send it: `1920x1080`.
@_spi(Host) public struct ScreenSize: Sendable, Hashable, CustomStringConvertible {
    /// Width in CSS pixels, 1...65535.
    public let width: Int
    /// Height in CSS pixels, 1...65535.
    public let height: Int

    /// Parses two numbers of 1...65535 with an `x` between them. Returns nil for anything else, including spaces and leading zeros.
    public init?(_ text: String) {
        let size = text.withBytes { bytes -> (Int, Int)? in
            guard (3...11).contains(bytes.count), let cross = bytes.firstIndex(of: UInt8(ascii: "x")),
                let width = Self.number(bytes[..<cross]), let height = Self.number(bytes[(cross + 1)...])
            else { return nil }
            return (width, height)
        }
        guard let size else { return nil }
        (width, height) = size
    }

    public var description: String { "\(width)x\(height)" }

    private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        guard (1...5).contains(digits.count), digits.first != UInt8(ascii: "0") else { return nil }
        var number = 0
        for digit in digits {
            guard digit.isDigit else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return number <= 65535 ? number : nil
    }
}

extension ScreenSize {
    /// Parses a size whose numbers may have fractions, as on scaled screens (`412.5x915`), and rounds them. Returns nil for anything else.
    public init?(rounding text: String) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 40 else { return nil }
        let whole = parts.compactMap { part in Double(part).flatMap { Int(exactly: $0.rounded()) } }.map(String.init)
        guard whole.count == 2 else { return nil }
        self.init(whole.joined(separator: "x"))
    }
}

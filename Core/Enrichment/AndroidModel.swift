/// Finds the device name in the user agent of an Android system: `Pixel 7` in `(Linux; Android 13; Pixel 7 Build/TQ3A)`.
enum AndroidModel {
    /// The four bytes after the version, given the position just after `Android`; empty if fewer bytes remain.
    static func behindVersion(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Range<Int> {
        var start = position
        while start < text.count, text[start].isDigit || text[start] == UInt8(ascii: " ") || text[start] == UInt8(ascii: ".") { start += 1 }
        return start + 4 <= text.count ? start..<start + 4 : 0..<0
    }

    /// Whether the name begins with a screen diagonal in inches, as TV makers name their models: `55U7HQ`, `43LEX-7127`, `32HR50GU`. Names
    /// of phones begin with letters, with one digit, or with three or more digits.
    static func namesScreenSize(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Bool {
        guard position > 0, var start = nextPart(text, position) else { return false }
        // The language `en-us;` may precede the name.
        if start + 6 < text.count, text[start + 2] == UInt8(ascii: "-") || text[start + 2] == UInt8(ascii: "_"),
            text[start + 5] == UInt8(ascii: ";"),
            let next = nextPart(text, start)
        {
            start = next
        }
        guard start + 6 <= text.count, text[start].isDigit, text[start + 1].isDigit, text[start + 2].isLetter else { return false }
        let inches = Int(text[start] - 0x30) * 10 + Int(text[start + 1] - 0x30)
        guard (19...86).contains(inches) else { return false }
        return text[start + 3..<start + 6].allSatisfy { $0.isWord || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    /// The position just after the next semicolon; nil if the parentheses end before one.
    private static func nextPart(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int? {
        var index = position
        while index < text.count, text[index] != UInt8(ascii: ")") {
            if text[index] == UInt8(ascii: ";") {
                index += 1
                while index < text.count, text[index] == UInt8(ascii: " ") { index += 1 }
                return index
            }
            index += 1
        }
        return nil
    }
}

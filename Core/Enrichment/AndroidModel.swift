/// The name of the device in the agent of an Android system: `Pixel 7` in `(Linux; Android 13; Pixel 7 Build/TQ3A)`.
enum AndroidModel {
    /// The four bytes behind the version, given the position behind `Android`; empty where they end before.
    static func behindVersion(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Range<Int> {
        var start = position
        while start < text.count, text[start].isDigit || text[start] == UInt8(ascii: " ") || text[start] == UInt8(ascii: ".") { start += 1 }
        return start + 4 <= text.count ? start..<start + 4 : 0..<0
    }

    /// True where the name begins with the diagonal of a screen in inches, as makers of televisions name their models: `55U7HQ`,
    /// `43LEX-7127`, `32HR50GU`. Telephones begin with one digit, or three and more, or have letters first.
    static func namesScreenSize(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Bool {
        guard position > 0, var start = part(text, position) else { return false }
        // `en-us;` may stand before the name.
        if start + 6 < text.count, text[start + 2] == UInt8(ascii: "-") || text[start + 2] == UInt8(ascii: "_"), text[start + 5] == UInt8(ascii: ";"),
            let next = part(text, start)
        { start = next }
        guard start + 6 <= text.count, text[start].isDigit, text[start + 1].isDigit, text[start + 2].isLetter else { return false }
        let inches = Int(text[start] - 0x30) * 10 + Int(text[start + 1] - 0x30)
        guard (19...86).contains(inches) else { return false }
        return text[start + 3..<start + 6].allSatisfy { $0.isWord || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    /// Where the part behind the next semicolon begins; nil where the parentheses end before.
    private static func part(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int? {
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

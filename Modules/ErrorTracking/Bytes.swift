/// UTF-8 text as bytes. Stacks and messages are processed as bytes because iterating characters takes ten times as long. Searches look only
/// for ASCII, whose bytes occur in no other UTF-8 character.
typealias Bytes = ArraySlice<UInt8>

extension Bytes {
    init(_ text: String) { self = Array(text.utf8)[...] }

    var text: String { String(decoding: self, as: UTF8.self) }

    /// Whether these are exactly the bytes of `text`.
    func isText(_ text: StaticString) -> Bool { count == text.utf8CodeUnitCount && hasPrefix(text) }

    func hasPrefix(_ text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && (0..<text.utf8CodeUnitCount).allSatisfy { self[startIndex + $0] == text.utf8Start[$0] }
    }

    func hasSuffix(_ text: StaticString) -> Bool { suffix(text.utf8CodeUnitCount).isText(text) }

    func firstRange(of text: StaticString) -> Range<Int>? {
        let first = text.utf8Start[0], length = text.utf8CodeUnitCount
        var at = startIndex
        while at + length <= endIndex {
            if self[at] == first, self[at...].hasPrefix(text) { return at..<(at + length) }
            at += 1
        }
        return nil
    }

    /// The bytes without white space at either end.
    var trimmed: Bytes {
        let start = drop(while: \.isSpace)
        guard let last = start.lastIndex(where: { !$0.isSpace }) else { return [] }
        return start[...last]
    }
}

extension UInt8 {
    var isDigit: Bool { (48...57).contains(self) }
    var isSpace: Bool { self == 0x20 || isLineEnd || self == 0x09 }
    var isLineEnd: Bool { (0x0A...0x0D).contains(self) }

    func isOne(of characters: StaticString) -> Bool { (0..<characters.utf8CodeUnitCount).contains { characters.utf8Start[$0] == self } }
}

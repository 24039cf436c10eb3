/// Tests and converts the ASCII class and case of single bytes in UTF-8 text. Bytes of 0x80 and above are neither letters nor digits.
extension UInt8 {
    @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
    @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    @inline(__always) var isWord: Bool { isDigit || isLetter }
    /// Whether the byte is a space or control character: 0x20 or below, or 0x7F.
    @inline(__always) var isSpaceOrControl: Bool { self <= 0x20 || self == 0x7F }
    @inline(__always) var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
    @inline(__always) var uppercased: UInt8 { self &- 0x61 < 26 ? self & 0xDF : self }
}

extension String {
    /// Passes the UTF-8 bytes to `body`. Nothing is copied if the text is stored as UTF-8, as it always is on Linux.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        var copy = self
        return copy.withUTF8(body)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The bytes of `range` as text; invalid sequences become U+FFFD.
    func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: self[range]), as: UTF8.self)
    }

    /// The bytes of `range` as text, with ASCII letters in lower case.
    func lowercasedText(_ range: Range<Int>) -> String {
        String(unsafeUninitializedCapacity: range.count) { target in
            for (offset, index) in range.enumerated() { target[offset] = self[index].lowercased }
            return range.count
        }
    }

    /// Whether the bytes of `range` equal `text`, ignoring the case of ASCII letters; `text` must be lower case.
    func equals(_ text: StaticString, in range: Range<Int>) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        let other = text.utf8Start
        for offset in 0..<range.count where self[range.lowerBound + offset].lowercased != other[offset] { return false }
        return true
    }

    /// Returns `range` without leading and trailing spaces and control characters.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, self[start].isSpaceOrControl { start += 1 }
        while end > start, self[end - 1].isSpaceOrControl { end -= 1 }
        return start..<end
    }
}

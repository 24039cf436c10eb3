/// A visitor's language, as a BCP 47 tag.
@_spi(Host) public enum Language {
    /// The first tag of an `Accept-Language` header, or of the `language` field of a payload, in canonical case: `en-US`, `zh-Hant-TW`,
    /// `es-419`. "" if that tag is not a language (`*`, junk).
    ///
    /// Keeps language, script and region. Variants and extensions add little, and are rare enough to identify a person. `_` counts as `-`
    /// (`en_US`, from Java and Android), and the old codes `iw`, `in`, `ji` become `he`, `id`, `yi`.
    ///
    /// - Source: RFC 5646, section 2.1 for the parts of a tag and 2.1.1 for their case.
    public static func tag(of text: String) -> String {
        text.withBytes { bytes in
            var end = 0
            while end < bytes.count, bytes[end] != UInt8(ascii: ","), bytes[end] != UInt8(ascii: ";"), end < 100 { end += 1 }
            let tag = bytes.trimmed(0..<end)
            // Real tags have at most 35 bytes. Much longer ones are junk.
            guard (2...64).contains(tag.count) else { return "" }
            return normalized(bytes, tag)
        }
    }

    private static func normalized(_ bytes: UnsafeBufferPointer<UInt8>, _ tag: Range<Int>) -> String {
        var rest = tag.lowerBound
        func nextPart() -> Range<Int> {
            var end = rest
            while end < tag.upperBound, bytes[end].isWord { end += 1 }
            defer { rest = end + 1 }
            return rest..<end
        }

        let language = nextPart()
        guard (2...3).contains(language.count), bytes[language].allSatisfy(\.isLetter) else { return "" }
        var script: Range<Int>?
        var region: Range<Int>?
        var index = 0
        while rest <= tag.upperBound {
            guard bytes[rest - 1] == UInt8(ascii: "-") || bytes[rest - 1] == UInt8(ascii: "_") else { return "" }
            let part = nextPart()
            guard (1...8).contains(part.count) else { return "" }
            if index == 0, part.count == 4, bytes[part].allSatisfy(\.isLetter) {
                script = part
            } else if index == (script == nil ? 0 : 1), isRegion(bytes[part]) {
                region = part
            }
            index += 1
        }
        let name = bytes.lowercasedText(language)
        return (renamed[name] ?? name) + subtags(bytes, script, region)
    }

    /// Script and region, such as `-Hant-TW`.
    private static func subtags(
        _ bytes: UnsafeBufferPointer<UInt8>, _ script: Range<Int>?, _ region: Range<Int>?
    ) -> String {
        String(unsafeUninitializedCapacity: 10) { target in
            var count = 0
            func append(_ byte: UInt8) {
                target[count] = byte
                count += 1
            }
            if let script {
                append(UInt8(ascii: "-"))
                for index in script {
                    append(index == script.lowerBound ? bytes[index].uppercased : bytes[index].lowercased)
                }
            }
            if let region {
                append(UInt8(ascii: "-"))
                for index in region { append(bytes[index].uppercased) }
            }
            return count
        }
    }

    /// A region: two letters (`US`) or three digits (`419`).
    private static func isRegion(_ part: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        part.count == 2 && part.allSatisfy(\.isLetter) || part.count == 3 && part.allSatisfy(\.isDigit)
    }

    private static let renamed = ["iw": "he", "in": "id", "ji": "yi"]
}

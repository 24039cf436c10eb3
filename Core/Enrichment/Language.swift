/// A visitor's language, as a BCP 47 tag.
public enum Language {
    /// The first tag of an `Accept-Language` header, or of a payload's `language`, in its usual dress: `en-US`,
    /// `zh-Hant-TW`, `es-419`. "" when that tag is no language (`*`, junk).
    ///
    /// Kept are language, script and region; variants and extensions say little and are rare enough to point at one
    /// person. `_` counts as `-` (`en_US`, from Java and Android), and the old codes `iw`, `in`, `ji` become `he`, `id`, `yi`.
    ///
    /// - Source: RFC 5646, section 2.1 for the parts and 2.1.1 for their case.
    public static func tag(of text: String) -> String {
        text.withBytes { bytes in
            var end = 0
            while end < bytes.count, bytes[end] != UInt8(ascii: ","), bytes[end] != UInt8(ascii: ";"), end < 100 { end += 1 }
            let tag = bytes.trimmed(0..<end)
            // A tag has at most 35 bytes in practice; much longer ones are junk.
            guard (2...64).contains(tag.count) else { return "" }
            return normalized(bytes, tag)
        }
    }

    private static func normalized(_ bytes: UnsafeBufferPointer<UInt8>, _ tag: Range<Int>) -> String {
        let parts = bytes[tag].split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        guard parts.allSatisfy({ (1...8).contains($0.count) && $0.allSatisfy(\.isWord) }) else { return "" }
        guard (2...3).contains(parts[0].count), parts[0].allSatisfy(\.isLetter) else { return "" }

        let language = String(decoding: parts[0].map(\.lowercased), as: UTF8.self)
        var result = renamed[language] ?? language
        var next = 1
        if next < parts.count, parts[next].count == 4, parts[next].allSatisfy(\.isLetter) {
            let script = parts[next]
            result += "-" + String(decoding: [script.first!.uppercased] + script.dropFirst().map(\.lowercased), as: UTF8.self)
            next += 1
        }
        if next < parts.count, isRegion(parts[next]) {
            result += "-" + String(decoding: parts[next].map(\.uppercased), as: UTF8.self)
        }
        return result
    }

    /// Two letters (`US`) or three digits (`419`).
    private static func isRegion(_ part: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        part.count == 2 && part.allSatisfy(\.isLetter) || part.count == 3 && part.allSatisfy(\.isDigit)
    }

    private static let renamed = ["iw": "he", "in": "id", "ji": "yi"]
}

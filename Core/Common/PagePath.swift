import Foundation

/// Normalizes page paths for storage, so a page has the same path whether a script, an image or a server sent it.
public enum PagePath {
    /// The maximum length of a stored path in characters.
    public static let maximumLength = 2_048

    /// Returns the path without its query and fragment, because these may identify people. The fragment of a hash route (`/#/inbox`) is
    /// kept. A full URL is reduced to its path. The result is normalized like the result of `normalized`, and truncated to `maximumLength`
    /// characters.
    public static func clean(_ path: String) -> String {
        isPlain(path) ? path : whole(path).prefix(scalars: maximumLength)
    }

    /// Whether `clean` truncates the path.
    public static func isCut(_ path: String) -> Bool { path.utf8.count > maximumLength && whole(path).unicodeScalars.count > maximumLength }

    /// How many characters of a path are composed. This is more than are stored, because composing may merge several characters into one.
    /// The rest of a longer path is cut off first, because composing takes quadratic time.
    private static let composedLength = 4 * maximumLength

    private static func whole(_ path: String) -> String { normalized(withoutQuery(withoutOrigin(path)), atMost: composedLength) }

    /// Whether the path needs no change: it is empty, or it is short ASCII with a leading slash and has no percent sign, query, fragment or
    /// control characters.
    private static func isPlain(_ path: String) -> Bool {
        var path = path
        return path.withUTF8 { bytes in
            guard bytes.first == UInt8(ascii: "/"), bytes.count <= maximumLength else { return bytes.isEmpty }
            // No early exit, so the compiler can vectorize the loop.
            var odd = 0
            for byte in bytes {
                let isOdd =
                    byte >= 0x7F || byte < 0x20 || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
                odd &+= isOdd ? 1 : 0
            }
            return odd == 0
        }
    }

    /// `/a` for `https://example.com/a`, or `/` if nothing follows the host. Any other text is returned unchanged.
    private static func withoutOrigin(_ path: String) -> Substring {
        let utf8 = path.utf8
        guard
            let scheme = ["https://", "http://"].first(where: {
                utf8.count >= $0.utf8.count && zip(utf8, $0.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
            })
        else {
            return path[...]
        }
        let rest = path[utf8.index(utf8.startIndex, offsetBy: scheme.utf8.count)...]
        let end = rest.utf8.firstIndex { [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0) } ?? rest.endIndex
        return rest[end...].utf8.first == UInt8(ascii: "/") ? rest[end...] : "/" + rest[end...]
    }

    private static func withoutQuery(_ path: Substring) -> Substring {
        let utf8 = path.utf8
        guard let cut = utf8.firstIndex(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) else { return path }
        guard utf8[cut] == UInt8(ascii: "#"), [UInt8(ascii: "/"), UInt8(ascii: "!")].contains(utf8[utf8.index(after: cut)...].first) else {
            return path[..<cut]
        }
        return path[..<(utf8.firstIndex(of: UInt8(ascii: "?")) ?? path.endIndex)]
    }

    // MARK: Normalization

    /// The stored form of a path that comes from a query or a definition. In a pattern, `*` matches any text.
    public static func asked(_ path: String) -> String { path.utf8.contains(UInt8(ascii: "*")) ? normalized(path) : clean(path) }

    /// The stored form of a path, a pattern or a part of a path: percent-decoded if that yields characters, in Unicode's form C.
    /// Some escapes stay, with uppercase digits, because decoding them would change the meaning: slash, percent sign, question mark, number
    /// sign, controls and invalid UTF-8.
    ///
    /// - Source: RFC 3986, 6.2.2; URL Standard, "percent-decode", for how browsers display URLs.
    public static func normalized(_ path: some StringProtocol) -> String { normalized(path, atMost: .max) }

    private static func normalized(_ path: some StringProtocol, atMost length: Int) -> String {
        let bytes = Array(path.utf8)
        guard bytes.contains(where: { $0 >= 0x7F || $0 < 0x20 || $0 == UInt8(ascii: "%") }) else { return String(path) }
        let text = String(decoding: bytes.withUnsafeBytes(decoded), as: UTF8.self).prefix(scalars: length)
        return text.utf8.allSatisfy { $0 < 0x80 } ? text : text.precomposedStringWithCanonicalMapping
    }

    private static func decoded(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = [], at = 0
        result.reserveCapacity(bytes.count)
        while at < bytes.count {
            let run = encodedRun(bytes, from: at)
            if run.isEmpty {
                append(bytes[at], to: &result)
                at += 1
            } else {
                run.withUnsafeBytes { append(run: $0, to: &result) }
                at += run.count * 3
            }
        }
        return result
    }

    /// The decoded bytes of the run of escapes, such as `%41%C3`, that begins at `start`; empty if no escape begins there.
    private static func encodedRun(_ bytes: UnsafeRawBufferPointer, from start: Int) -> [UInt8] {
        var run: [UInt8] = [], at = start
        while at + 2 < bytes.count, bytes[at] == UInt8(ascii: "%"), let high = Hexadecimal.value(bytes[at + 1]),
            let low = Hexadecimal.value(bytes[at + 2])
        {
            run.append(high << 4 | low)
            at += 3
        }
        return run
    }

    private static func append(run bytes: UnsafeRawBufferPointer, to result: inout [UInt8]) {
        var at = 0
        while at < bytes.count {
            let length = UTF8Text.length(at: at, of: bytes) ?? 0
            // The two-byte sequences C2 80 to C2 9F are controls.
            let isDecoded =
                length > 1
                ? !(bytes[at] == 0xC2 && bytes[at + 1] < 0xA0) : length == 1 && !staysEncoded(bytes[at]) && !completes(bytes[at], result)
            if isDecoded {
                result.append(contentsOf: bytes[at..<at + length])
                at += length
            } else {
                for _ in 0..<max(1, length) {
                    appendEncoded(bytes[at], to: &result)
                    at += 1
                }
            }
        }
    }

    private static func staysEncoded(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || [UInt8(ascii: "/"), UInt8(ascii: "%"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains(byte)
    }

    /// Whether appending the byte would turn a literal percent sign at the end of `result` into an escape.
    private static func completes(_ byte: UInt8, _ result: [UInt8]) -> Bool {
        Hexadecimal.value(byte) != nil && result.suffix(2).contains(UInt8(ascii: "%"))
    }

    /// Appends a byte that was not percent-encoded. Control characters become escapes.
    private static func append(_ byte: UInt8, to result: inout [UInt8]) {
        if byte < 0x20 || byte == 0x7F { appendEncoded(byte, to: &result) } else { result.append(byte) }
    }

    private static func appendEncoded(_ byte: UInt8, to result: inout [UInt8]) {
        result += [UInt8(ascii: "%"), Hexadecimal.digit(byte >> 4), Hexadecimal.digit(byte & 15)]
    }
}

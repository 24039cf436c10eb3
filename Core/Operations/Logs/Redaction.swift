/// Removes secrets from logs and traces. It recognizes keys and tokens by their prefix, anything that follows `Bearer`, passwords in URLs,
/// and the installation's own secrets.
public struct Redaction: Sendable {
    /// The text that replaces a secret.
    public static let mark = "..."

    /// A text that precedes a secret.
    private struct Marker {
        let text: [UInt8]
        let ignoresCase: Bool
        /// How many bytes of the secret may be shown.
        let shown: Int

        init(_ text: String, ignoresCase: Bool = false, shown: Int = 0) {
            self.text = Array(text.utf8)
            self.ignoresCase = ignoresCase
            self.shown = shown
        }
    }

    private static let markers: [Marker] = [
        // The first four characters of a key are public and identify it.
        Marker("pa_live_", shown: 4), Marker("padm_"), Marker("psrc_"), Marker("pemb_"), Marker("whsec_"),
        Marker("bearer ", ignoresCase: true), Marker("password=", ignoresCase: true),
        Marker("secret=", ignoresCase: true), Marker("token=", ignoresCase: true),
    ]

    private let secrets: [[UInt8]]
    /// For each byte value, whether a secret or a marker may start with it.
    private let beginnings: [Bool]

    /// - Parameter secrets: Texts to remove wherever they occur, such as the admin token. Texts shorter than 6 bytes are ignored, because
    ///   they would also match parts of ordinary words.
    public init(secrets: [String] = []) {
        self.secrets = secrets.map { Array($0.utf8) }.filter { $0.count >= 6 }
        var beginnings = Array(repeating: false, count: 256)
        for first in (Self.markers.map(\.text) + self.secrets).compactMap(\.first) { beginnings[Int(first)] = true }
        for marker in Self.markers where marker.ignoresCase { beginnings[Int(marker.text[0] & ~0x20)] = true }
        beginnings[Int(UInt8(ascii: ":"))] = true
        self.beginnings = beginnings
    }

    /// Returns `text` without secrets: `Bearer pa_live_abcdefgh...` becomes `Bearer ...`, and `pa_live_abcdefghijkl` becomes
    /// `pa_live_abcd...`.
    public func clean(_ text: String) -> String {
        var text = text
        return text.withUTF8(clean) ?? text
    }

    /// Whether every value with this name is secret, as for `authorization`, `smtp.password` and `source_token`.
    public static func isSecret(_ name: String) -> Bool {
        let last = name.split { $0 == "." || $0 == "_" || $0 == "-" }.last?.lowercased() ?? ""
        return ["authorization", "cookie", "password", "secret", "token"].contains(last)
            || ["api_key", "x-pulse-key"].contains(name.lowercased())
    }

    /// Returns `text` without secrets; nil if it contains none.
    private func clean(_ text: UnsafeBufferPointer<UInt8>) -> String? {
        var cleaned: [UInt8] = []
        /// `copied` is the end of the part of `text` that `cleaned` already covers.
        var copied = 0, at = 0
        while at < text.count {
            guard beginnings[Int(text[at])], let secret = secret(in: text, at: at) else {
                at += 1
                continue
            }
            cleaned.append(contentsOf: text[copied..<secret.lowerBound])
            cleaned.append(contentsOf: Self.mark.utf8)
            copied = secret.upperBound
            at = copied
        }
        guard copied > 0 else { return nil }
        cleaned.append(contentsOf: text[copied...])
        return String(decoding: cleaned, as: UTF8.self)
    }

    /// The range to remove if a secret or its marker starts at `at`; nil if none does.
    private func secret(in text: UnsafeBufferPointer<UInt8>, at: Int) -> Range<Int>? {
        for secret in secrets where Self.matches(text, at, secret) { return at..<(at + secret.count) }
        if text[at] == UInt8(ascii: ":") { return Self.password(in: text, at: at) }
        for marker in Self.markers where Self.matches(text, at, marker.text, ignoringCase: marker.ignoresCase) {
            var start = at + marker.text.count
            // More than one space is valid, as in `Bearer   x`.
            while marker.text.last == 0x20, start < text.count, text[start] == 0x20 { start += 1 }
            let end = marker.text.last == UInt8(ascii: "_") ? Self.tokenEnd(text, start) : Self.valueEnd(text, start)
            guard end > start else { continue }
            // The key was redacted before, so only its public part is left.
            if marker.shown > 0, end - start <= marker.shown, Self.matches(text, end, Array(Self.mark.utf8)) { return nil }
            return (end - start > 2 * marker.shown ? start + marker.shown : start)..<end
        }
        return nil
    }

    /// The password in a URL such as `postgres://pulse:sesame@localhost`. `at` is the position of the first colon.
    private static func password(in text: UnsafeBufferPointer<UInt8>, at: Int) -> Range<Int>? {
        guard matches(text, at, Array("://".utf8)) else { return nil }
        var colon: Int?
        for index in (at + 3)..<max(at + 3, text.count) {
            switch text[index] {
            case UInt8(ascii: "@"): return colon.flatMap { index > $0 + 1 ? ($0 + 1)..<index : nil }
            case UInt8(ascii: ":"): colon = colon ?? index
            case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\""), 0...0x20: return nil
            default: break
            }
        }
        return nil
    }

    private static func matches(_ text: UnsafeBufferPointer<UInt8>, _ at: Int, _ wanted: [UInt8], ignoringCase: Bool = false) -> Bool {
        guard at + wanted.count <= text.count else { return false }
        for (offset, byte) in wanted.enumerated() {
            let found = text[at + offset]
            if found != byte, !(ignoringCase && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(found) && found | 0x20 == byte) {
                return false
            }
        }
        return true
    }

    /// Where a key or token ends. It consists of letters, digits, `-` and `_`.
    private static func tokenEnd(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        text[start...].firstIndex { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                false
            default: true
            }
        } ?? text.count
    }

    /// Where any other value ends: at the next space, quotation mark or separator.
    private static func valueEnd(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        text[start...].firstIndex { $0 <= 0x20 || "\"'&;,)]}<>".utf8.contains($0) } ?? text.count
    }
}

/// The parts of a referrer URL, found in a single pass over its bytes.
///
/// This deliberately avoids Foundation's `URL`, because it runs for each event and must reject what it does not understand instead of
/// repairing it.
struct WebAddress {
    enum Scheme { case http, https, androidApp }

    var scheme: Scheme
    /// The host without user, password, port, brackets and trailing dots. It is never empty, and keeps its original case.
    var host: Range<Int>
    /// Whether the host is in brackets, which means that it is an IPv6 address.
    var isIPv6: Bool
    /// The port, 1...65535; nil if none is given.
    var port: Int?
    /// The path, from the first `/` to the query or fragment; may be empty.
    var path: Range<Int>

    /// Returns nil for anything but an absolute `http`, `https` or `android-app` URL with a valid host.
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        let all = text.trimmed(0..<text.count)
        guard let (scheme, start) = Self.scheme(text, all) else { return nil }
        self.scheme = scheme

        // The authority ends at the first of `/ \ ? #`, because browsers treat `\` as `/`. Its user part ends at the last `@`
        // (`http://google.com@evil.example/` leads to evil.example).
        var end = start
        var hostStart = start
        while end < all.upperBound, !Self.endsAuthority(text[end]) {
            if text[end] == UInt8(ascii: "@") { hostStart = end + 1 }
            end += 1
        }
        guard let authority = Self.authority(text, hostStart..<end) else { return nil }
        host = authority.host
        isIPv6 = authority.isIPv6
        port = authority.port

        let pathStart = end
        while end < all.upperBound, text[end] != UInt8(ascii: "?"), text[end] != UInt8(ascii: "#"),
            !text[end].isSpaceOrControl
        { end += 1 }
        path = pathStart..<end
    }

    private static func scheme(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> (scheme: Scheme, end: Int)? {
        func begins(_ prefix: StaticString) -> Int? {
            let end = range.lowerBound + prefix.utf8CodeUnitCount
            guard end <= range.upperBound, text.equals(prefix, in: range.lowerBound..<end) else { return nil }
            return end
        }
        if let end = begins("https://") { return (.https, end) }
        if let end = begins("http://") { return (.http, end) }
        if let end = begins("android-app://") { return (.androidApp, end) }
        return nil
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }

    /// Parses `host:port`. Also used for the host that a project is configured with.
    static func authority(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> (host: Range<Int>, isIPv6: Bool, port: Int?)? {
        var hostEnd = range.lowerBound
        var host = range
        let isIPv6 = !range.isEmpty && text[range.lowerBound] == UInt8(ascii: "[")
        if isIPv6 {
            while hostEnd < range.upperBound, text[hostEnd] != UInt8(ascii: "]") { hostEnd += 1 }
            guard hostEnd < range.upperBound else { return nil }
            host = range.lowerBound + 1..<hostEnd
            hostEnd += 1
        } else {
            while hostEnd < range.upperBound, text[hostEnd] != UInt8(ascii: ":") { hostEnd += 1 }
            host = range.lowerBound..<hostEnd
            while !host.isEmpty, text[host.upperBound - 1] == UInt8(ascii: ".") {
                host = host.lowerBound..<host.upperBound - 1
            }
            guard isHostName(text, host) else { return nil }
        }
        guard hostEnd < range.upperBound else { return (host, isIPv6, nil) }
        guard text[hostEnd] == UInt8(ascii: ":") else { return nil }
        if hostEnd + 1 == range.upperBound { return (host, isIPv6, nil) }
        guard let port = Self.port(text, hostEnd + 1..<range.upperBound) else { return nil }
        return (host, isIPv6, port)
    }

    private static func port(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int? {
        guard (1...5).contains(range.count) else { return nil }
        var port = 0
        for index in range {
            guard text[index].isDigit else { return nil }
            port = port * 10 + Int(text[index] - UInt8(ascii: "0"))
        }
        return (1...65535).contains(port) ? port : nil
    }

    /// Whether the name consists of labels of letters, digits, `-` and `_`, with 1 to 63 bytes each and 253 bytes in all. Labels in other
    /// scripts must be in Punycode, as browsers send them; see `InternationalHost`.
    private static func isHostName(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        guard (1...253).contains(range.count) else { return false }
        var labelLength = 0
        for index in range {
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                guard labelLength > 0 else { return false }
                labelLength = 0
            } else {
                guard byte.isWord || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") else { return false }
                labelLength += 1
                guard labelLength <= 63 else { return false }
            }
        }
        return labelLength > 0
    }

    /// The host in lower case. An IPv6 address is in canonical form and in brackets. Nil if the IPv6 address is invalid.
    func hostText(_ text: UnsafeBufferPointer<UInt8>) -> String? {
        guard isIPv6 else { return text.lowercasedText(host) }
        guard let address = IPAddress(text.text(host)), !address.isIPv4 else { return nil }
        return "[\(address)]"
    }
}

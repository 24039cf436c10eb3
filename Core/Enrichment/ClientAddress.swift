/// Finds the client's address behind proxies.
@_spi(Host) public enum ClientAddress {
    /// The most entries that are read. Longer chains are attacks.
    private static let hopLimit = 32

    /// The address of a connection's peer; nil if the text is not an address. A dual-stack socket reports an IPv4 client as
    /// `::ffff:192.0.2.1`, and this returns the plain IPv4 address. A NAT64 address is translated in the same way.
    public static func peer(_ text: String) -> IPAddress? { IPAddress(text)?.translated }

    /// Returns the client's address.
    ///
    /// Each proxy appends the address of its caller, so the list is read from its right end. The first address that is not a trusted proxy
    /// is the client. Entries to its left may be forged.
    /// - If the peer is not a trusted proxy, it is the client, and its headers are ignored.
    /// - If all entries are trusted, the leftmost is the client.
    /// - An entry that is not an address (`unknown`, `_hidden`, junk) ends the search. The result is the proxy that reported this entry.
    ///
    /// Pass only the header that your proxies write. A header that they forward unchanged is under the client's control. If both headers
    /// are given, `X-Forwarded-For` is used.
    ///
    /// - Parameters:
    ///   - peer: The other end of the connection.
    ///   - forwardedFor: `X-Forwarded-For`, its lines joined by commas; entries may have ports.
    ///   - forwarded: `Forwarded`. - Source: RFC 7239.
    ///   - trusted: The networks of your own proxies.
    public static func resolve(
        peer: IPAddress, forwardedFor: String?, forwarded: String?, trusted: [CIDR]
    ) -> IPAddress {
        guard trusted.contains(where: { $0.contains(peer) }) else { return peer }
        if let forwardedFor, !forwardedFor.isEmpty {
            return walk(from: peer, forwardedFor, trusted) { text, range in range }
        }
        if let forwarded, !forwarded.isEmpty { return walk(from: peer, forwarded, trusted, nodeOfElement) }
        return peer
    }

    /// Reads the list from right to left. `node` returns the part of an entry that contains the address.
    private static func walk(
        from peer: IPAddress, _ list: String, _ trusted: [CIDR],
        _ node: (UnsafeBufferPointer<UInt8>, Range<Int>) -> Range<Int>?
    ) -> IPAddress {
        list.withBytes { text in
            var client = peer
            var end = text.count
            for _ in 0..<hopLimit {
                var start = end
                while start > 0, text[start - 1] != UInt8(ascii: ",") { start -= 1 }
                let entry = text.trimmed(start..<end)
                guard let range = node(text, entry), let address = address(text, text.trimmed(range))?.translated else { break }
                client = address
                guard start > 0, trusted.contains(where: { $0.contains(address) }) else { break }
                end = start - 1
            }
            return client
        }
    }

    /// The value of `for=` in an element such as `for="[2001:db8::1]:443";proto=https`, without quotes.
    private static func nodeOfElement(_ text: UnsafeBufferPointer<UInt8>, _ element: Range<Int>) -> Range<Int>? {
        var start = element.lowerBound
        while start < element.upperBound {
            var end = start
            while end < element.upperBound, text[end] != UInt8(ascii: ";") { end += 1 }
            let pair = text.trimmed(start..<end)
            if pair.count > 4, text.equals("for=", in: pair.lowerBound..<pair.lowerBound + 4) {
                let value = pair.lowerBound + 4..<pair.upperBound
                let isQuoted =
                    value.count >= 2 && text[value.lowerBound] == UInt8(ascii: "\"")
                    && text[value.upperBound - 1] == UInt8(ascii: "\"")
                return isQuoted ? value.lowerBound + 1..<value.upperBound - 1 : value
            }
            start = end + 1
        }
        return nil
    }

    /// Parses `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
    private static func address(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> IPAddress? {
        guard !range.isEmpty else { return nil }
        if text[range.lowerBound] == UInt8(ascii: "[") {
            guard let close = text[range].firstIndex(of: UInt8(ascii: "]")) else { return nil }
            guard isPort(text, close + 1..<range.upperBound) else { return nil }
            return IPAddress(UnsafeBufferPointer(rebasing: text[range.lowerBound + 1..<close]), allowsV4: false)
        }
        var end = range.upperBound
        if let colon = text[range].firstIndex(of: UInt8(ascii: ":")), text[range].lastIndex(of: UInt8(ascii: ":")) == colon {
            guard isPort(text, colon..<end) else { return nil }
            end = colon
        }
        return IPAddress(UnsafeBufferPointer(rebasing: text[range.lowerBound..<end]), allowsV4: true)
    }

    /// Whether the text is empty, or a colon and 1 to 5 digits.
    private static func isPort(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return true }
        return text[range.lowerBound] == UInt8(ascii: ":") && (2...6).contains(range.count)
            && text[range.dropFirst()].allSatisfy(\.isDigit)
    }
}

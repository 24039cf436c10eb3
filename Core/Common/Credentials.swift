extension String {
    /// Returns the text with the user name and password removed from every URL: `https://ada:secret@example.com/a` becomes
    /// `https://example.com/a`.
    ///
    /// - Source: WHATWG URL, 4.4: the authority ends at `/`, `\`, `?` or `#`, and its user part ends at the last `@`. In running text,
    ///   spaces, quotes and angle brackets end the authority, too.
    public var withoutCredentials: String {
        guard utf8.contains(UInt8(ascii: "@")) else { return self }
        let bytes = Array(utf8)
        var kept: [UInt8] = [], at = 0
        kept.reserveCapacity(bytes.count)
        while at < bytes.count {
            kept.append(bytes[at])
            at += 1
            guard kept.count >= 3, kept.suffix(3).elementsEqual("://".utf8) else { continue }
            var end = at, host = at
            while end < bytes.count, !Self.authorityEnds.contains(bytes[end]) {
                if bytes[end] == UInt8(ascii: "@") { host = end + 1 }
                end += 1
            }
            at = host
        }
        return String(decoding: kept, as: UTF8.self)
    }

    private static let authorityEnds = Set("/\\?# \t\r\n\"'<>`".utf8)
}

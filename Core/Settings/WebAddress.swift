import Enrichment

/// Parses the parts of URLs that the configuration has to check.
enum WebAddress {
    /// The host and port of an `http://` or `https://` URL, as `host:port` or `host`; nil for any other text or if the host or port is
    /// invalid.
    static func authority(of url: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: { url.lowercased().hasPrefix($0) }) else { return nil }
        let authority = String(url.dropFirst(scheme.count).prefix { !"/?#".contains($0) })
        guard !url.contains(where: \.isWhitespace) else { return nil }
        var port: Substring?
        if authority.hasPrefix("[") {
            let parts = authority.dropFirst().split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let address = IPAddress(String(parts[0])), !address.isIPv4 else { return nil }
            guard parts[1].isEmpty || parts[1].hasPrefix(":") else { return nil }
            if !parts[1].isEmpty { port = parts[1].dropFirst() }
        } else {
            let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard isHost(String(parts[0])) else { return nil }
            if parts.count == 2 { port = parts[1] }
        }
        if let port { guard let number = Int(port), (1...65_535).contains(number) else { return nil } }
        return authority
    }

    /// Whether the text has the form of a host name: letters of any script, digits, hyphens, underscores and dots.
    static func isHost(_ text: String) -> Bool {
        guard (1...253).contains(text.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count) && label.first != "-" && label.last != "-"
                && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
        }
    }
}

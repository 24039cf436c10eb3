@_spi(Host) import Common
import Enrichment

/// Parses the parts of URLs that the configuration has to check.
enum WebAddress {
    /// The host and port of an `http://` or `https://` URL, as `host:port` or `host`; nil for any other text or if the host or port is
    /// invalid.
    static func authority(of url: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: { url.lowercased().hasPrefix($0) }) else { return nil }
        let authority = String(url.dropFirst(scheme.count).prefix { !"/?#".contains($0) })
        guard !url.contains(where: \.isWhitespace) else { return nil }
        guard let place = HostAndPort(Substring(authority)) else { return nil }
        let host = String(place.host)
        guard place.isInBrackets ? IPAddress(host)?.isIPv4 == false : isHost(host) else { return nil }
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

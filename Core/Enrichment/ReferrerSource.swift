/// Reduces a referrer to the source by which reports group visits: a host such as `google.com`, or `(direct)`.
public enum ReferrerSource {
    /// The source of visits without a referring site.
    public static let direct = "(direct)"

    /// The most bytes of a referrer that are stored.
    public static let lengthLimit = 2048

    /// The most bytes that are read. A longer referrer is junk.
    private static let readLimit = 16_384

    /// Returns the source of a referrer:
    ///
    /// - The host in lower case without `www.`, port, user and trailing dots; internationalized names in Punycode.
    /// - Hosts of the same service become one source; see `ReferrerAliases`.
    /// - An `android-app://` referrer becomes the host of a known app, otherwise the name of the package.
    /// - `(direct)` is returned if there is no referrer or it is not an http, https or android-app URL. The same applies if it is the site
    ///   itself, or a payment provider, because buyers only return from there.
    ///
    /// ```swift
    /// ReferrerSource.source(of: "https://www.google.de/search?q=pulse", siteHost: "example.com")  // "google.com"
    /// ReferrerSource.source(of: "https://blog.example.com/a", siteHost: "www.example.com")  // "(direct)"
    /// ```
    ///
    /// - Parameter siteHost: The site's host, in any case, with or without `www.` and port; "" if unknown. Subdomains of this host belong
    ///   to the site.
    public static func source(of referrer: String, siteHost: String) -> String {
        guard !referrer.isEmpty else { return direct }
        return referrer.withBytes { bytes in
            let text = UnsafeBufferPointer(rebasing: bytes.prefix(readLimit))
            guard let address = WebAddress(text) else {
                return InternationalHost.ascii(url: referrer).map { source(of: $0, siteHost: siteHost) } ?? direct
            }
            if address.scheme == .androidApp { return ReferrerAliases.app(text.lowercasedText(address.host)) }
            if address.isIPv6 {
                guard let host = address.hostText(text) else { return direct }
                return isSame(host, as: siteHost) ? direct : host
            }
            let host = withoutWWW(text, address.host)
            if isSite(text, host, siteHost) { return direct }
            return ReferrerAliases.canonical(text.lowercasedText(host))
        }
    }

    /// The stored form of a referrer: scheme, host, port and path, at most 2,048 bytes. User, password, query and fragment are dropped,
    /// because they may contain private data. "" for anything but an http, https or android-app URL.
    public static func clean(_ referrer: String) -> String {
        guard !referrer.isEmpty else { return "" }
        return referrer.withBytes { bytes in
            let text = UnsafeBufferPointer(rebasing: bytes.prefix(readLimit))
            guard let address = WebAddress(text), let host = address.hostText(text) else {
                return InternationalHost.ascii(url: referrer).map(clean) ?? ""
            }
            var result: String
            switch address.scheme {
            case .http: result = "http://"
            case .https: result = "https://"
            case .androidApp: result = "android-app://"
            }
            result += host
            if let port = address.port { result += ":\(port)" }
            // Truncates the path at a character boundary, so no partial character remains.
            var end = min(address.path.upperBound, address.path.lowerBound + lengthLimit - result.utf8.count)
            if end < address.path.upperBound {
                while end > address.path.lowerBound, text[end] & 0xC0 == 0x80 { end -= 1 }
            }
            return result + text.text(address.path.lowerBound..<end)
        }
    }

    /// Drops `www.` if the rest is still a domain. `www.com` and `www.intranet` are complete names.
    private static func withoutWWW(_ text: UnsafeBufferPointer<UInt8>, _ host: Range<Int>) -> Range<Int> {
        let prefix = 4
        guard host.count > prefix, text.equals("www.", in: host.lowerBound..<host.lowerBound + prefix) else { return host }
        let rest = host.lowerBound + prefix..<host.upperBound
        return text[rest].contains(UInt8(ascii: ".")) ? rest : host
    }

    /// Whether the host is the site's own or one of its subdomains. Compares in place, because most referrers are the site itself.
    private static func isSite(_ text: UnsafeBufferPointer<UInt8>, _ host: Range<Int>, _ siteHost: String) -> Bool {
        guard !siteHost.isEmpty else { return false }
        return siteHost.withBytes { site in
            guard let authority = WebAddress.authority(site, site.trimmed(0..<site.count)), !authority.isIPv6 else {
                return InternationalHost.ascii(host: siteHost).map { isSite(text, host, $0) } ?? false
            }
            let siteName = withoutWWW(site, authority.host)
            let start = host.upperBound - siteName.count
            guard start >= host.lowerBound else { return false }
            for offset in 0..<siteName.count
            where text[start + offset].lowercased != site[siteName.lowerBound + offset].lowercased { return false }
            return start == host.lowerBound || text[start - 1] == UInt8(ascii: ".")
        }
    }

    private static func isSame(_ host: String, as siteHost: String) -> Bool {
        siteHost.withBytes { site in
            guard let authority = WebAddress.authority(site, site.trimmed(0..<site.count)), authority.isIPv6,
                let address = IPAddress(site.text(authority.host))
            else { return false }
            return "[\(address)]" == host
        }
    }
}

/// A host and its port, as URLs have them: `host`, `host:port` or `[2001:db8::1]:port`.
@_spi(Host) public struct HostAndPort: Sendable {
    /// The host, without brackets; may be empty.
    public let host: Substring
    /// Whether the host is in brackets, as IPv6 addresses are.
    public let isInBrackets: Bool
    /// The port, 1...65535; nil if none is given.
    public let port: Int?

    /// Returns nil if something other than a port follows the host.
    public init?(_ text: Substring) {
        let rest: Substring
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            (host, rest, isInBrackets) = (text[..<end].dropFirst(), text[end...].dropFirst(), true)
        } else {
            host = text.prefix { $0 != ":" }
            (rest, isInBrackets) = (text.dropFirst(host.count), false)
        }
        guard !rest.isEmpty else {
            port = nil
            return
        }
        guard rest.hasPrefix(":"), let number = Int(rest.dropFirst()), (1...65_535).contains(number) else { return nil }
        port = number
    }
}

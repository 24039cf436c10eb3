/// Checks the form of a PostgreSQL server's URL, before a server is asked.
///
/// - Source: https://www.postgresql.org/docs/current/libpq-connect.html, 34.1.1.2 and 34.1.2.
@_spi(Host) public enum PostgreSQLURL {
    /// The form that error messages show.
    public static let form = "postgresql://user:password@host:5432/database?sslmode=verify-full"
    private static let unencoded = "must have the form \(form) (write special characters in the password as %XX, such as %40 for @)"

    /// What is wrong with the URL, worded to follow its name; nil if its form is right. Never quotes the password, which may be anywhere in
    /// a mistyped URL.
    public static func problem(in url: String) -> String? {
        guard let scheme = ["postgresql://", "postgres://"].first(where: url.hasPrefix), url.utf8.count > scheme.utf8.count,
            !url.utf8.contains(0)
        else { return "must have the form \(form)" }
        let rest = url.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        // libpq would take the rest of a password with an unescaped `@`, `/` or `?` for a host, port, database or parameter.
        guard authority.count(where: { $0 == "@" }) <= 1, !rest.dropFirst(authority.count).contains("@"), isEncoded(rest) else {
            return unencoded
        }
        let hosts = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        for port in hosts.split(separator: ",").compactMap(port(of:)) where !port.isEmpty {
            guard port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return unencoded }
            guard let number = Int(port), (1...65_535).contains(number) else { return "must have a port from 1 to 65535" }
        }
        // Without a user, what looks like a parameter may be part of a password.
        return problem(inParameters: rest.drop { $0 != "?" }.dropFirst(), isQuoted: authority.contains("@"))
    }

    /// The text after the colon of `host:port` or `[address]:port`; nil without a colon.
    private static func port(of host: Substring) -> Substring? {
        let afterAddress = host.lastIndex(of: "]").map { host[host.index(after: $0)...] } ?? host
        return afterAddress.firstIndex(of: ":").map { afterAddress[afterAddress.index(after: $0)...] }
    }

    /// Whether each `%` begins a byte in hexadecimal.
    private static func isEncoded(_ text: Substring) -> Bool {
        text.split(separator: "%", omittingEmptySubsequences: false).dropFirst().allSatisfy { part in
            part.utf8.count >= 2 && part.utf8.prefix(2).allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
        }
    }

    private static func problem(inParameters query: Substring, isQuoted: Bool) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parameters.contains(parts[0]) else {
                guard isQuoted else { return "has an unknown parameter; the form is \(form)" }
                return "has the unknown parameter '\(parts[0].excerpt(40))'\(Spelling.suggestion(for: parts[0], among: parameters))"
            }
            guard parts.count == 2 else { return "has no value for the parameter '\(parts[0])'" }
            if parts[0] == "sslmode", !modes.contains(parts[1]) {
                return "has the unknown sslmode '\(parts[1].excerpt(40))'; accepted: \(modes.joined(separator: ", "))"
            }
        }
        return nil
    }

    private static let modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
    private static let parameters = [
        "host", "hostaddr", "port", "dbname", "user", "password", "passfile", "require_auth", "channel_binding", "connect_timeout",
        "client_encoding", "options", "application_name", "fallback_application_name", "keepalives", "keepalives_idle",
        "keepalives_interval", "keepalives_count", "tcp_user_timeout", "replication", "gssencmode", "ssl", "sslmode", "requiressl",
        "sslnegotiation", "sslcompression", "sslcert", "sslkey", "sslpassword", "sslcertmode", "sslrootcert", "sslcrl", "sslcrldir",
        "sslsni",
        "requirepeer", "ssl_min_protocol_version", "ssl_max_protocol_version", "krbsrvname", "gsslib", "gssdelegation", "service",
        "target_session_attrs", "load_balance_hosts",
    ]
}

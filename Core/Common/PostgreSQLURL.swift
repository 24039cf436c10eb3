import Foundation

/// Checks the form of a PostgreSQL server's URL without connecting to it.
///
/// - Source: https://www.postgresql.org/docs/current/libpq-connect.html, 34.1.1.2 and 34.1.2.
@_spi(Host) public enum PostgreSQLURL {
    /// The form that error messages show.
    public static let form = "postgresql://user:password@host:5432/database?sslmode=verify-full"
    private static let malformed =
        "must have the form \(form), with a port from 1 to 65535 and special characters in the password as %XX, such as %40 for @"

    /// Returns what is wrong with the URL, as the end of a sentence that begins with its name; nil if its form is valid. The password is
    /// never quoted. In a mistyped URL it may be anywhere.
    public static func problem(in url: String) -> String? {
        guard let scheme = ["postgresql://", "postgres://"].first(where: url.hasPrefix), url.utf8.count > scheme.utf8.count,
            !url.utf8.contains(0), url.removingPercentEncoding != nil
        else { return malformed }
        let rest = url.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        // libpq would take the rest of a password with an unescaped `@`, `/` or `?` for a host, port, database or parameter.
        guard authority.count(where: { $0 == "@" }) <= 1, !rest.dropFirst(authority.count).contains("@") else { return malformed }
        let hosts = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        guard hosts.split(separator: ",").allSatisfy({ HostAndPort($0) != nil }) else { return malformed }
        // Without a user, what looks like a parameter may be part of a password.
        return problem(inParameters: rest.drop { $0 != "?" }.dropFirst(), isQuoted: authority.contains("@"))
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

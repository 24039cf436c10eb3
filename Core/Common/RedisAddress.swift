import Foundation

/// The parts of a Redis URL: where the server is, and how to authenticate: `redis://[user][:password@]host[:6379][/0]`.
@_spi(Host) public struct RedisAddress: Sendable, Equatable {
    public let host: String
    public let port: Int
    public let database: Int
    public let user: String?
    public let password: String?

    /// The address without user and password, for logs.
    public var place: String { "\(host):\(port)/\(database)" }

    /// - Throws: `RedisURLError`, which never quotes the URL.
    public init(_ url: String) throws(RedisURLError) {
        guard url.lowercased().hasPrefix("redis://") else { throw .malformed }
        var rest = url.dropFirst("redis://".count)
        // Split at the last `@`, because the password may contain others.
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let user = String(parts[0]).removingPercentEncoding, parts.count == 2,
                let password = String(parts[1]).removingPercentEncoding
            else { throw .malformed }
            self.user = user.isEmpty ? nil : user
            self.password = password.isEmpty ? nil : password
            rest = rest[rest.index(after: at)...]
        } else {
            (user, password) = (nil, nil)
        }
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let place = HostAndPort(parts[0]), !place.host.isEmpty else { throw .malformed }
        (host, port) = (String(place.host), place.port ?? 6379)
        guard let database = parts.count < 2 || parts[1].isEmpty ? 0 : Int(parts[1]), database >= 0 else { throw .malformed }
        self.database = database
    }
}

/// Why a Redis URL can't be used.
@_spi(Host) public enum RedisURLError: Error, Sendable, CustomStringConvertible {
    /// The URL does not have the form `redis://[user][:password@]host[:6379][/0]`.
    case malformed

    public var description: String {
        switch self {
        case .malformed: "the Redis URL must have the form redis://:password@host:6379/0 (write special characters in the password as %XX)"
        }
    }
}

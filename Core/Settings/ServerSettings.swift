import Common
import Enrichment

/// Where Pulse listens, and which proxies and origins it trusts.
@_spi(Host) public struct ServerSettings: Sendable, Equatable {
    /// The address to listen on.
    public var host: String
    /// The port to listen on; 0 uses any free port.
    public var port: Int
    /// The URL at which people and sites reach Pulse, without a path or a trailing slash; nil to derive it from each request.
    public var publicURL: String?
    /// Proxies that are trusted to report the client's address in `X-Forwarded-For` or `Forwarded`.
    public var trustedProxies: [CIDR]
    /// How many seconds a request may take to arrive, and how many seconds a client may pause while it reads the response.
    public var requestTimeoutSeconds: Int
    /// How many seconds a connection may stay open without a request.
    public var idleTimeoutSeconds: Int
    /// The maximum number of open connections; fewer if the system's limit on open files is lower.
    public var maxConnections: Int
    /// The maximum number of open connections from one address. Trusted proxies are exempt.
    public var maxConnectionsPerAddress: Int
    /// How many seconds requests in progress may take to finish when Pulse stops.
    public var shutdownGraceSeconds: Int
    /// Origins, in addition to Pulse's own, whose pages may call the API (CORS); `*` allows every origin.
    public var allowedOrigins: [String]
    /// Origins whose pages may send events; `*` allows every origin.
    public var collectionOrigins: [String]

    init(_ section: Section) {
        host = section.value("host", .text(1...253), default: "0.0.0.0", variable: "PULSE_HOST")
        port = section.value("port", .integer(0...65_535), default: 8_080, variable: "PULSE_PORT")
        publicURL = section.optional("public_url", .webURL)
        if let publicURL, WebAddress.authority(of: publicURL).map({ !publicURL.hasSuffix("://" + $0) }) ?? false {
            section.refuse(
                "public_url",
                "must be a URL without a path, as the dashboard and the script are served at the root of a host"
            )
        }
        trustedProxies = section.value(
            "trusted_proxies", .list(of: .networkRange), default: ["127.0.0.0/8", "::1/128"].compactMap { try? CIDR($0) }
        )
        requestTimeoutSeconds = section.value("request_timeout_seconds", .integer(1...3_600), default: 30, unit: "seconds")
        idleTimeoutSeconds = section.value("idle_timeout_seconds", .integer(1...86_400), default: 120, unit: "seconds")
        maxConnections = section.value("max_connections", .integer(1...60_000), default: 10_000)
        maxConnectionsPerAddress = section.value("max_connections_per_address", .integer(1...60_000), default: 1_000)
        shutdownGraceSeconds = section.value("shutdown_grace_seconds", .integer(0...600), default: 30, unit: "seconds")
        allowedOrigins = section.value(
            "allowed_origins", .list(of: .origin), default: [], reload: .live, variable: "ALLOWED_ORIGINS"
        )
        collectionOrigins = section.value("collection_origins", .list(of: .origin), default: ["*"], reload: .live)
    }
}

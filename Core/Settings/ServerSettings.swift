import Common
import Enrichment

/// Where Pulse listens, and which proxies and origins it trusts.
@_spi(Host) public struct ServerSettings: Sendable, Equatable {
    /// The address to listen on.
    public var host: String
    /// The port to listen on; 0 uses any free port.
    public var port: Int
    /// The URL under which people and sites reach Pulse, without a trailing slash; nil to derive it from each request.
    public var publicURL: String?
    /// Proxies that are trusted to report the client's address in `X-Forwarded-For` or `Forwarded`.
    public var trustedProxies: [CIDR]
    /// How long a request may take to arrive. A client may pause just as long while it reads the response.
    public var requestTimeoutSeconds: Int
    /// How long a connection may stay open without a request.
    public var idleTimeoutSeconds: Int
    /// The most open connections; fewer if the system's limit of open files is lower.
    public var maxConnections: Int
    /// The most open connections from one address, unless it is a trusted proxy.
    public var maxConnectionsPerAddress: Int
    /// How long requests in progress may take to finish when Pulse stops.
    public var shutdownGraceSeconds: Int
    /// Origins, apart from Pulse's own, whose pages may call the API (CORS); `*` allows every site.
    public var allowedOrigins: [String]
    /// Origins whose pages may send events with an ingest key; `*` allows every site.
    public var collectionOrigins: [String]

    init(_ section: Section) {
        host = section.value("host", .text(1...253), default: "0.0.0.0", variable: "PULSE_HOST")
        port = section.value("port", .integer(0...65_535), default: 8_080, variable: "PULSE_PORT")
        publicURL = section.optional("public_url", .webURL)
        if let publicURL, WebAddress.authority(of: publicURL).map({ !publicURL.hasSuffix("://" + $0) }) ?? false {
            section.refuse(
                "public_url",
                "must be a URL without a path, as the dashboard and the script are served at the root of a host; got '\(publicURL.excerpt(60))'"
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

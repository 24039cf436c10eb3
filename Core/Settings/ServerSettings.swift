import Enrichment

/// Where Pulse listens, and whom it believes.
public struct ServerSettings: Sendable, Equatable {
    public var host: String
    /// 0 takes any free port.
    public var port: Int
    /// The address that people and sites use, without a slash at its end; nil where the request tells.
    public var publicURL: String?
    /// Who may say in `X-Forwarded-For` where a request came from.
    public var trustedProxies: [CIDR]
    public var requestTimeoutSeconds: Int
    /// How long requests under way may take to finish when Pulse is stopped.
    public var shutdownGraceSeconds: Int
    /// Origins whose pages may call the API (CORS), beside Pulse's own; `*` is every site.
    public var allowedOrigins: [String]
    /// Origins whose pages may send events and ask for flags and surveys: what an ingest key is for.
    public var collectionOrigins: [String]

    init(_ section: Section) {
        host = section.value("host", .text(1...253), default: "0.0.0.0", variable: "PULSE_HOST")
        port = section.value("port", .integer(0...65_535), default: 8_080, variable: "PULSE_PORT")
        publicURL = section.optional("public_url", .webURL)
        trustedProxies = section.value(
            "trusted_proxies", .list(of: .networkRange), default: ["127.0.0.0/8", "::1/128"].compactMap { try? CIDR($0) }
        )
        requestTimeoutSeconds = section.value("request_timeout_seconds", .integer(1...3_600), default: 30, unit: "seconds")
        shutdownGraceSeconds = section.value("shutdown_grace_seconds", .integer(0...600), default: 30, unit: "seconds")
        allowedOrigins = section.value(
            "allowed_origins", .list(of: .origin), default: [], reload: .live, variable: "ALLOWED_ORIGINS"
        )
        collectionOrigins = section.value("collection_origins", .list(of: .origin), default: ["*"], reload: .live)
    }
}

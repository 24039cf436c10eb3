/// How several hosts share limits, caches and background jobs.
@_spi(Host) public struct CoordinationSettings: Sendable, Equatable {
    /// The URL of the Redis server that the hosts share; nil for a single host, which shares nothing.
    public var redisURL: Secret?

    init(_ section: Section) {
        redisURL = section.optional(
            "redis_url",
            .secretURL(
                schemes: ["redis"],
                example: "redis://user:password@host:6379/0, without TLS: on a private network, or through a tunnel such as stunnel"),
            variable: "REDIS_URL"
        )
    }
}

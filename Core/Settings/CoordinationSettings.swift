/// How several hosts share limits, caches and jobs.
@_spi(Host) public struct CoordinationSettings: Sendable, Equatable {
    /// Nil for a single host, which has nothing to share.
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

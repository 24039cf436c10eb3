/// How several hosts share limits, caches and background jobs.
@_spi(Host) public struct CoordinationSettings: Sendable, Equatable {
    /// The URL of the Redis server that the hosts share; nil for a single host, which shares nothing.
    public var redisURL: Secret?

    init(_ section: Section) {
        redisURL = section.optional("redis_url", .redisURL, variable: "REDIS_URL")
    }
}

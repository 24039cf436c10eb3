/// How several hosts share limits, caches and jobs.
public struct CoordinationSettings: Sendable, Equatable {
    /// Nil for one host, which needs nobody to agree with.
    public var redisURL: Secret?

    init(_ section: Section) {
        redisURL = section.optional(
            "redis_url", .secretURL(schemes: ["redis"], example: "redis://user:password@host:6379/0, without TLS"),
            variable: "REDIS_URL"
        )
    }
}

/// Rate limits, and limits on sizes and memory.
@_spi(Host) public struct LimitSettings: Sendable, Equatable {
    /// Requests per second with ingest keys, per project; 0 for no limit.
    public var ingestPerSecond: Int
    /// Requests per second with query keys, per project; 0 for no limit.
    public var queryPerSecond: Int
    /// Requests per second, per admin token or admin key; 0 for no limit.
    public var adminPerSecond: Int
    /// The maximum size of a request body in bytes. Applies to the body as sent and after decompression.
    public var bodyBytes: Int
    /// The maximum number of events in one request.
    public var batchEvents: Int
    /// The maximum number of active sessions kept in memory, over all projects.
    public var liveSessions: Int
    /// Memory for cached report results, in megabytes; 0 disables the cache.
    public var reportCacheMB: Int

    init(_ section: Section) {
        let rate = SettingType.integer(0...1_000_000)
        ingestPerSecond = section.value(
            "ingest_per_second", rate, default: 100, unit: "requests per second per project", reload: .live,
            variable: "PULSE_LIMIT_INGEST"
        )
        queryPerSecond = section.value(
            "query_per_second", rate, default: 100, unit: "requests per second per project", reload: .live,
            variable: "PULSE_LIMIT_QUERY"
        )
        adminPerSecond = section.value(
            "admin_per_second", rate, default: 20, unit: "requests per second per token", reload: .live
        )
        bodyBytes = section.value(
            "body_bytes", .integer(1_024...104_857_600), default: 1_048_576, unit: "bytes"
        )
        batchEvents = section.value("batch_events", .integer(1...100_000), default: 1_000, unit: "events")
        // The next two can't change while Pulse runs, because they determine the size of structures in memory.
        liveSessions = section.value("live_sessions", .integer(1_000...100_000_000), default: 200_000, unit: "sessions")
        reportCacheMB = section.value("report_cache_mb", .integer(0...65_536), default: 64, unit: "megabytes")
    }
}

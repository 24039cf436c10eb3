/// How much a project, a token or a request may take.
public struct LimitSettings: Sendable, Equatable {
    /// Requests per second and project with an ingest key; 0 for no limit.
    public var ingestPerSecond: Int
    public var queryPerSecond: Int
    /// Requests per second and admin token.
    public var adminPerSecond: Int
    /// Bytes of a request's body, as sent and as unpacked.
    public var bodyBytes: Int
    public var batchEvents: Int
    /// Sessions kept in memory at once, over all projects.
    public var liveSessions: Int
    /// For answers of reports that are asked again; 0 keeps none.
    public var reportCacheMB: Int

    init(_ section: Section) {
        let rate = SettingType.integer(0...1_000_000)
        ingestPerSecond = section.value(
            "ingest_per_second", rate, default: 100, unit: "requests per second and project", reload: .live,
            variable: "PULSE_LIMIT_INGEST"
        )
        queryPerSecond = section.value(
            "query_per_second", rate, default: 100, unit: "requests per second and project", reload: .live,
            variable: "PULSE_LIMIT_QUERY"
        )
        adminPerSecond = section.value(
            "admin_per_second", rate, default: 20, unit: "requests per second and token", reload: .live
        )
        bodyBytes = section.value(
            "body_bytes", .integer(1_024...104_857_600), default: 1_048_576, unit: "bytes"
        )
        batchEvents = section.value("batch_events", .integer(1...100_000), default: 1_000, unit: "events")
        // These two are sizes of what is in memory already.
        liveSessions = section.value("live_sessions", .integer(1_000...100_000_000), default: 200_000, unit: "sessions")
        reportCacheMB = section.value("report_cache_mb", .integer(0...65_536), default: 64, unit: "megabytes")
    }
}

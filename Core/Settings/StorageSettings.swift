/// Where data is stored, and the resources that the databases may use.
@_spi(Host) public struct StorageSettings: Sendable, Equatable {
    /// The folder for the files of the embedded engines, the journal, and the secrets that Pulse generates.
    public var dataFolder: String
    /// The URL of the PostgreSQL database that stores both the control plane and the event plane; nil to use the embedded engines.
    public var databaseURL: Secret?
    /// How many processor cores reports may use; nil for all. Embedded engines only.
    public var eventThreads: Int?
    /// How many megabytes of memory reports may use. Embedded engines only.
    public var eventMemoryMB: Int
    /// How many seconds a report may take before it is stopped with a 503.
    public var queryTimeoutSeconds: Int
    /// Disk space for events that are waiting to be stored, in megabytes. When it is full, new events are rejected with a 503.
    public var journalMaxMB: Int
    /// Path of DuckDB's library; nil to search the usual places.
    public var duckdbLibrary: String?

    init(_ section: Section) {
        dataFolder = section.value("data_folder", .path, default: "data", variable: "PULSE_DATA")
        databaseURL = section.optional("database_url", .databaseURL, variable: "DATABASE_URL")
        eventThreads = section.optional("event_threads", .integer(1...1_024), unit: "processor cores")
        eventMemoryMB = section.value("event_memory_mb", .integer(64...1_048_576), default: 1_024, unit: "megabytes")
        queryTimeoutSeconds = section.value("query_timeout_seconds", .integer(1...3_600), default: 30, unit: "seconds")
        journalMaxMB = section.value("journal_max_mb", .integer(16...1_048_576), default: 4_096, unit: "megabytes")
        duckdbLibrary = section.optional("duckdb_library", .path, variable: "DUCKDB_LIBRARY")
    }
}

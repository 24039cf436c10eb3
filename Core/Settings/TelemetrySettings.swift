/// Settings for Pulse's own logs, traces and metrics.
@_spi(Host) public struct TelemetrySettings: Sendable, Equatable {
    /// The levels of log messages, least severe first.
    public enum LogLevel: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// The format of log output: text for people, or one JSON object per line.
    public enum LogFormat: String, Sendable, CaseIterable { case text, json }

    /// The least severe level that is logged.
    public var logLevel: LogLevel
    /// The format of log output.
    public var logFormat: LogFormat
    /// The URL of the OTLP/HTTP endpoint that spans are sent to; nil to send none.
    public var otlpEndpoint: String?
    /// The service name that spans carry.
    public var serviceName: String
    /// Whether `/metrics` is served.
    public var metrics: Bool

    init(_ section: Section) {
        logLevel = section.value("log_level", .choice, default: .info, reload: .live)
        logFormat = section.value("log_format", .choice, default: .text)
        otlpEndpoint = section.optional("otlp_endpoint", .webURL)
        serviceName = section.value("service_name", .text(1...100), default: "pulse")
        metrics = section.value("metrics", .boolean, default: true)
    }
}

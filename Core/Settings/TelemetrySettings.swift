/// Settings for the logs, traces and metrics of Pulse itself.
@_spi(Host) public struct TelemetrySettings: Sendable, Equatable {
    /// The severity of log messages, least severe first.
    public enum LogLevel: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// The formats of log lines: plain lines for people, or one JSON object per line.
    public enum LogFormat: String, Sendable, CaseIterable { case text, json }

    /// The least severe level that is logged.
    public var logLevel: LogLevel
    /// The format of log lines.
    public var logFormat: LogFormat
    /// The OTLP/HTTP endpoint that spans are sent to; if nil, no spans are sent.
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

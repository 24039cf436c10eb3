/// What Pulse tells about itself.
public struct TelemetrySettings: Sendable, Equatable {
    public enum LogLevel: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    public enum LogFormat: String, Sendable, CaseIterable { case text, json }

    public var logLevel: LogLevel
    public var logFormat: LogFormat
    /// Where spans go by OTLP over HTTP; nil sends none.
    public var otlpEndpoint: String?
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

import HTTPTypes
import Access
import Instrumentation
import Logging
import Metrics
import Operations
import ServiceContextModule
import ServiceLifecycle
import Settings
import Tracing

/// Logs, metrics and traces of this process.
public struct Telemetry: Sendable {
    public let metrics: PrometheusMetrics
    private let threshold: LogThreshold
    private let output: LogOutput
    private let tracer: OTLPTracer
    /// Whether spans go anywhere.
    let exportsSpans: Bool

    /// - Parameters:
    ///   - secrets: configured ones, which must not show in logs and spans; those with a prefix of ours never do.
    ///   - quiet: only warnings and worse: for commands whose output is their answer.
    public init(_ settings: TelemetrySettings, secrets: [String] = [], quiet: Bool = false) {
        let level = Logger.Level(rawValue: settings.logLevel.rawValue) ?? .info
        threshold = LogThreshold(quiet ? max(level, .warning) : level)
        let redaction = Redaction(secrets: secrets)
        output = LogOutput(format: LogOutput.Format(rawValue: settings.logFormat.rawValue) ?? .text, threshold: threshold, redaction: redaction)
        metrics = PrometheusMetrics(help: Self.help)
        var export = OTLPSettings(endpoint: settings.otlpEndpoint, serviceVersion: Version.current)
        export.serviceName = settings.serviceName
        let output = output
        tracer = OTLPTracer(export, redaction: redaction, metrics: metrics, logger: Logger(label: "traces") { StructuredLogHandler(label: $0, output: output) })
        exportsSpans = settings.otlpEndpoint != nil
    }

    public func logger(_ label: String) -> Logger {
        let output = output
        return Logger(label: label) { StructuredLogHandler(label: $0, output: output) }
    }

    /// Makes these the process's own, for libraries that log and measure by themselves. Once, at start.
    func install() {
        let output = output
        LoggingSystem.bootstrap { StructuredLogHandler(label: $0, output: output) }
        MetricsSystem.bootstrap(metrics)
        InstrumentationSystem.bootstrap(tracer)
    }

    func setLevel(_ level: TelemetrySettings.LogLevel) { threshold.level = Logger.Level(rawValue: level.rawValue) ?? .info }

    var services: [any Service] { exportsSpans ? [tracer] : [] }

    /// Runs a route's work in a span that continues the caller's trace; without export, in the caller's context alone.
    func span(_ route: Route, _ headers: HTTPFields, _ work: () async -> Answer) async -> Answer {
        guard exportsSpans || headers.contains(Self.traceparent) else { return await work() }
        var context = ServiceContext.current ?? .topLevel
        tracer.extract(headers, into: &context, using: HTTPFieldsExtractor())
        return await ServiceContext.withValue(context) {
            guard exportsSpans else { return await work() }
            let span = tracer.startSpan("\(route.method.rawValue) \(route.path)", context: context, ofKind: .server)
            defer { span.end() }
            let answer = await ServiceContext.withValue(span.context) { await work() }
            span.updateAttributes { attributes in
                attributes["http.request.method"] = route.method.rawValue
                attributes["http.route"] = route.path
                attributes["http.response.status_code"] = answer.status
            }
            if answer.status >= 500 { span.setStatus(.init(code: .error)) }
            return answer
        }
    }

    private static let traceparent = HTTPField.Name("traceparent")!

    /// What each metric means, for `/metrics`.
    private static let help = [
        "http_requests_total": "Requests by route and class of status.",
        "http_request_duration_seconds": "Time from a request's head to its answer.",
        "http_connections": "Connections that are open.",
        "http_connections_ended_total": "Connections that this host ended, by reason: late, unanswered, stalled, malformed or address.",
        "ingest_received_events_total": "Events that arrived at this host.",
        "ingest_stored_events_total": "Events that this host put into the event store.",
        "ingest_duplicate_events_total": "Events whose event_id was known already.",
        "ingest_dropped_events_total": "Events that were refused or dropped, by reason.",
        "ingest_adjusted_events_total": "Events that were kept in a slightly other form than they were sent in, by reason.",
        "ingest_waiting_events": "Events in the journal that are not in the event store yet.",
    ]
}

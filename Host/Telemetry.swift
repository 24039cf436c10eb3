@_spi(Host) import Access
import HTTPTypes
import Instrumentation
import Logging
import Metrics
@_spi(Host) import Operations
import ServiceContextModule
import ServiceLifecycle
@_spi(Host) import Settings
import Tracing

/// This process's logs, metrics and traces.
public struct Telemetry: Sendable {
    /// The metrics that `/metrics` returns.
    public let metrics: PrometheusMetrics
    private let threshold: LogThreshold
    private let output: LogOutput
    private let tracer: OTLPTracer
    /// Whether spans are exported.
    let exportsSpans: Bool

    /// - Parameters:
    ///   - secrets: configured secrets to redact from logs and spans. Secrets with one of Pulse's prefixes are always redacted.
    ///   - quiet: whether to log only warnings and errors, for commands that print a result.
    @_spi(Host) public init(_ settings: TelemetrySettings, secrets: [String] = [], quiet: Bool = false) {
        let level = Logger.Level(rawValue: settings.logLevel.rawValue) ?? .info
        threshold = LogThreshold(quiet ? max(level, .warning) : level)
        let redaction = Redaction(secrets: secrets)
        output = LogOutput(
            format: LogOutput.Format(rawValue: settings.logFormat.rawValue) ?? .text, threshold: threshold, redaction: redaction)
        metrics = PrometheusMetrics(help: Self.help)
        var export = OTLPSettings(endpoint: settings.otlpEndpoint, serviceVersion: Version.current)
        export.serviceName = settings.serviceName
        let output = output
        tracer = OTLPTracer(
            export, redaction: redaction, metrics: metrics,
            logger: Logger(label: "traces") { StructuredLogHandler(label: $0, output: output) })
        exportsSpans = settings.otlpEndpoint != nil
    }

    /// A logger that writes to this process's log.
    public func logger(_ label: String) -> Logger {
        let output = output
        return Logger(label: label) { StructuredLogHandler(label: $0, output: output) }
    }

    /// Makes these logs, metrics and traces the process-wide defaults, which libraries use. Call it once, at startup.
    func install() {
        let output = output
        LoggingSystem.bootstrap { StructuredLogHandler(label: $0, output: output) }
        MetricsSystem.bootstrap(metrics)
        InstrumentationSystem.bootstrap(tracer)
    }

    func setLevel(_ level: TelemetrySettings.LogLevel) { threshold.level = Logger.Level(rawValue: level.rawValue) ?? .info }

    var services: [any Service] { exportsSpans ? [tracer] : [] }

    /// Runs a route's work in a span that continues the caller's trace. If spans aren't exported, only passes the caller's context
    /// on.
    func span(_ route: Route, _ headers: HTTPFields, _ work: () async -> Answer) async -> Answer {
        guard follows(headers) else { return await work() }
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

    /// Whether a request with these header fields belongs to a trace, or gets one.
    func follows(_ headers: HTTPFields) -> Bool { exportsSpans || headers.value(Self.traceparent) != nil }

    private static let traceparent = HTTPField.Name("traceparent")!

    /// The help texts in `/metrics`.
    private static let help = [
        "http_requests_total": "Requests by route and status class.",
        "http_request_duration_seconds": "Time from the arrival of a request's head until its response is ready.",
        "http_connections": "Open connections.",
        "http_connections_ended_total": "Connections that this host closed, by reason: late, unanswered, stalled, malformed or address.",
        "ingest_received_events_total": "Events that this host received.",
        "ingest_stored_events_total": "Events that this host wrote to the event store.",
        "ingest_duplicate_events_total": "Events with an event_id that was already stored.",
        "ingest_dropped_events_total": "Events that were rejected or dropped, by reason.",
        "ingest_step_events_total": "Events that passed a module's step, by module, step and outcome: kept, changed, dropped or failed.",
        "ingest_step_seconds":
            "How long a step took for an event, by module and step. Core's privacy rules (module ingest) are timed in one request of 64.",
        "ingest_adjusted_events_total": "Events that were changed slightly before they were stored, by reason.",
        "pulse_tasks_waiting": "Tasks that wait for their time, over all hosts.",
        "pulse_tasks_dead": "Tasks whose every attempt failed, over all hosts.",
        "pulse_tasks_ended_total": "Attempts at tasks on this host, by kind and outcome: done, failed, dead, released or lost.",
        "pulse_tasks_run_seconds": "How long attempts at tasks took, by kind.",
        "ingest_waiting_events": "Events in the journal that are not yet in the event store.",
    ]
}

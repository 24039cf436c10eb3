import AsyncHTTPClient
import CoreMetrics
import Instrumentation
import Logging
import ServiceLifecycle
import Tracing

/// Records spans, propagates their context between requests, and sends finished spans to a collector.
///
/// Bootstrap `InstrumentationSystem` with the tracer, and run it as one of the host's services: it sends the remaining spans at a graceful
/// shutdown. Without an endpoint, it records nothing and only passes on `traceparent` and `tracestate`.
public final class OTLPTracer: Tracer, Service {
    public typealias Span = OTLPSpan

    private let ratio: Double
    /// Nil if no endpoint is configured.
    private let queue: SpanQueue?
    private let exporter: OTLPExporter?

    /// - Parameters:
    ///   - client: Sends the spans; the tracer doesn't shut it down.
    ///   - redaction: Removes secrets from spans before they leave the process.
    ///   - metrics: Counts the spans that were sent and those that were lost.
    public init(
        _ settings: OTLPSettings, client: HTTPClient = .shared, redaction: Redaction = Redaction(),
        metrics: any MetricsFactory = MetricsSystem.factory, logger: Logger
    ) {
        ratio = settings.ratio
        guard let endpoint = settings.endpoint else {
            queue = nil
            exporter = nil
            return
        }
        let counters = SpanCounters(metrics)
        let queue = SpanQueue(capacity: settings.queuedSpans, batch: settings.batchSpans, counters: counters)
        self.queue = queue
        exporter = OTLPExporter(
            settings, endpoint: endpoint, client: client, redaction: redaction, queue: queue, counters: counters, logger: logger)
    }

    /// Sends spans until a graceful shutdown begins, and then the remaining ones.
    public func run() async throws {
        guard let exporter else { return try await gracefulShutdown() }
        await exporter.run()
    }

    public func startSpan<Moment: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Moment, function: String, file fileID: String, line: UInt
    ) -> OTLPSpan {
        var context = context()
        guard let queue, !context.isUntraced else { return OTLPSpan(context: context, recording: nil) }
        let parent = context.trace
        let trace = parent?.child() ?? .root(ratio: ratio)
        context.trace = trace
        guard trace.isSampled else { return OTLPSpan(context: context, recording: nil) }
        let recording = SpanRecording(
            trace: trace, parent: parent?.spanID, name: operationName, kind: kind, start: instant().nanosecondsSinceEpoch, queue: queue)
        return OTLPSpan(context: context, recording: recording)
    }

    @available(*, deprecated)
    public func forceFlush() { queue?.wake() }

    // MARK: Instrument

    public func extract<Carrier, Extract: Extractor>(_ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract)
    where Extract.Carrier == Carrier {
        guard let parent = extractor.extract(key: "traceparent", from: carrier) else { return }
        if let trace = TraceContext(traceparent: parent, tracestate: extractor.extract(key: "tracestate", from: carrier)) {
            context.trace = trace
        }
    }

    public func inject<Carrier, Inject: Injector>(_ context: ServiceContext, into carrier: inout Carrier, using injector: Inject)
    where Inject.Carrier == Carrier {
        guard let trace = context.trace, !context.isUntraced else { return }
        injector.inject(trace.traceparent, forKey: "traceparent", into: &carrier)
        if !trace.state.text.isEmpty { injector.inject(trace.state.text, forKey: "tracestate", into: &carrier) }
    }
}

import AsyncHTTPClient
import Common
import Foundation
import HTTPTypes
import Instrumentation
import Logging
import NIOCore
import NIOHTTP1
@testable import Operations
import ServiceLifecycle
import TestSupport
import Testing
import Tracing

@Suite("OTLP tracer", .timeLimit(.minutes(1)))
struct OTLPTracerTests {
    private static let incoming = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    private static let headers: HTTPFields = [HTTPField.Name("TraceParent")!: incoming, HTTPField.Name("tracestate")!: "a=1"]

    /// Runs a tracer in a service group, as the host does.
    private enum Running {
        /// Runs `body` while the tracer runs, then shuts it down gracefully.
        static func run(_ tracer: OTLPTracer, _ body: (OTLPTracer) async throws -> Void) async throws {
            let (started, continuation) = AsyncStream.makeStream(of: Void.self)
            let group = ServiceGroup(services: [tracer, Beacon(started: continuation)], logger: .quiet)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                for await _ in started {}
                try await body(tracer)
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }

    /// Signals that the services have started.
    private struct Beacon: Service {
        let started: AsyncStream<Void>.Continuation
        func run() async throws {
            started.finish()
            try await gracefulShutdown()
        }
    }

    private static func settings(_ server: TinyServer?) -> OTLPSettings {
        var settings = OTLPSettings(endpoint: server?.address, serviceVersion: "1.0")
        settings.intervalSeconds = 3_600
        settings.batchSpans = 1
        settings.backoffSeconds = 0.001
        return settings
    }

    private static func at(_ nanoseconds: UInt64) -> DefaultTracerClock.Timestamp { .init(nanosecondsSinceEpoch: nanoseconds) }

    @Test("sends a finished span with all its data")
    func exports() async throws {
        let metrics = PrometheusMetrics(process: nil)
        try await TinyServer.run { server in
            var settings = Self.settings(server)
            settings.headers = [("x-api-key", "k")]
            settings.endpoint! += "/"
            try await Running.run(OTLPTracer(settings, metrics: metrics, logger: LogCapture().logger())) { tracer in
                var context = ServiceContext.topLevel
                tracer.extract(Self.headers, into: &context, using: HTTPFieldsExtractor())
                let span = tracer.startSpan("GET /x", context: context, ofKind: .server, at: Self.at(1_000))
                span.attributes = [
                    "http.route": "/x", "n": 2, "d": 0.5, "b": true, "list": .stringArray(["p", "q"]), "api.token": "hidden",
                ]
                span.addEvent(SpanEvent(name: "half", at: Self.at(1_500), attributes: ["key": "psrc_abc"]))
                span.addLink(SpanLink(context: context, attributes: [:]))
                span.recordError(ServiceError.notFound("Funnel", "from a visitor"), attributes: [:], at: Self.at(1_600))
                span.setStatus(SpanStatus(code: .error, message: "no"))
                span.operationName = "GET /y"
                #expect(span.isRecording && span.operationName == "GET /y" && span.attributes.count == 6)
                span.end(at: Self.at(2_000))
                #expect(!span.isRecording)
                span.operationName = "late"
                span.end(at: Self.at(3_000))

                let request = try #require(await server.next().first)
                let own = try #require(span.context.trace)
                #expect(request.method == "POST" && request.path == "/v1/traces")
                #expect(request.headers["content-type"] == ["application/json"] && request.headers["x-api-key"] == ["k"])
                let expected = """
                    {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"pulse"}},\
                    {"key":"service.version","value":{"stringValue":"1.0"}}]},"scopeSpans":[{"scope":{"name":"pulse","version":"1.0"},"spans":[\
                    {"attributes":[{"key":"api.token","value":{"stringValue":"..."}},{"key":"b","value":{"boolValue":true}},\
                    {"key":"d","value":{"doubleValue":0.5}},{"key":"http.route","value":{"stringValue":"/x"}},\
                    {"key":"list","value":{"arrayValue":{"values":[{"stringValue":"p"},{"stringValue":"q"}]}}},{"key":"n","value":{"intValue":"2"}}],\
                    "endTimeUnixNano":"2000","events":[{"attributes":[{"key":"key","value":{"stringValue":"psrc_..."}}],"name":"half","timeUnixNano":"1500"},\
                    {"attributes":[{"key":"exception.message","value":{"stringValue":"not_found"}},\
                    {"key":"exception.type","value":{"stringValue":"ServiceError"}}],"name":"exception","timeUnixNano":"1600"}],"flags":1,"kind":2,\
                    "links":[{"flags":1,"spanId":"00f067aa0ba902b7","traceId":"4bf92f3577b34da6a3ce929d0e0e4736"}],"name":"GET /y",\
                    "parentSpanId":"00f067aa0ba902b7","spanId":"\(own.spanID)","startTimeUnixNano":"1000","status":{"code":2,"message":"no"},\
                    "traceId":"4bf92f3577b34da6a3ce929d0e0e4736","traceState":"a=1"}]}]}]}
                    """
                #expect(request.body == expected)
            }
        }
        #expect(metrics.render().contains("tracing_exported_spans_total 1\n"))
    }

    @Test("propagates the context to child spans and outgoing requests")
    func propagates() throws {
        let tracer = OTLPTracer(OTLPSettings(endpoint: "http://localhost:1", serviceVersion: "1"), logger: LogCapture().logger())
        var context = ServiceContext.topLevel
        tracer.extract(Self.headers, into: &context, using: HTTPFieldsExtractor())
        ServiceContext.withValue(context) {
            tracer.withSpan("outer") { outer in
                let inner = tracer.startSpan("inner")
                var headers = HTTPFields()
                tracer.inject(inner.context, into: &headers, using: HTTPFieldsInjector())
                #expect(headers[HTTPField.Name("traceparent")!] == "00-4bf92f3577b34da6a3ce929d0e0e4736-\(inner.context.trace!.spanID)-01")
                #expect(headers[HTTPField.Name("tracestate")!] == "a=1")
                #expect(inner.recording?.read(\.parent) == outer.context.trace?.spanID)
            }
        }
    }

    @Test("honors the sampled flag, and the ratio for traces that begin here")
    func samples() throws {
        var settings = OTLPSettings(endpoint: "http://localhost:1", serviceVersion: "1")
        settings.ratio = 0
        let tracer = OTLPTracer(settings, logger: LogCapture().logger())
        let own = tracer.startSpan("own", context: .topLevel)
        #expect(!own.isRecording && own.context.trace?.isSampled == false)
        for (flag, isSampled) in [("01", true), ("00", false)] {
            var context = ServiceContext.topLevel
            context.trace = TraceContext(traceparent: Self.incoming.dropLast(2) + flag)
            let span = tracer.startSpan("theirs", context: context)
            #expect(span.isRecording == isSampled && span.context.trace?.isSampled == isSampled)
            #expect(span.context.trace?.spanID != context.trace?.spanID)
        }
        // Two traceparent headers are invalid.
        var headers = HTTPFields(), context = ServiceContext.topLevel
        for _ in 0..<2 { headers.append(HTTPField(name: HTTPField.Name("traceparent")!, value: Self.incoming)) }
        tracer.extract(headers, into: &context, using: HTTPFieldsExtractor())
        #expect(context.trace == nil)
    }

    @Test("without an endpoint passes incoming context on, and records nothing")
    func passesThrough() async throws {
        let metrics = PrometheusMetrics(process: nil)
        let tracer = OTLPTracer(OTLPSettings(endpoint: nil, serviceVersion: "1"), metrics: metrics, logger: LogCapture().logger())
        try await Running.run(tracer) { tracer in
            var context = ServiceContext.topLevel
            tracer.extract(Self.headers, into: &context, using: HTTPFieldsExtractor())
            let span = tracer.startSpan("x", context: context)
            span.attributes["a"] = 1
            #expect(!span.isRecording && span.attributes.isEmpty)
            var headers = HTTPFields()
            tracer.inject(span.context, into: &headers, using: HTTPFieldsInjector())
            #expect(headers == Self.headers)
            span.end()

            var none = HTTPFields()
            tracer.inject(tracer.startSpan("y", context: .topLevel).context, into: &none, using: HTTPFieldsInjector())
            #expect(none == [:])
        }
        #expect(metrics.render() == "")
    }

    @Test("retries while the collector is busy", arguments: [[429], [503, 502, 504]])
    func retries(statuses: [Int]) async throws {
        let metrics = PrometheusMetrics(process: nil), capture = LogCapture()
        try await TinyServer.run { number, _ in
            TinyServer.Response(status: number < statuses.count ? statuses[number] : 200, headers: ["retry-after": "0"])
        } _: { server in
            try await Running.run(OTLPTracer(Self.settings(server), metrics: metrics, logger: capture.logger())) { tracer in
                tracer.startSpan("x", context: .topLevel).end()
                let bodies = await server.next(statuses.count + 1).map(\.body)
                #expect(Set(bodies).count == 1)
            }
        }
        #expect(metrics.render().contains("tracing_exported_spans_total 1\n"))
        #expect(capture.lines.isEmpty)
    }

    @Test("logs a series of failures once, and its end")
    func logsOnce() async throws {
        let metrics = PrometheusMetrics(process: nil), capture = LogCapture()
        try await TinyServer.run { number, _ in
            TinyServer.Response(status: [500, 400, 503, 503, 200, 200][number], headers: ["retry-after": "0"])
        } _: { server in
            var settings = Self.settings(server)
            settings.attempts = 2
            try await Running.run(OTLPTracer(settings, metrics: metrics, logger: capture.logger())) { tracer in
                for requests in [1, 1, 2, 1, 1] {
                    tracer.startSpan("x", context: .topLevel).end()
                    _ = await server.next(requests)
                }
            }
            #expect(
                capture.lines == [
                    "2026-03-01T10:00:00.250Z warning pulse: traces can't be exported address=\(server.address)/v1/traces loss=refused reason=\"status 500\"\n",
                    "2026-03-01T10:00:00.250Z info pulse: traces are exported again spans.lost=3\n",
                ])
        }
        let text = metrics.render()
        #expect(text.contains("tracing_exported_spans_total 2\n"))
        #expect(text.contains("tracing_dropped_spans_total{reason=\"refused\"} 2\n"))
        #expect(text.contains("tracing_dropped_spans_total{reason=\"unreachable\"} 1\n"))
    }

    @Test("counts spans rejected in a partial success")
    func partialSuccess() async throws {
        let metrics = PrometheusMetrics(process: nil), capture = LogCapture()
        try await TinyServer.run { _, _ in
            TinyServer.Response(body: #"{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}"#)
        } _: { server in
            var settings = Self.settings(server)
            settings.batchSpans = 3
            try await Running.run(OTLPTracer(settings, metrics: metrics, logger: capture.logger())) { tracer in
                for _ in 0..<3 { tracer.startSpan("x", context: .topLevel).end() }
                _ = await server.next()
            }
        }
        #expect(metrics.render().contains("tracing_exported_spans_total 2\n"))
        #expect(metrics.render().contains("tracing_dropped_spans_total{reason=\"refused\"} 1\n"))
        #expect(capture.lines.count == 1 && capture.lines[0].contains("too old"))
    }

    @Test("sends an incomplete batch after the interval")
    func interval() async throws {
        try await TinyServer.run { server in
            var settings = Self.settings(server)
            settings.batchSpans = 100
            settings.intervalSeconds = 0.01
            try await Running.run(OTLPTracer(settings, logger: LogCapture().logger())) { tracer in
                tracer.startSpan("x", context: .topLevel).end()
                #expect(await server.next().count == 1)
            }
        }
    }

    @Test("sends remaining spans in batches at a graceful shutdown")
    func flushes() async throws {
        let metrics = PrometheusMetrics(process: nil)
        try await TinyServer.run { server in
            var settings = Self.settings(server)
            settings.batchSpans = 4
            let tracer = OTLPTracer(settings, metrics: metrics, logger: LogCapture().logger())
            // Recorded before the tracer runs, so nothing has been sent when the shutdown begins.
            for _ in 0..<6 { tracer.startSpan("x", context: .topLevel).end() }
            try await Running.run(tracer) { _ in }
            let spans = await server.next(2).map { $0.body.components(separatedBy: #""kind":1"#).count - 1 }
            #expect(spans == [4, 2])
        }
        #expect(metrics.render().contains("tracing_exported_spans_total 6\n"))
    }

    @Test("gives up at shutdown if the collector doesn't answer")
    func shutdownWithoutCollector() async throws {
        let metrics = PrometheusMetrics(process: nil), capture = LogCapture()
        var settings = Self.settings(nil)
        // Nothing listens on port 1.
        settings.endpoint = "http://127.0.0.1:1"
        settings.batchSpans = 10
        settings.shutdownSeconds = 0.05
        try await Running.run(OTLPTracer(settings, metrics: metrics, logger: capture.logger())) { tracer in
            for _ in 0..<15 { tracer.startSpan("x", context: .topLevel).end() }
        }
        let text = metrics.render()
        #expect(text.contains("tracing_exported_spans_total 0\n"))
        #expect(text.contains("tracing_dropped_spans_total{reason=\"shutdown\"} 15\n"))
        #expect(capture.lines.count == 1)
    }

    @Test("doesn't wait for a retry at shutdown")
    func shutdownWhileRetrying() async throws {
        let metrics = PrometheusMetrics(process: nil)
        try await TinyServer.run { _, _ in
            TinyServer.Response(status: 503)
        } _: { server in
            var settings = Self.settings(server)
            settings.backoffSeconds = 3_600
            try await Running.run(OTLPTracer(settings, metrics: metrics, logger: LogCapture().logger())) { tracer in
                tracer.startSpan("x", context: .topLevel).end()
                _ = await server.next()
            }
        }
        #expect(metrics.render().contains("tracing_dropped_spans_total{reason=\"shutdown\"} 1\n"))
    }

    @Test("drops and counts spans that don't fit in the queue")
    func queueIsBounded() {
        let metrics = PrometheusMetrics(process: nil)
        var settings = OTLPSettings(endpoint: "http://127.0.0.1:1", serviceVersion: "1")
        settings.queuedSpans = 2
        let tracer = OTLPTracer(settings, metrics: metrics, logger: LogCapture().logger())
        for _ in 0..<5 { tracer.startSpan("x", context: .topLevel).end() }
        #expect(metrics.render().contains("tracing_dropped_spans_total{reason=\"queue_full\"} 3\n"))
    }

    @Test("doesn't trace its own requests")
    func ownRequests() async throws {
        let metrics = PrometheusMetrics(process: nil), others = PrometheusMetrics(process: nil)
        try await TinyServer.run { server in
            // A tracer whose HTTP client is traced by another tracer with the same endpoint.
            let other = OTLPTracer(Self.settings(server), metrics: others, logger: LogCapture().logger())
            var configuration = HTTPClient.Configuration()
            configuration.tracing.tracer = other
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            try await Running.run(OTLPTracer(Self.settings(server), client: client, metrics: metrics, logger: LogCapture().logger())) {
                tracer in
                tracer.startSpan("x", context: .topLevel).end()
                let request = try #require(await server.next().first)
                #expect(request.headers["traceparent"].isEmpty)
            }
            try await client.shutdown()
            // The other tracer has nothing to send.
            try await Running.run(other) { _ in }
        }
        #expect(metrics.render().contains("tracing_exported_spans_total 1\n"))
        #expect(others.render().contains("tracing_exported_spans_total 0\n"))
    }

    @Test("limits the events, links and attributes of a span")
    func boundsSpans() {
        let tracer = OTLPTracer(OTLPSettings(endpoint: "http://127.0.0.1:1", serviceVersion: "1"), logger: LogCapture().logger())
        let span = tracer.startSpan("x", context: .topLevel)
        for number in 0..<200 {
            span.addEvent(SpanEvent(name: "\(number)"))
            span.addLink(SpanLink(context: span.context, attributes: [:]))
            span.attributes["a\(number)"] = number
        }
        #expect(span.recording?.read(\.events.count) == 128 && span.recording?.read(\.droppedEvents) == 72)
        #expect(span.recording?.read(\.links.count) == 128 && span.recording?.read(\.droppedLinks) == 72)
        let encoder = OTLPEncoder(serviceName: "pulse", serviceVersion: "1", redaction: Redaction())
        let record = span.recording!.read(\.self)
        #expect(
            String(buffer: encoder.request([record])).contains(
                #""droppedAttributesCount":72,"droppedEventsCount":72,"droppedLinksCount":72"#))
    }
}

import AsyncHTTPClient
import Common
import Instrumentation
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Synchronization

/// Sends finished spans in batches over OTLP/HTTP with JSON. It sends when a batch is full, at an interval, and at shutdown.
///
/// - Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
final class OTLPExporter: Sendable {
    private let settings: OTLPSettings
    private let address: String
    private let client: HTTPClient
    private let queue: SpanQueue
    private let counters: SpanCounters
    private let encoder: OTLPEncoder
    private let logger: Logger
    /// How many spans were lost since the last successful batch. Of a series of losses, only the first loss and the end are logged.
    private let lost = Mutex(0)

    init(
        _ settings: OTLPSettings, endpoint: String, client: HTTPClient, redaction: Redaction, queue: SpanQueue, counters: SpanCounters,
        logger: Logger
    ) {
        self.settings = settings
        address = (endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint) + "/v1/traces"
        self.client = client
        self.queue = queue
        self.counters = counters
        encoder = OTLPEncoder(serviceName: settings.serviceName, serviceVersion: settings.serviceVersion, redaction: redaction)
        self.logger = logger
    }

    func run() async {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.keepTime() }
            group.addTask { await self.sendUntilClosed() }
            group.addTask { await self.awaitShutdown() }
            // Ends when the last span has been sent, or when the time allowed for the shutdown is over.
            for await isEnd in group where isEnd { group.cancelAll() }
        }
    }

    private func keepTime() async -> Bool {
        while (try? await Task.sleep(for: .seconds(settings.intervalSeconds))) != nil { queue.wake() }
        return false
    }

    private func sendUntilClosed() async -> Bool {
        for await _ in queue.signals { await sendAll() }
        await sendAll()
        return true
    }

    /// Closes the queue at shutdown, and returns when the time allowed for sending the last spans is over.
    private func awaitShutdown() async -> Bool {
        try? await gracefulShutdown()
        queue.close()
        try? await Task.sleep(for: .seconds(settings.shutdownSeconds))
        return true
    }

    private func sendAll() async {
        while true {
            let batch = queue.take()
            guard !batch.isEmpty else { return }
            if Task.isCancelled { lose(batch.count, .shutdown, "the time allowed for the shutdown is over") } else { await send(batch) }
        }
    }

    private func send(_ batch: [SpanRecord]) async {
        let body = encoder.request(batch)
        var attempt = 1
        while true {
            switch await post(body) {
            case .accepted(let refused, let reason):
                let refused = min(refused, batch.count)
                arrived(batch.count - refused)
                if refused > 0 { lose(refused, .refused, reason) }
                return
            case .refused(let reason): return lose(batch.count, .refused, reason)
            case .busy(let reason, let retryAfter):
                if queue.isClosed || Task.isCancelled { return lose(batch.count, .shutdown, reason) }
                guard attempt < settings.attempts else { return lose(batch.count, .unreachable, reason) }
                await pause(retryAfter ?? backoff(attempt))
                attempt += 1
            }
        }
    }

    /// The pause in seconds before the next attempt. It doubles each time, and has jitter so that hosts don't all retry at the same moment.
    private func backoff(_ attempt: Int) -> Double {
        min(30, settings.backoffSeconds * Double(1 << (attempt - 1))) * .random(in: 0.5...1)
    }

    /// Sleeps, but returns early if a graceful shutdown begins.
    private func pause(_ seconds: Double) async {
        try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(seconds)) }
    }

    // MARK: One request

    private enum Outcome {
        /// The collector accepted the batch, except for `refused` of its spans.
        case accepted(refused: Int, reason: String)
        case refused(String)
        /// A retry may succeed, after `retryAfter` seconds if the collector specified them.
        case busy(String, retryAfter: Double?)
    }

    private func post(_ body: ByteBuffer) async -> Outcome {
        var request = HTTPClientRequest(url: address)
        request.method = .POST
        request.headers = ["content-type": "application/json"]
        for (name, value) in settings.headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(body)
        let timeout = TimeAmount.nanoseconds(Int64(settings.timeoutSeconds * 1e9))
        // The HTTP client itself may be traced.
        var context = ServiceContext.topLevel
        context.isUntraced = true
        do {
            return try await ServiceContext.withValue(context) { [client, request] in
                let response = try await client.execute(request, timeout: timeout)
                let answer = try? await response.body.collect(upTo: 65_536)
                return Self.outcome(response, answer)
            }
        } catch {
            return .busy("\(error)", retryAfter: nil)
        }
    }

    private static func outcome(_ response: HTTPClientResponse, _ body: ByteBuffer?) -> Outcome {
        let status = Int(response.status.code)
        switch status {
        case 200..<300: return partial(body)
        case 429, 502, 503, 504:
            return .busy(
                "status \(status)", retryAfter: response.headers.first(name: "retry-after").flatMap(Double.init).map { min(max($0, 0), 60) }
            )
        default: return .refused("status \(status)")
        }
    }

    /// Reads the response to an accepted request, which may nevertheless report that some spans were rejected.
    private static func partial(_ body: ByteBuffer?) -> Outcome {
        let answer = body.flatMap { buffer in buffer.withUnsafeReadableBytes { try? JSON.parse($0) } }
        let partial = answer?["partialSuccess"]
        let refused = partial?["rejectedSpans"].flatMap { $0.integer ?? $0.string.flatMap(Int64.init) } ?? 0
        return .accepted(refused: Int(clamping: max(0, refused)), reason: partial?["errorMessage"]?.string ?? "")
    }

    // MARK: Bookkeeping

    private func arrived(_ count: Int) {
        guard count > 0 else { return }
        counters.exported(count)
        let lost = lost.withLock { lost in
            defer { lost = 0 }
            return lost
        }
        if lost > 0 { logger.info("traces are exported again", metadata: ["spans.lost": "\(lost)"]) }
    }

    private func lose(_ count: Int, _ loss: SpanCounters.Loss, _ reason: String) {
        counters.dropped(count, loss)
        let before = lost.withLock { lost in
            defer { lost += count }
            return lost
        }
        guard before == 0 else { return }
        logger.warning(
            "traces can't be exported", metadata: ["address": "\(address)", "loss": "\(loss.rawValue)", "reason": "\(reason.excerpt(300))"])
    }
}

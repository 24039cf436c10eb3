import CoreMetrics
import Synchronization

/// Finished spans that wait to be sent. The queue is bounded, so a slow collector causes lost spans instead of growing memory.
final class SpanQueue: Sendable {
    private let capacity: Int
    private let batch: Int
    private let counters: SpanCounters
    private let spans = Mutex<[SpanRecord]>([])
    private let closed = Atomic(false)
    private let continuation: AsyncStream<Void>.Continuation
    /// Signals that spans should be sent, because a batch is full or `wake` was called. Ends when the queue is closed.
    let signals: AsyncStream<Void>

    init(capacity: Int, batch: Int, counters: SpanCounters) {
        self.capacity = capacity
        self.batch = min(batch, capacity)
        self.counters = counters
        (signals, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func append(_ span: SpanRecord) {
        let count = spans.withLock { spans -> Int? in
            guard spans.count < capacity else { return nil }
            spans.append(span)
            return spans.count
        }
        guard let count else { return counters.dropped(1, .queueFull) }
        if count == batch { wake() }
    }

    /// Removes and returns the oldest spans, at most as many as fit in one batch.
    func take() -> [SpanRecord] {
        spans.withLock { spans in
            let taken = Array(spans.prefix(batch))
            spans.removeFirst(taken.count)
            return taken
        }
    }

    func wake() { continuation.yield() }

    func close() {
        closed.store(true, ordering: .releasing)
        continuation.finish()
    }

    var isClosed: Bool { closed.load(ordering: .acquiring) }
}

/// Counts exported spans and lost spans.
struct SpanCounters: Sendable {
    enum Loss: String, CaseIterable {
        /// Lost because the queue was full.
        case queueFull = "queue_full"
        /// Lost because the collector rejected them.
        case refused
        /// Lost because the collector was unreachable or busy at every attempt.
        case unreachable
        /// Lost because they were not sent within the time allowed for the shutdown.
        case shutdown
    }

    private let exported: Counter
    private let losses: [Loss: Counter]

    init(_ metrics: any MetricsFactory) {
        exported = Counter(label: "tracing_exported_spans_total", factory: metrics)
        losses = Dictionary(
            uniqueKeysWithValues: Loss.allCases.map {
                ($0, Counter(label: "tracing_dropped_spans_total", dimensions: [("reason", $0.rawValue)], factory: metrics))
            })
    }

    func exported(_ count: Int) { exported.increment(by: count) }
    func dropped(_ count: Int, _ loss: Loss) { losses[loss]?.increment(by: count) }
}

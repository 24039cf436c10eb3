import Common
import Instrumentation
import Synchronization
import Tracing

/// One unit of work, from `startSpan` to `end`. A span that isn't sampled carries only its context.
public struct OTLPSpan: Tracing.Span {
    public let context: ServiceContext
    /// The recorded data; nil if the span isn't recorded.
    let recording: SpanRecording?

    public var isRecording: Bool { recording?.isOpen ?? false }

    public var operationName: String {
        get { recording?.read(\.name) ?? "" }
        nonmutating set { recording?.change { $0.name = newValue } }
    }

    public var attributes: SpanAttributes {
        get { recording?.read(\.attributes) ?? [:] }
        nonmutating set { recording?.change { $0.attributes = newValue } }
    }

    public func setStatus(_ status: SpanStatus) { recording?.change { $0.status = status } }
    public func addEvent(_ event: SpanEvent) { recording?.change { $0.add(event) } }
    public func addLink(_ link: SpanLink) { recording?.change { $0.add(link) } }

    /// Adds an event named `exception`. For a `ServiceError`, the event contains only the code, because the message may quote the request.
    public func recordError<Moment: TracerInstant>(_ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Moment) {
        guard isRecording else { return }
        var attributes = attributes
        attributes["exception.type"] = "\(type(of: error))"
        attributes["exception.message"] = (error as? ServiceError)?.code ?? "\(error)"
        addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
    }

    public func end<Moment: TracerInstant>(at instant: @autoclosure () -> Moment) {
        recording?.end(at: instant().nanosecondsSinceEpoch)
    }
}

/// The data of a span, while the span runs and after it has ended.
struct SpanRecord: Sendable {
    /// The most events and links per span, and the most attributes of each. Any more are counted but not kept.
    static let maximumParts = 128

    let trace: TraceContext
    let parent: TraceContext.SpanID?
    var name: String
    let kind: SpanKind
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    let start: UInt64
    var end: UInt64 = 0
    var attributes: SpanAttributes = [:]
    var events: [SpanEvent] = []
    var droppedEvents = 0
    var links: [SpanLink] = []
    var droppedLinks = 0
    var status: SpanStatus?

    mutating func add(_ event: SpanEvent) {
        if events.count < Self.maximumParts { events.append(event) } else { droppedEvents += 1 }
    }

    mutating func add(_ link: SpanLink) {
        if links.count < Self.maximumParts { links.append(link) } else { droppedLinks += 1 }
    }
}

/// A recorded span. It can be changed until it ends, and is then added to the queue.
final class SpanRecording: Sendable {
    private struct State {
        var record: SpanRecord
        var isOpen = true
    }

    private let state: Mutex<State>
    private let queue: SpanQueue

    init(trace: TraceContext, parent: TraceContext.SpanID?, name: String, kind: SpanKind, start: UInt64, queue: SpanQueue) {
        state = Mutex(State(record: SpanRecord(trace: trace, parent: parent, name: name, kind: kind, start: start)))
        self.queue = queue
    }

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func read<Value: Sendable>(_ path: KeyPath<SpanRecord, Value> & Sendable) -> Value { state.withLock { $0.record[keyPath: path] } }

    /// Changes the data. Does nothing once the span has ended.
    func change(_ body: (inout SpanRecord) -> Void) {
        state.withLock { if $0.isOpen { body(&$0.record) } }
    }

    /// Ends the span. Only the first call has an effect.
    func end(at nanoseconds: UInt64) {
        let finished = state.withLock { state -> SpanRecord? in
            guard state.isOpen else { return nil }
            state.isOpen = false
            state.record.end = nanoseconds
            return state.record
        }
        if let finished { queue.append(finished) }
    }
}

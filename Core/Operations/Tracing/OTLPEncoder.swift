import Common
import NIOCore
import Tracing

/// Encodes spans as OTLP JSON: ids in hexadecimal, 64-bit numbers as strings.
///
/// - Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding; opentelemetry/proto/trace/v1/trace.proto
struct OTLPEncoder: Sendable {
    let serviceName: String
    let serviceVersion: String
    let redaction: Redaction

    /// The maximum length of an attribute's text in characters; the rest is cut off.
    private static let maximumText = 4_096

    /// Returns the body of one export request.
    func request(_ spans: [SpanRecord]) -> ByteBuffer {
        let resource = attributes(["service.name": .string(serviceName), "service.version": .string(serviceVersion)])
        let tree: JSONTree = [
            "resourceSpans": [
                [
                    "resource": ["attributes": resource.list],
                    "scopeSpans": [
                        [
                            "scope": ["name": .string(serviceName), "version": .string(serviceVersion)],
                            "spans": .array(spans.map(tree)),
                        ]
                    ],
                ]
            ]
        ]
        var text = JSONText()
        tree.write(into: &text)
        return ByteBuffer(bytes: text.bytes)
    }

    private func tree(_ span: SpanRecord) -> JSONTree {
        var tree = described(span.attributes)
        tree["traceId"] = .string(span.trace.traceID.description)
        tree["spanId"] = .string(span.trace.spanID.description)
        tree["flags"] = .integer(Int64(span.trace.flags))
        tree["name"] = .string(redaction.clean(span.name))
        tree["kind"] = .integer(Self.number(span.kind))
        tree["startTimeUnixNano"] = .string(String(span.start))
        tree["endTimeUnixNano"] = .string(String(max(span.start, span.end)))
        if let parent = span.parent { tree["parentSpanId"] = .string(parent.description) }
        if !span.trace.state.text.isEmpty { tree["traceState"] = .string(span.trace.state.text) }
        if !span.events.isEmpty { tree["events"] = .array(span.events.map(self.tree)) }
        if !span.links.isEmpty { tree["links"] = .array(span.links.compactMap(self.tree)) }
        if span.droppedEvents > 0 { tree["droppedEventsCount"] = .integer(Int64(span.droppedEvents)) }
        if span.droppedLinks > 0 { tree["droppedLinksCount"] = .integer(Int64(span.droppedLinks)) }
        if let status = span.status {
            tree["status"] = ["code": status.code == .error ? 2 : 1]
            if let message = status.message { tree["status"]?["message"] = .string(text(message)) }
        }
        return tree
    }

    private func tree(_ event: SpanEvent) -> JSONTree {
        var tree = described(event.attributes)
        tree["name"] = .string(event.name)
        tree["timeUnixNano"] = .string(String(event.nanosecondsSinceEpoch))
        return tree
    }

    /// Returns nil if the link refers to no span.
    private func tree(_ link: SpanLink) -> JSONTree? {
        guard let trace = link.context.trace else { return nil }
        var tree = described(link.attributes)
        tree["traceId"] = .string(trace.traceID.description)
        tree["spanId"] = .string(trace.spanID.description)
        tree["flags"] = .integer(Int64(trace.flags))
        return tree
    }

    private static func number(_ kind: SpanKind) -> Int64 {
        switch kind {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }

    // MARK: Attributes

    /// Returns an object with the attributes and the number of dropped ones; an empty object if there are no attributes.
    private func described(_ values: SpanAttributes) -> JSONTree {
        guard !values.isEmpty else { return [:] }
        var all: [String: SpanAttribute] = [:]
        values.forEach { all[$0] = $1 }
        let (list, dropped) = attributes(all)
        var tree: JSONTree = ["attributes": list]
        if dropped > 0 { tree["droppedAttributesCount"] = .integer(Int64(dropped)) }
        return tree
    }

    private func attributes(_ values: [String: SpanAttribute]) -> (list: JSONTree, dropped: Int) {
        let kept = values.sorted { $0.key < $1.key }.prefix(SpanRecord.maximumParts)
        let list = kept.map { name, value -> JSONTree in
            ["key": .string(name), "value": Redaction.isSecret(name) ? ["stringValue": .string(Redaction.mark)] : tree(value)]
        }
        return (.array(list), values.count - kept.count)
    }

    private func tree(_ value: SpanAttribute) -> JSONTree {
        switch value {
        case .int32(let value): Self.integer(Int64(value))
        case .int64(let value): Self.integer(value)
        case .double(let value): ["doubleValue": .number(value)]
        case .bool(let value): ["boolValue": .boolean(value)]
        case .string(let value): ["stringValue": .string(text(value))]
        case .stringConvertible(let value): ["stringValue": .string(text("\(value)"))]
        case .int32Array(let values): Self.list(values.map { Self.integer(Int64($0)) })
        case .int64Array(let values): Self.list(values.map(Self.integer))
        case .doubleArray(let values): Self.list(values.map { ["doubleValue": .number($0)] })
        case .boolArray(let values): Self.list(values.map { ["boolValue": .boolean($0)] })
        case .stringArray(let values): Self.list(values.map { ["stringValue": .string(text($0))] })
        case .stringConvertibleArray(let values): Self.list(values.map { ["stringValue": .string(text("\($0)"))] })
        default: ["stringValue": ""]
        }
    }

    private static func integer(_ value: Int64) -> JSONTree { ["intValue": .string(String(value))] }
    private static func list(_ values: [JSONTree]) -> JSONTree { ["arrayValue": ["values": .array(values)]] }
    private func text(_ text: String) -> String { redaction.clean(text).excerpt(Self.maximumText) }
}

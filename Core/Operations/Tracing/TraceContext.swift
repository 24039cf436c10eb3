import Instrumentation

/// The position of a unit of work in a trace, as the headers `traceparent` and `tracestate` carry it.
///
/// - Source: W3C Trace Context, https://www.w3.org/TR/trace-context-2/
public struct TraceContext: Sendable, Hashable {
    /// 16 bytes, not all of them zero.
    public struct TraceID: Sendable, Hashable, CustomStringConvertible {
        let high, low: UInt64
        /// 32 lower-case hexadecimal digits.
        public var description: String { high.hexadecimal + low.hexadecimal }
    }

    /// 8 bytes, not all of them zero.
    public struct SpanID: Sendable, Hashable, CustomStringConvertible {
        let value: UInt64
        /// 16 lower-case hexadecimal digits.
        public var description: String { value.hexadecimal }
    }

    /// The trace to which the work belongs.
    public let traceID: TraceID
    /// The span that represents the work.
    public let spanID: SpanID
    /// Whether the trace's spans are recorded.
    public let isSampled: Bool
    /// Whether the last 7 bytes of the trace id are random. The flag stays the same when a trace is continued.
    let isRandom: Bool
    /// The data that other tracing systems attached.
    public let state: TraceState

    /// Starts a new trace, which is sampled with probability `ratio`.
    static func root(ratio: Double) -> TraceContext {
        let id = TraceID(high: .random(in: .min ... .max), low: .random(in: 1 ... .max))
        // The decision is derived from the id, so every host makes the same one.
        let isSampled = Double(id.low & 0x00FF_FFFF_FFFF_FFFF) < ratio * Double(1 << 56)
        return TraceContext(traceID: id, spanID: .random(), isSampled: isSampled, isRandom: true, state: TraceState())
    }

    /// Returns the context of a new span in the same trace.
    func child() -> TraceContext {
        TraceContext(traceID: traceID, spanID: .random(), isSampled: isSampled, isRandom: isRandom, state: state)
    }

    var flags: UInt8 { (isSampled ? 1 : 0) | (isRandom ? 2 : 0) }

    /// The value of the `traceparent` header: `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
    public var traceparent: String { "00-\(traceID)-\(spanID)-0\(flags)" }
}

extension TraceContext {
    /// Parses the two headers. Returns nil without a valid `traceparent`. An invalid `tracestate` is ignored.
    ///
    /// Several `traceparent` headers, which HTTP joins with a comma, are invalid. Several `tracestate` headers form one list.
    public init?(traceparent: String, tracestate: String? = nil) {
        let bytes = traceparent.utf8.withoutOuterBlanks
        guard bytes.count >= 55, let version = UInt8(hexadecimal: bytes.prefix(2)), version != 0xFF else { return nil }
        let start = bytes.startIndex
        func part(_ offset: Int, _ count: Int) -> Substring.UTF8View {
            let from = bytes.index(start, offsetBy: offset)
            return bytes[from..<bytes.index(from, offsetBy: count)]
        }
        for offset in [2, 35, 52] where part(offset, 1).first != UInt8(ascii: "-") { return nil }
        // A later version of the header may have more fields, after another dash.
        if bytes.count > 55 {
            guard version > 0, part(55, 1).first == UInt8(ascii: "-") else { return nil }
        }
        guard let high = UInt64(hexadecimal: part(3, 16)), let low = UInt64(hexadecimal: part(19, 16)), high | low != 0,
            let span = UInt64(hexadecimal: part(36, 16)), span != 0, let flags = UInt8(hexadecimal: part(53, 2))
        else { return nil }
        self.init(
            traceID: TraceID(high: high, low: low), spanID: SpanID(value: span), isSampled: flags & 1 != 0,
            // Later versions may use the other bits, but their meaning is unknown here.
            isRandom: flags & 2 != 0, state: tracestate.flatMap(TraceState.init) ?? TraceState())
    }
}

extension TraceContext.SpanID {
    static func random() -> TraceContext.SpanID { TraceContext.SpanID(value: .random(in: 1 ... .max)) }
}

extension ServiceContext {
    private enum TraceKey: ServiceContextKey {
        typealias Value = TraceContext
        static let nameOverride: String? = "trace"
    }

    /// The trace that the current work belongs to, if any.
    public var trace: TraceContext? {
        get { self[TraceKey.self] }
        set { self[TraceKey.self] = newValue }
    }

    private enum UntracedKey: ServiceContextKey { typealias Value = Bool }

    /// Whether the current work records no spans. This is needed for exporting, which would otherwise create new spans to export.
    var isUntraced: Bool {
        get { self[UntracedKey.self] ?? false }
        set { self[UntracedKey.self] = newValue ? true : nil }
    }
}

extension UInt64 {
    fileprivate var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension FixedWidthInteger {
    /// Parses lower-case hexadecimal digits. Returns nil if any other byte occurs.
    fileprivate init?(hexadecimal text: Substring.UTF8View) {
        self = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): self = self << 4 | Self(byte - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): self = self << 4 | Self(byte - 87)
            default: return nil
            }
        }
    }
}

extension String.UTF8View {
    /// Trims the spaces and tabs that HTTP allows around the value of a header.
    fileprivate var withoutOuterBlanks: Substring.UTF8View { self[...].withoutOuterBlanks }
}

extension Substring.UTF8View {
    var withoutOuterBlanks: Substring.UTF8View {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var rest = self
        while let first = rest.first, isBlank(first) { rest = rest.dropFirst() }
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        return rest
    }
}

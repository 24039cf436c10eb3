@testable import Operations
import Testing

/// The cases in https://github.com/w3c/trace-context/tree/main/test, and some more.
@Suite("Trace context")
struct TraceContextTests {
    static let ids = "12345678901234567890123456789012-1234567890123456"

    @Test(
        "reads a valid traceparent, and writes version 00",
        arguments: [
            ("00-\(ids)-01", "00-\(ids)-01"),
            ("00-\(ids)-00", "00-\(ids)-00"),
            ("00-\(ids)-02", "00-\(ids)-02"),
            ("00-\(ids)-ff", "00-\(ids)-03"),
            ("00-\(ids)-fc", "00-\(ids)-00"),
            ("cc-\(ids)-01", "00-\(ids)-01"),
            ("cc-\(ids)-01-what-the-future-will-be-like", "00-\(ids)-01"),
            ("cc-\(ids)-01-", "00-\(ids)-01"),
            (" \t00-\(ids)-01 \t", "00-\(ids)-01"),
            ("00-000000000000000000000000000000ab-00000000000000cd-01", "00-000000000000000000000000000000ab-00000000000000cd-01"),
            ("00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01", "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01"),
        ])
    func valid(header: String, written: String) {
        #expect(TraceContext(traceparent: header)?.traceparent == written)
    }

    @Test(
        "rejects any other traceparent",
        arguments: [
            "", "00", "00-", "nonsense",
            "00-\(ids)-01.", "00-\(ids)-01-what-the-future-will-be-like", "00-\(ids)-01-", "00-\(ids)-001", "00-\(ids)-1", "00-\(ids)-",
            "00-\(ids)",
            "cc-\(ids)-01.what-the-future-will-be-like", "cc-\(ids)-0", "ff-\(ids)-01", "ff-\(ids)-01-more",
            ".0-\(ids)-01", "0.-\(ids)-01", "000-\(ids)-01", "0000-\(ids)-01", "0-\(ids)-01", "-\(ids)-01", "CC-\(ids)-01",
            "00-00000000000000000000000000000000-1234567890123456-01", "00-12345678901234567890123456789012-0000000000000000-01",
            "00-.2345678901234567890123456789012-1234567890123456-01", "00-1234567890123456789012345678901.-1234567890123456-01",
            "00-123456789012345678901234567890123-1234567890123456-01", "00-1234567890123456789012345678901-1234567890123456-01",
            "00-12345678901234567890123456789012-.234567890123456-01", "00-12345678901234567890123456789012-123456789012345.-01",
            "00-12345678901234567890123456789012-12345678901234567-01", "00-12345678901234567890123456789012-123456789012345-01",
            "00-\(ids)-.0", "00-\(ids)-0.", "00-1234567890123456789012345678901A-1234567890123456-01", "00-\(ids)-0A",
            "00_\(ids)-01", "00-12345678901234567890123456789012_1234567890123456-01", "00-\(ids)_01",
            "00-\(ids)-01,00-\(ids)-01", "00-\(ids)-01, 00-\(ids)-01", "cc-\(ids)-01, cc-\(ids)-01",
            "00-1234567890123456789012345678901é-123456789012345-01", "00-+2345678901234567890123456789012-1234567890123456-01",
        ])
    func invalid(header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }

    @Test(
        "keeps a valid tracestate",
        arguments: [
            ("foo=1,bar=2", "foo=1,bar=2"),
            ("foo=1 \t , \t bar=2, \t baz=3", "foo=1,bar=2,baz=3"),
            ("\t foo=1 \t", "foo=1"),
            ("foo=1,,bar=2,", "foo=1,bar=2"),
            ("", ""), (" , ", ""),
            ("foo=1,foo=2,bar=3", "foo=1,bar=3"),
            ("foo@=1,bar=2", "foo@=1,bar=2"), ("foo@@bar=1", "foo@@bar=1"), ("foo@bar@baz=1", "foo@bar@baz=1"), ("0a=1", "0a=1"),
            ("a_-*/@9=x", "a_-*/@9=x"), ("foo= a b", "foo= a b"),
            ("foo=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~", "foo=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~"),
            (String(repeating: "z", count: 256) + "=1", String(repeating: "z", count: 256) + "=1"),
            ("a=" + String(repeating: "v", count: 256), "a=" + String(repeating: "v", count: 256)),
            (members(32), members(32)),
        ])
    func validState(header: String, kept: String) {
        #expect(TraceContext(traceparent: "00-\(Self.ids)-01", tracestate: header)?.state.text == kept)
        #expect(TraceState(header)?.text == kept)
    }

    @Test(
        "drops any other tracestate, and keeps the trace",
        arguments: [
            "foo", "=1", "foo=", "foo=,bar=3", "foo =1", "FOO=1", "foo.bar=1", "@foo=1,bar=2", "foo=bar=baz", "foo=a\u{7F}", "foo=é",
            "foo=a\tb", "_foo=1",
            String(repeating: "z", count: 257) + "=1", "a=" + String(repeating: "v", count: 257), members(33),
        ])
    func invalidState(header: String) {
        let trace = TraceContext(traceparent: "00-\(Self.ids)-01", tracestate: header)
        #expect(trace?.traceparent == "00-\(Self.ids)-01")
        #expect(trace?.state.text == "")
    }

    static func members(_ count: Int) -> String { (1...count).map { "bar\($0)=\($0)" }.joined(separator: ",") }

    @Test("samples the configured share of new traces", arguments: [(0.0, 0...0), (0.25, 150...350), (1.0, 1_000...1_000)])
    func ratio(ratio: Double, expected: ClosedRange<Int>) {
        let traces = (0..<1_000).map { _ in TraceContext.root(ratio: ratio) }
        #expect(expected.contains(traces.count(where: \.isSampled)))
        #expect(Set(traces.map(\.traceID)).count == 1_000)
        for trace in traces { #expect(TraceContext(traceparent: trace.traceparent) == trace) }
    }

    @Test("continues a trace with a new span")
    func child() throws {
        let parent = try #require(TraceContext(traceparent: "00-\(Self.ids)-01", tracestate: "a=1"))
        let child = parent.child()
        #expect(child.traceID == parent.traceID && child.state == parent.state && child.isSampled && !child.isRandom)
        #expect(child.spanID != parent.spanID)
    }
}

import Instrumentation
import Logging
@testable import Operations
import Testing

@Suite("Structured log handler")
struct StructuredLogHandlerTests {
    private static let metadata: Logger.Metadata = [
        "request.id": "r-1", "funnel": ["id": "f1", "steps": ["a b", "c"]], "count": .stringConvertible(3), "ok": .stringConvertible(true),
        "share": .stringConvertible(0.5), "empty": "", "quoted": "say \"hi\"\\", "path": "/a=b",
    ]

    @Test("writes text for people")
    func text() {
        let capture = LogCapture()
        capture.logger().info("ready", metadata: Self.metadata)
        capture.logger(label: "pulse.http").warning("no metadata")
        #expect(
            capture.lines == [
                #"2026-03-01T10:00:00.250Z info pulse: ready count=3 empty="" funnel.id=f1 funnel.steps=["a b","c"] ok=true path="/a=b" "#
                    + #"quoted="say \"hi\"\\" request.id=r-1 share=0.5"# + "\n",
                "2026-03-01T10:00:00.250Z warning pulse.http: no metadata\n",
            ])
    }

    @Test("writes JSON for programs")
    func json() {
        let capture = LogCapture()
        capture.logger(.json).info("ready", metadata: Self.metadata)
        capture.logger(.json).error("taken", metadata: ["level": "high", "message": "m"])
        #expect(
            capture.lines == [
                #"{"timestamp":"2026-03-01T10:00:00.250Z","level":"info","label":"pulse","message":"ready","count":3,"empty":"","funnel.id":"f1","#
                    + #""funnel.steps":["a b","c"],"ok":true,"path":"/a=b","quoted":"say \"hi\"\\","request.id":"r-1","share":0.5}"# + "\n",
                #"{"timestamp":"2026-03-01T10:00:00.250Z","level":"error","label":"pulse","message":"taken","metadata.level":"high","metadata.message":"m"}"#
                    + "\n",
            ])
    }

    @Test("keeps a message on one line, regardless of its content")
    func escapes() {
        let capture = LogCapture()
        let message: Logger.Message = "one\ntwo\r\u{1B}[31m\u{85}\u{2028}é"
        capture.logger().info(message, metadata: ["a\nb": "c\nd e"])
        capture.logger(.json).info(message, metadata: ["a\nb": "c\nd"])
        #expect(
            capture.lines == [
                #"2026-03-01T10:00:00.250Z info pulse: one\ntwo\r\u{1b}[31m\u{85}\u{2028}é a\nb="c\nd e""# + "\n",
                #"{"timestamp":"2026-03-01T10:00:00.250Z","level":"info","label":"pulse","message":"one\ntwo\r\u001B[31m"#
                    + "\u{85}\u{2028}é" + #"","a\nb":"c\nd"}"# + "\n",
            ])
    }

    @Test("writes milliseconds even when they are zero")
    func wholeSecond() {
        let capture = LogCapture()
        let output = capture.output(.text, at: 1_772_359_200_000)
        Logger(label: "pulse") { StructuredLogHandler(label: $0, output: output) }.info("ready")
        #expect(capture.lines == ["2026-03-01T10:00:00.000Z info pulse: ready\n"])
    }

    @Test("adds the current trace and the provider's metadata")
    func trace() {
        let capture = LogCapture()
        var context = ServiceContext.topLevel
        context.trace = TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        ServiceContext.withValue(context) { capture.logger().info("inside") }
        let output = capture.output(.text)
        Logger(label: "pulse") { StructuredLogHandler(label: $0, output: output, metadataProvider: .init { ["host": "a"] }) }.info("other")
        #expect(
            capture.lines == [
                "2026-03-01T10:00:00.250Z info pulse: inside span_id=00f067aa0ba902b7 trace_id=4bf92f3577b34da6a3ce929d0e0e4736\n",
                "2026-03-01T10:00:00.250Z info pulse: other host=a\n",
            ])
    }

    @Test("the message's metadata overrides the provider's, which overrides the logger's; the error is added")
    func precedence() {
        let capture = LogCapture()
        let output = capture.output(.text)
        var logger = Logger(label: "pulse") {
            StructuredLogHandler(label: $0, output: output, metadataProvider: .init { ["a": "provider", "b": "provider"] })
        }
        for key in ["a", "b", "c"] { logger[metadataKey: key] = "logger" }
        logger.info("who", error: Odd(), metadata: ["a": "message"])
        #expect(
            capture.lines == [
                "2026-03-01T10:00:00.250Z info pulse: who a=message b=provider c=logger error.message=\"an odd one\" error.type=Odd\n"
            ])
    }

    private struct Odd: Error, CustomStringConvertible { let description = "an odd one" }

    @Test("follows changes of the shared level, unless a logger has its own")
    func level() {
        let capture = LogCapture()
        let logger = capture.logger()
        var own = logger
        own.logLevel = .error
        logger.debug("1")
        capture.threshold.level = .debug
        logger.debug("2")
        own.info("3")
        own.error("4")
        capture.threshold.level = .critical
        logger.error("5")
        #expect(capture.lines.map { $0.split(separator: " ").last } == ["2\n", "4\n"])
        #expect(Logger.Level.allCases.allSatisfy { LogThreshold($0).level == $0 })
    }

    @Test("never writes a secret", arguments: LogOutput.Format.allCases)
    func secrets(format: LogOutput.Format) {
        let capture = LogCapture()
        let logger = capture.logger(format, redaction: Redaction(secrets: ["open sesame"]))
        logger.info(
            "a key pa_live_abcdEFGHijklMNOPqrst0123, open sesame",
            metadata: [
                "header": "Bearer xyz", "Authorization": "Basic dXNlcjpwYXNz", "smtp": ["password": "hunter2"], "list": ["whsec_abcdefgh"],
                "url": "postgres://pulse:hunter2@db/pulse", "value": .stringConvertible(Secretive()), "token": ["nested": "hunter2"],
            ])
        let line = capture.lines.joined()
        for secret in ["EFGH", "sesame", "xyz", "dXNl", "hunter2", "abcdefgh", "psrc_s"] { #expect(!line.contains(secret), "\(secret)") }
        #expect(line.contains("a key pa_live_abcd..., ..."))
    }

    private struct Secretive: CustomStringConvertible, Sendable { let description = "psrc_secret" }

    @Test("cuts long values")
    func long() {
        let capture = LogCapture()
        capture.logger().info("long", metadata: ["value": .string(String(repeating: "x", count: 100_000))])
        #expect(capture.lines[0].utf8.count < 9_000)
    }
}

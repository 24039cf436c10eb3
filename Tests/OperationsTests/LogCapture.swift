@_spi(Host) import Common
import Logging
@_spi(Host) import Operations
import Synchronization

/// Captures log lines for a test, with a fixed time.
final class LogCapture: Sendable {
    private struct Clock: TimeSource { let now: Instant }

    private let written = Mutex<[String]>([])
    let threshold = LogThreshold(.info)

    var lines: [String] { written.withLock { $0 } }

    /// - Parameter milliseconds: by default 2026-03-01T10:00:00.250Z.
    func output(_ format: LogOutput.Format, redaction: Redaction = Redaction(), at milliseconds: Int64 = 1_772_359_200_250) -> LogOutput {
        LogOutput(format: format, threshold: threshold, redaction: redaction, time: Clock(now: Instant(milliseconds: milliseconds))) {
            [self] line in
            written.withLock { $0.append(line) }
        }
    }

    func logger(_ format: LogOutput.Format = .text, label: String = "pulse", redaction: Redaction = Redaction()) -> Logger {
        let output = output(format, redaction: redaction)
        return Logger(label: label) { StructuredLogHandler(label: $0, output: output) }
    }
}

import Logging
import Synchronization

extension Logger {
    package static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Returns a logger, and a function that returns the lines logged so far: level, message and metadata.
    package static func recording(_ level: Logger.Level = .trace) -> (Logger, lines: @Sendable () -> [String]) {
        let record = LogRecord(level)
        return (Logger(label: "test") { _ in record }, { record.lines.withLock { $0 } })
    }
}

private final class LogRecord: LogHandler {
    let lines = Mutex<[String]>([])
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    let level: Logger.Level
    var logLevel: Logger.Level {
        get { level }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    init(_ level: Logger.Level) { self.level = level }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}

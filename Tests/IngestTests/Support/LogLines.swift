import Logging

/// Collects log lines.
struct LogLines: LogHandler {
    private let lines = Locked<[String]>([])
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()

    var all: [String] { lines.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") } }
}

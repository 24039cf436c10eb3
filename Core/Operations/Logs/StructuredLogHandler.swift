import Common
import Instrumentation
import Logging

/// Writes one line per message, with secrets removed from it.
///
///     LoggingSystem.bootstrap { StructuredLogHandler(label: $0, output: output) }
///
/// Merges the metadata of the logger, the provider and the message; if keys are equal, the later one in this order wins. Nested objects
/// become dotted keys. Line breaks and control characters are escaped, so nobody can forge a log line.
public struct StructuredLogHandler: LogHandler {
    private let label: String
    private let output: LogOutput
    private var ownLevel: Logger.Level?
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    /// - Parameter metadataProvider: By default, one that adds the ids of the current trace.
    public init(label: String, output: LogOutput, metadataProvider: Logger.MetadataProvider? = .trace) {
        self.label = label
        self.output = output
        self.metadataProvider = metadataProvider
    }

    /// The level of this logger; the shared level unless it has been set.
    public var logLevel: Logger.Level {
        get { ownLevel ?? output.threshold.level }
        set { ownLevel = newValue }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let line = LogLine(
            time: output.time.now, level: event.level, label: label, message: output.redaction.clean(event.message.description),
            fields: LogFields(merged(event), redaction: output.redaction))
        output.write(output.format == .json ? line.json : line.text)
    }

    private func merged(_ event: LogEvent) -> Logger.Metadata {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
        if let own = event.metadata { merged.merge(own) { _, new in new } }
        if let error = event.error {
            merged["error.message"] = "\(error)"
            merged["error.type"] = "\(type(of: error))"
        }
        return merged
    }
}

extension Logger.MetadataProvider {
    /// Adds `trace_id` and `span_id` of the current trace to log lines.
    public static let trace = Logger.MetadataProvider {
        guard let trace = ServiceContext.current?.trace else { return [:] }
        return ["trace_id": "\(trace.traceID)", "span_id": "\(trace.spanID)"]
    }
}

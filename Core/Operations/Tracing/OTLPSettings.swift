/// How spans are recorded and where they are sent.
public struct OTLPSettings: Sendable {
    /// Base address of the collector, such as `http://localhost:4318`; spans go to `/v1/traces` below it. If nil, no spans
    /// are recorded and trace headers are passed on unchanged.
    public var endpoint: String?
    /// Extra request headers, for collectors that require authentication.
    public var headers: [(name: String, value: String)] = []
    /// `service.name` of the exported spans.
    public var serviceName = "pulse"
    /// `service.version` of the exported spans.
    public var serviceVersion: String
    /// The fraction of traces started here that is kept, 0...1. A trace started elsewhere follows its sampled flag.
    public var ratio = 1.0
    /// The most spans that may wait; further ones are dropped and counted.
    public var queuedSpans = 2_048
    /// The most spans per request. Once this many wait, they are sent at once.
    public var batchSpans = 512
    /// Seconds after which a smaller batch is sent as well.
    public var intervalSeconds = 5.0
    /// Seconds that a request may take.
    public var timeoutSeconds = 10.0
    /// Attempts to send a batch before its spans are dropped.
    public var attempts = 5
    /// Seconds before the second attempt, less jitter; each further pause is twice as long, up to 30 s.
    public var backoffSeconds = 1.0
    /// Seconds that the last spans may take at a graceful shutdown.
    public var shutdownSeconds = 5.0

    public init(endpoint: String?, serviceVersion: String) {
        self.endpoint = endpoint
        self.serviceVersion = serviceVersion
    }
}

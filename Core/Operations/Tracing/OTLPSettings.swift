/// How spans are recorded and where they are sent.
public struct OTLPSettings: Sendable {
    /// Base URL of the collector, such as `http://localhost:4318`. Spans are sent to the path `/v1/traces` below it. If nil, no spans are
    /// recorded, and trace headers are passed on unchanged.
    public var endpoint: String?
    /// Additional request headers, for collectors that require authentication.
    public var headers: [(name: String, value: String)] = []
    /// `service.name` of the exported spans.
    public var serviceName = "pulse"
    /// `service.version` of the exported spans.
    public var serviceVersion: String
    /// The fraction of the traces started here that is recorded, 0...1. Traces started elsewhere are recorded if their sampled flag is set.
    public var ratio = 1.0
    /// The most spans that may wait to be sent. Any more are dropped and counted.
    public var queuedSpans = 2_048
    /// The most spans per request. As soon as this many are waiting, they are sent.
    public var batchSpans = 512
    /// How many seconds to wait before sending a batch that is not full.
    public var intervalSeconds = 5.0
    /// How many seconds a request may take.
    public var timeoutSeconds = 10.0
    /// How many times Pulse tries to send a batch, including the first attempt, before its spans are dropped.
    public var attempts = 5
    /// Seconds before the second attempt, minus jitter. Each further pause is twice as long, up to 30 s.
    public var backoffSeconds = 1.0
    /// How many seconds a graceful shutdown may spend on sending the last spans.
    public var shutdownSeconds = 5.0

    public init(endpoint: String?, serviceVersion: String) {
        self.endpoint = endpoint
        self.serviceVersion = serviceVersion
    }
}

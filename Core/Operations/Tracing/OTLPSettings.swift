/// How traces are made and where they go.
public struct OTLPSettings: Sendable {
    /// Base address of the collector, such as `http://localhost:4318`; spans go to `/v1/traces` below it. Nil: none are
    /// made, and trace headers are passed on as they came.
    public var endpoint: String?
    /// Sent along, for collectors that ask who one is.
    public var headers: [(name: String, value: String)] = []
    public var serviceName = "pulse"
    public var serviceVersion: String
    /// How many of the traces that begin here are kept, 0...1. A trace that began elsewhere follows its sampled flag.
    public var ratio = 1.0
    /// Spans that wait at most; further ones are dropped and counted.
    public var queuedSpans = 2_048
    /// Spans of one request. As many waiting ones are sent at once.
    public var batchSpans = 512
    /// Seconds after which fewer are sent too.
    public var intervalSeconds = 5.0
    /// Seconds that a request may take.
    public var timeoutSeconds = 10.0
    /// How often a batch is sent before it is given up.
    public var attempts = 5
    /// Seconds before the second attempt; each further pause is twice as long, up to 30 s.
    public var backoffSeconds = 1.0
    /// Seconds that the last spans may take at a graceful shutdown.
    public var shutdownSeconds = 5.0

    public init(endpoint: String?, serviceVersion: String) {
        self.endpoint = endpoint
        self.serviceVersion = serviceVersion
    }
}

import Enrichment
import HummingbirdCore
import Logging
import Metrics
import NIOCore
import Synchronization

/// The connections of this host: counted in total and by address, and those that were ended counted by reason.
final class OpenConnections: Sendable {
    /// Why the host ended a connection.
    enum Reason: String, CaseIterable {
        /// A request did not arrive in time.
        case late
        /// The answer took longer than all limits of the work on it.
        case unanswered
        /// The client stopped reading its answer.
        case stalled
        /// The bytes are no HTTP/1.1, or its head is too large.
        case malformed
        /// Its address has as many as it may.
        case address
    }

    let limits: ConnectionLimits
    private let byAddress = Mutex<[IPAddress: Int]>([:])
    private let ended: [Reason: Metrics.Counter]
    private let open: Metrics.Gauge
    private let logger: Logger

    init(_ limits: ConnectionLimits, metrics: any MetricsFactory, logger: Logger) {
        self.limits = limits
        self.logger = logger
        open = Metrics.Gauge(label: "http_connections", factory: metrics)
        ended = Dictionary(uniqueKeysWithValues: Reason.allCases.map {
            ($0, Metrics.Counter(label: "http_connections_ended_total", dimensions: [("reason", $0.rawValue)], factory: metrics))
        })
    }

    func note(_ reason: Reason) {
        ended[reason]?.increment()
        if reason == .unanswered { logger.warning("a request took longer than every limit of its work, and was answered with 503") }
    }

    // MARK: By address

    /// What is counted of `address`; nil for a proxy's, and for what is no IP connection.
    func counted(_ address: String?) -> IPAddress? {
        guard let address = address.flatMap(ClientAddress.peer), !limits.trustedProxies.contains(where: { $0.contains(address) }) else { return nil }
        // Whoever has one address of IPv6 has a network of 64 bits.
        return address.isIPv4 ? address : IPAddress(high: address.high, low: 0)
    }

    /// Whether one more connection may come from `address`; counts it then.
    func enter(_ address: IPAddress) -> Bool {
        byAddress.withLock { open in
            let count = open[address] ?? 0
            guard count < limits.maximumPerAddress else { return false }
            open[address] = count + 1
            return true
        }
    }

    func leave(_ address: IPAddress) {
        byAddress.withLock { open in
            let count = (open[address] ?? 1) - 1
            open[address] = count > 0 ? count : nil
        }
    }

    // MARK: In total

    /// Stops accepting where the limit is reached: clients then wait in the system's queue until a connection ends.
    struct Admission: AvailableConnectionsDelegate {
        let connections: OpenConnections
        private var count = 0
        private var warned: ContinuousClock.Instant?

        init(_ connections: OpenConnections) { self.connections = connections }

        mutating func connectionOpened() {
            count += 1
            connections.open.record(count)
            guard count >= connections.limits.maximum, warned.map({ ContinuousClock.now - $0 > .seconds(60) }) ?? true else { return }
            warned = .now
            connections.logger.warning("as many connections as may be are open; more wait", metadata: ["connections": "\(count)"])
        }

        mutating func connectionClosed() {
            count -= 1
            connections.open.record(count)
        }

        func isAcceptingNewConnections() -> Bool { count < connections.limits.maximum }
    }
}

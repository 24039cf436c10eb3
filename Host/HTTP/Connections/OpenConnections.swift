@_spi(Host) import Enrichment
import HummingbirdCore
import Logging
import Metrics
import NIOCore
import Synchronization

/// Counts the host's open connections, in total and by address. Counts the connections that the host ended, by reason.
final class OpenConnections: Sendable {
    /// Why the host ended a connection.
    enum Reason: String, CaseIterable {
        /// A request did not arrive in time.
        case late
        /// The response was not ready when all time limits for computing it had passed.
        case unanswered
        /// The client stopped reading its response.
        case stalled
        /// The bytes are not HTTP/1.1, or the head is too large.
        case malformed
        /// The client's address has the maximum number of connections.
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
        ended = Dictionary(
            uniqueKeysWithValues: Reason.allCases.map {
                ($0, Metrics.Counter(label: "http_connections_ended_total", dimensions: [("reason", $0.rawValue)], factory: metrics))
            })
    }

    /// Counts an ended connection.
    func note(_ reason: Reason) {
        ended[reason]?.increment()
        if reason == .unanswered { logger.warning("a request exceeded all time limits and was answered with 503") }
    }

    // MARK: By address

    /// The address to count a connection from `address` under. Nil for a trusted proxy, and if `address` is not an IP address.
    func counted(_ address: String?) -> IPAddress? {
        guard let address = address.flatMap(ClientAddress.peer), !limits.trustedProxies.contains(where: { $0.contains(address) }) else {
            return nil
        }
        // A client with one IPv6 address usually controls its whole /64, so count the /64.
        return address.isIPv4 ? address : IPAddress(high: address.high, low: 0)
    }

    /// Counts a new connection from `address`, unless that address has the maximum. Returns whether the connection was counted.
    func enter(_ address: IPAddress) -> Bool {
        byAddress.withLock { open in
            let count = open[address] ?? 0
            guard count < limits.maximumPerAddress else { return false }
            open[address] = count + 1
            return true
        }
    }

    /// Removes one connection from the count of `address`.
    func leave(_ address: IPAddress) {
        byAddress.withLock { open in
            let count = (open[address] ?? 1) - 1
            open[address] = count > 0 ? count : nil
        }
    }

    // MARK: In total

    /// Stops accepting connections when the limit is reached. Clients then wait in the system's queue until a connection ends.
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
            connections.logger.warning(
                "the maximum number of connections is open; new connections wait", metadata: ["connections": "\(count)"])
        }

        mutating func connectionClosed() {
            count -= 1
            connections.open.record(count)
        }

        func isAcceptingNewConnections() -> Bool { count < connections.limits.maximum }
    }
}

import Enrichment
import NIOCore
@_spi(Host) import Settings

/// How much time and how many connections a client may use.
struct ConnectionLimits: Sendable {
    /// How long a request may take to arrive completely, and how long a client may pause while reading its response.
    var request: TimeAmount
    /// How long a connection may be idle between a response and the next request.
    var idle: TimeAmount
    /// How long a response may take to compute. This is longer than any statement may take, because a statement's own limit gives a
    /// better error.
    var answer: TimeAmount
    /// How long a client may take to read the last response before its connection is closed.
    var linger: TimeAmount = .seconds(2)
    /// How much longer a request may take to arrive once the host has been asked to stop.
    var drain: TimeAmount = .seconds(2)
    /// When the host stops: how long an idle connection stays open for a request that is on its way.
    var parting: TimeAmount = .milliseconds(100)
    var maximum: Int
    var maximumPerAddress: Int
    /// Trusted proxies forward requests from many visitors, so their connections are not counted by address.
    var trustedProxies: [CIDR]

    init(_ settings: ServerSettings, queryTimeoutSeconds: Int, descriptors: Int) {
        request = .seconds(Int64(settings.requestTimeoutSeconds))
        idle = .seconds(Int64(settings.idleTimeoutSeconds))
        answer = .seconds(Int64(max(settings.requestTimeoutSeconds, queryTimeoutSeconds)) + 30)
        maximum = Self.connections(settings.maxConnections, descriptors: descriptors)
        maximumPerAddress = settings.maxConnectionsPerAddress
        trustedProxies = settings.trustedProxies
    }

    /// The number of connections that the available file descriptors allow, at most `wanted`. Some descriptors are reserved for
    /// stores, journal and spill files, because a Swift process that runs out of descriptors traps.
    static func connections(_ wanted: Int, descriptors: Int) -> Int {
        min(wanted, max(descriptors - 256, descriptors / 4, 1))
    }
}

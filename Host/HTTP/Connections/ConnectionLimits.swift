import Enrichment
import NIOCore
import Settings

/// What a client may take of a host: time, and connections.
struct ConnectionLimits: Sendable {
    /// For a request to arrive whole, and for a client that has stopped reading its answer.
    var request: TimeAmount
    /// Between an answer and the next request.
    var idle: TimeAmount
    /// For the work on an answer. Longer than all statements may take, whose own limits come first and say more.
    var answer: TimeAmount
    /// For a client to read the last answer before its connection is closed.
    var linger: TimeAmount = .seconds(2)
    /// For the rest of requests that are arriving when the host is asked to stop.
    var drain: TimeAmount = .seconds(2)
    var maximum: Int
    var maximumPerAddress: Int
    /// Proxies speak for many visitors, so their connections are not counted by address.
    var trustedProxies: [CIDR]

    init(_ settings: ServerSettings, queryTimeoutSeconds: Int, descriptors: Int) {
        request = .seconds(Int64(settings.requestTimeoutSeconds))
        idle = .seconds(Int64(settings.idleTimeoutSeconds))
        answer = .seconds(Int64(max(settings.requestTimeoutSeconds, queryTimeoutSeconds)) + 30)
        maximum = Self.connections(settings.maxConnections, descriptors: descriptors)
        maximumPerAddress = settings.maxConnectionsPerAddress
        trustedProxies = settings.trustedProxies
    }

    /// Stores, journal and spill files need descriptors as well, and a Swift process that has none left traps.
    static func connections(_ wanted: Int, descriptors: Int) -> Int {
        min(wanted, max(descriptors - 256, descriptors / 4, 1))
    }
}

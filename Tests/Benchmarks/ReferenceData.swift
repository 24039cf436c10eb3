import Common
import Foundation
import NIOCore

/// The reference data set, sent through `POST /api/collect` once and kept.
struct ReferenceData {
    let program: String
    let folder: String
    let events: Int

    private static let eventsPerRound = 24_000
    /// Concurrent requests per project. A visitor's events always use the same lane, so they arrive in order.
    private static let lanes = 2

    /// - Parameters:
    ///   - database: URL of the PostgreSQL database for the data; nil for embedded storage.
    ///   - own: the data folder, unless it is the usual one.
    func prepare(on database: String? = nil, in own: String? = nil) async throws -> DataSet.Loaded {
        let set = DataSet(
            program: program, folder: own ?? "\(folder)/\(events)", database: database, version: "\(Traffic.version) \(events)",
            projects: Traffic.projects)
        return try await set.prepare("Reference data: \(events) events", events: events, send: send)
    }

    /// Sends a round while generating the next.
    private func send(to pulse: PulseProcess, _ keys: [PulseProcess.Keys]) async throws {
        var traffic = Traffic(events: events), round = Self.round(&traffic)
        let url = pulse.address + "/api/collect"
        while !round.isEmpty {
            let bodies = round
            async let sent: Void = withThrowingTaskGroup(of: Void.self) { group in
                for (lane, body) in bodies {
                    group.addTask {
                        try await Client.deliver(url, key: keys[lane / Self.lanes].server, body)
                    }
                }
                try await group.waitForAll()
            }
            round = Self.round(&traffic)
            try await sent
        }
    }

    private static func round(_ traffic: inout Traffic) -> [(lane: Int, body: ByteBuffer)] {
        var bodies = Array(repeating: [UInt8](), count: Traffic.projects * lanes)
        for index in bodies.indices { bodies[index].reserveCapacity(eventsPerRound * 150) }
        for _ in 0..<eventsPerRound {
            guard let event = traffic.next() else { break }
            let lane = event.project * lanes + event.visitor % lanes
            bodies[lane].append(bodies[lane].isEmpty ? UInt8(ascii: "[") : UInt8(ascii: ","))
            traffic.append(event, to: &bodies[lane], withTime: true, eventID: nil)
        }
        return bodies.enumerated().filter { !$1.isEmpty }.map { lane, bytes in
            var buffer = ByteBuffer(bytes: bytes)
            buffer.writeInteger(UInt8(ascii: "]"))
            return (lane, buffer)
        }
    }
}

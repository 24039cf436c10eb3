import Common
import Foundation
import NIOCore

/// The reference data set, sent through `POST /api/collect` once and kept.
struct ReferenceData {
    let program: String
    let folder: String
    let events: Int

    struct Loaded {
        let folder: String
        let keys: [PulseProcess.Keys]
        /// Nil when the data set was there.
        let eventsPerSecond: Double?
    }

    private struct Stamp: Codable {
        let version: String
        let keys: [PulseProcess.Keys]
    }

    private static let eventsPerRound = 24_000
    /// Requests at a time for each project. A visitor's events always take the same way, so that they arrive in order.
    private static let lanes = 2

    /// What the stored data depends on: generator, pipeline and storage.
    private var version: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        let manager = FileManager.default
        for folder in ["Core/Storage", "Core/Engines/DuckDB", "Core/Ingest"] {
            for name in ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).sorted() {
                for byte in manager.contents(atPath: "\(folder)/\(name)") ?? Data() { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            }
        }
        return "\(Traffic.version) \(events) \(String(hash, radix: 16))"
    }

    func prepare() async throws -> Loaded {
        let home = "\(folder)/\(events)", stampFile = home + "/stamp.json"
        if let data = FileManager.default.contents(atPath: stampFile), let stamp = try? JSONDecoder().decode(Stamp.self, from: data),
           stamp.version == version || ProcessInfo.processInfo.environment["PULSE_BENCH_KEEP"] != nil {
            return Loaded(folder: home, keys: stamp.keys, eventsPerSecond: nil)
        }
        try? FileManager.default.removeItem(atPath: home)
        print("Reference data: \(events) events through POST /api/collect")
        let pulse = try PulseProcess(program: program, dataFolder: home)
        defer { pulse.kill() }
        try await pulse.ready()
        var keys: [PulseProcess.Keys] = []
        for project in 0..<Traffic.projects { keys.append(try await pulse.createProject("reference-\(project)")) }
        let start = ContinuousClock.now
        try await send(to: pulse, keys)
        // A report waits for what was acknowledged.
        _ = try await Client.get(pulse.address + "/api/v1/realtime", key: keys[0].query)
        let took = start.duration(to: .now).seconds
        try await pulse.stop()
        try JSONEncoder().encode(Stamp(version: version, keys: keys)).write(to: URL(fileURLWithPath: stampFile))
        return Loaded(folder: home, keys: keys, eventsPerSecond: Double(events) / took)
    }

    /// One round is sent while the next is made.
    private func send(to pulse: PulseProcess, _ keys: [PulseProcess.Keys]) async throws {
        var traffic = Traffic(events: events), round = Self.round(&traffic)
        let url = pulse.address + "/api/collect"
        while !round.isEmpty {
            let bodies = round
            async let sent: Void = withThrowingTaskGroup(of: Void.self) { group in
                for (lane, body) in bodies {
                    group.addTask {
                        let headers = [("X-Pulse-Key", keys[lane / Self.lanes].server), ("Content-Type", "application/json")]
                        let answer = try await Client.post(url, headers: headers, body: body)
                        guard answer.status == 200 else { throw BenchError("events were refused: \(String(buffer: answer.body).prefix(500))") }
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

import Foundation
import NIOCore

/// Measures requests with 100 events each, from the first byte sent until a report counts every event.
struct BatchIngest {
    let program: String
    let events: Int
    let repetitions: Int
    /// Requests/s of the bare `GET` in this run; nil if it was not measured.
    let bare: Double?

    /// 150,000 events/s on a machine with 74,000 requests/s of the bare `GET`. The ratio doesn't depend on the machine's speed.
    private static let budget = 150_000.0 / 74_000

    private static let perRequest = 100
    private static let connections = 8

    func run() async throws -> [Finding] {
        print("Batches: \(repetitions) × 2 × \(events) events")
        return try await Files.withTemporaryFolder { folder in
            let pulse = try PulseProcess(program: program, dataFolder: folder)
            defer { pulse.kill() }
            try await pulse.ready()
            var findings: [Finding] = []
            for withIDs in [false, true] {
                var rates: [Double] = [], acknowledged: [Double] = []
                // The first repetition is a warm-up.
                for repetition in 0...repetitions {
                    let rate = try await measure(pulse, name: "batch-\(withIDs)-\(repetition)", withIDs: withIDs)
                    guard repetition > 0 else { continue }
                    rates.append(rate.queryable)
                    acknowledged.append(rate.acknowledged)
                }
                let name = "100 events per request, \(withIDs ? "with" : "without") event_id"
                findings.append(
                    Finding(
                        .ingest, name, "\(Int(rates.median)) events/s until queryable", "\(Int(acknowledged.median)) events/s acknowledged")
                )
                guard let bare else { continue }
                let ratio = rates.median / bare
                findings.append(
                    Finding(
                        .ingest, "\(withIDs ? "with" : "without") event_id : bare", ratio.short, "budget: 150,000 at 74,000 bare GETs",
                        budget: "\(Self.budget.short) or more",
                        isMet: ratio >= Self.budget))
            }
            findings.append(Finding(.memory, "RSS after the batches", "\(Int(pulse.residentMB)) MB"))
            try await pulse.stop()
            return findings
        }
    }

    private func measure(_ pulse: PulseProcess, name: String, withIDs: Bool) async throws -> (queryable: Double, acknowledged: Double) {
        let keys = try await pulse.createProject(name)
        let bodies = Self.bodies(events / Self.perRequest, withIDs: withIDs, salt: name)
        let url = pulse.address + "/api/collect"
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in 0..<Self.connections {
                group.addTask {
                    for index in stride(from: connection, to: bodies.count, by: Self.connections) {
                        try await Client.deliver(url, key: keys.server, bodies[index])
                    }
                }
            }
            try await group.waitForAll()
        }
        let acknowledged = start.duration(to: .now).seconds
        let answer = try await Client.whole(pulse.address + "/api/v1/stats", key: keys.query)
        let took = start.duration(to: .now).seconds
        let stats = try JSONSerialization.jsonObject(with: Data(answer.body.readableBytesView)) as? [String: Any]
        let current = stats?["current"] as? [String: Any]
        let seen = (current?["pageviews"] as? Int ?? 0) + (current?["events"] as? Int ?? 0)
        let sent = bodies.count * Self.perRequest
        guard seen == sent else { throw BenchError("\(sent) events were sent, but a report counts \(seen)") }
        return (Double(sent) / took, Double(sent) / acknowledged)
    }

    private static func bodies(_ count: Int, withIDs: Bool, salt: String) -> [ByteBuffer] {
        var traffic = Traffic(events: count * perRequest, seed: salt.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
        return (0..<count).map { body in
            var bytes: [UInt8] = [UInt8(ascii: "[")]
            for index in 0..<perRequest {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                let event = traffic.next()!
                traffic.append(event, to: &bytes, withTime: false, eventID: withIDs ? "\(salt)-\(body)-\(index)" : nil)
            }
            bytes.append(UInt8(ascii: "]"))
            return ByteBuffer(bytes: bytes)
        }
    }
}

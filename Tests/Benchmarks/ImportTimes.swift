import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// Measures how one project's import at full speed affects another project: the times of its reports, with and without waiting for an
/// event that it has just sent. Also measures how far behind the writer is.
struct ImportTimes {
    let program: String
    let seconds: Int

    private static let senders = 6, perRequest = 1_000
    private static let budgetMilliseconds = 300.0

    private final class Seen: Sendable {
        struct Numbers {
            var accepted = 0, refused = 0
            /// Times in milliseconds: of reports over a new range, and of reports right after an event.
            var reports: [Double] = [], afterEvents: [Double] = [], late = 0
            var backlogSeconds = 0.0
        }

        let numbers = Mutex(Numbers())
    }

    func run() async throws -> [Finding] {
        print("Another project's reports during an import of \(seconds) s")
        return try await Files.withTemporaryFolder { folder in
            let pulse = try PulseProcess(program: program, dataFolder: folder)
            defer { pulse.kill() }
            try await pulse.ready()
            let importing = try await pulse.createProject("import"), other = try await pulse.createProject("other")
            let address = pulse.address, bodies = Self.bodies(), seen = Seen(), start = ContinuousClock.now, end = start + .seconds(seconds)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<Self.senders {
                    group.addTask { try await Self.send(bodies, from: sender, to: address, importing, until: end, seen) }
                }
                group.addTask { try await Self.ask(address, other, until: end, seen) }
                group.addTask { try await Self.look(address, until: end, seen) }
                try await group.waitForAll()
            }
            let sent = seen.numbers.withLock { $0.accepted }
            let stored = try Self.pageviewsAndEvents(try await Client.whole(address + "/api/v1/stats", key: importing.query))
            let took = start.duration(to: .now).seconds
            guard stored == sent else { throw BenchError("\(sent) events were accepted, but a report counts \(stored)") }
            try await pulse.stop()
            return Self.findings(seen.numbers.withLock { $0 }, took)
        }
    }

    private static func findings(_ numbers: Seen.Numbers, _ took: Double) -> [Finding] {
        func finding(_ name: String, _ times: [Double]) -> Finding {
            let times = times.sorted(), p95 = times.isEmpty ? .nan : times[Int(Double(times.count - 1) * 0.95)]
            return Finding(
                .imports, name, "\(p95.short) ms",
                "\(times.count) reports, median \(times.median.short) ms, longest \((times.last ?? .nan).short) ms",
                budget: "\(Int(budgetMilliseconds)) ms or less", isMet: p95 <= budgetMilliseconds)
        }
        return [
            finding("another project's reports, p95", numbers.reports),
            finding("another project's reports right after one of its events, p95", numbers.afterEvents),
            Finding(.imports, "reports that miss acknowledged events", "\(numbers.late)", budget: "0", isMet: numbers.late == 0),
            Finding(
                .imports, "the import", "\(Int(Double(numbers.accepted) / took)) events/s until queryable",
                "\(senders) senders, \(perRequest) events per request, \(numbers.refused) requests deferred"),
            Finding(
                .imports, "longest wait for the writer", "\(numbers.backlogSeconds.short) s", budget: "2 s or less",
                isMet: numbers.backlogSeconds <= 2),
        ]
    }

    private static func send(
        _ bodies: [ByteBuffer], from sender: Int, to address: String, _ keys: PulseProcess.Keys, until end: ContinuousClock.Instant,
        _ seen: Seen
    ) async throws {
        var next = sender
        while .now < end {
            let refusals = try await Client.deliver(address + "/api/collect", key: keys.server, bodies[next % bodies.count])
            seen.numbers.withLock { numbers in
                numbers.accepted += perRequest
                numbers.refused += refusals
            }
            next += senders
        }
    }

    /// Sends an event and immediately requests a report that has to show it, then a report over a new range.
    private static func ask(
        _ address: String, _ keys: PulseProcess.Keys, until end: ContinuousClock.Instant, _ seen: Seen
    ) async throws {
        var sent = 0
        let event = ByteBuffer(string: #"{"type":"pageview","visitor_id":"v","payload":{"path":"/"}}"#)
        func report(_ query: String) async throws -> Double {
            let start = ContinuousClock.now
            let answer = try await Client.get(address + "/api/v1/stats" + query, key: keys.query)
            let took = start.duration(to: .now).milliseconds
            guard answer.status == 200 else { throw BenchError("a report returned \(answer.status): \(String(buffer: answer.body))") }
            if answer.headers.first(name: "X-Pulse-As-Of") != nil {
                seen.numbers.withLock { $0.late += 1 }
            } else if try pageviewsAndEvents(answer) != sent {
                throw BenchError("a report misses events and does not say so")
            }
            return took
        }
        while .now < end {
            try await Client.deliver(address + "/api/collect", key: keys.server, event)
            sent += 1
            let fresh = try await report("")
            let other = try await report("?start_at=2020-01-01T00:00:00Z&end_at=2099-01-01T\(Self.clock(sent))Z")
            seen.numbers.withLock { numbers in
                numbers.afterEvents.append(fresh)
                numbers.reports.append(other)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func clock(_ second: Int) -> String { String(format: "%02d:%02d:%02d", second / 3_600, second / 60 % 60, second % 60) }

    private static func look(_ address: String, until end: ContinuousClock.Instant, _ seen: Seen) async throws {
        while .now < end {
            let answer = try await Client.get(address + "/readyz")
            let json = try JSONSerialization.jsonObject(with: Data(answer.body.readableBytesView)) as? [String: Any]
            let backlog = ((json?["journal"] as? [String: Any])?["backlog_seconds"] as? NSNumber)?.doubleValue ?? .nan
            seen.numbers.withLock { $0.backlogSeconds = max($0.backlogSeconds, backlog) }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private static func pageviewsAndEvents(_ answer: Client.Answer) throws -> Int {
        let stats = try JSONSerialization.jsonObject(with: Data(answer.body.readableBytesView)) as? [String: Any]
        let current = stats?["current"] as? [String: Any]
        return (current?["pageviews"] as? Int ?? 0) + (current?["events"] as? Int ?? 0)
    }

    private static func bodies() -> [ByteBuffer] {
        let count = 4 * senders
        var traffic = Traffic(events: count * perRequest)
        return (0..<count).map { _ in
            var bytes: [UInt8] = [UInt8(ascii: "[")]
            for index in 0..<perRequest {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                traffic.append(traffic.next()!, to: &bytes, withTime: false, eventID: nil)
            }
            bytes.append(UInt8(ascii: "]"))
            return ByteBuffer(bytes: bytes)
        }
    }
}

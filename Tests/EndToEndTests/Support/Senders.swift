import AsyncHTTPClient
import Core
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import TestSupport

/// Clients that send continuously, each over its own connections, and remember what was acknowledged.
///
/// Each parcel is a request with one or more events of one name, so a report shows what became of it: an acknowledged
/// parcel must be stored completely and once, an unanswered one completely and once or not at all.
final class Senders: Sendable {
    struct Parcel: Sendable {
        let name: String
        let events: Int
        var isAcknowledged = false

        /// The request body, with the same ids each time it is sent.
        var body: String {
            let bodies = (0..<events).map {
                #"{"type":"event","name":"\#(name)","event_id":"\#(name)-\#($0)","visitor_id":"v\#($0 % 7)","path":"/p","data":{"n":\#($0)}}"#
            }
            return events == 1 ? bodies[0] : "[\(bodies.joined(separator: ","))]"
        }
    }

    private struct State {
        var parcels: [Parcel] = []
        /// Parcels that were sent but not answered. Some are sent again, and the others are given up.
        var unanswered: [Int] = []
        /// Events in requests that were answered with 200, including repeated ones, since the ledger counts them all.
        var acknowledgedEvents: Int64 = 0
        var refusals: [String] = []
        var isStopped = false
    }

    private let state = Mutex(State())
    private let target: Mutex<(address: String, keys: PulseProcess.Keys)?> = Mutex(nil)

    /// Sets where to send from now on; nil while no process accepts events.
    func aim(_ pulse: PulseProcess?, _ keys: PulseProcess.Keys) { target.withLock { $0 = pulse.map { ($0.address, keys) } } }

    var acknowledged: Int { state.withLock { $0.parcels.count { $0.isAcknowledged } } }
    var unacknowledged: Int { state.withLock { $0.parcels.count { !$0.isAcknowledged } } }

    // MARK: Sending

    /// Lets `count` clients send while `body` runs.
    func run(_ count: Int, seed: UInt64, _ body: () async throws -> Void) async throws {
        state.withLock { $0.isStopped = false }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    var random = SeededRandom(seed &+ UInt64(number))
                    // A separate client, so connections are not shared with the others.
                    let client = HTTP.newClient()
                    while !self.state.withLock({ $0.isStopped }) { await self.sendOne(client, number, &random) }
                    try await client.shutdown()
                }
            }
            defer { state.withLock { $0.isStopped = true } }
            try await body()
        }
    }

    private func sendOne(_ client: HTTPClient, _ number: Int, _ random: inout SeededRandom) async {
        guard let (address, keys) = target.withLock({ $0 }) else {
            try? await Task.sleep(for: .milliseconds(5))
            return
        }
        let index = choose(number, &random)
        let parcel = state.withLock { $0.parcels[index] }
        do {
            let answer = try await HTTP.send(
                .POST, address + "/api/collect", parcel.body,
                headers: [("X-Pulse-Key", keys.ingest), ("Content-Type", "application/json"), ("User-Agent", "Mozilla/5.0 Firefox/130.0")],
                seconds: 20, through: client)
            state.withLock { state in
                if answer.status == 200 {
                    state.parcels[index].isAcknowledged = true
                    state.acknowledgedEvents += Int64(parcel.events)
                } else if answer.status == 503 {
                    state.unanswered.append(index)  // the host is stopping
                } else {
                    state.refusals.append("\(answer.status) \(answer.body)")
                }
            }
        } catch {
            state.withLock { $0.unanswered.append(index) }
        }
    }

    /// Returns the parcel to send next: an unanswered one unless it is given up, sometimes one that was sent before, otherwise a new one.
    private func choose(_ number: Int, _ random: inout SeededRandom) -> Int {
        let isGivenUp = Int.random(in: 0..<3, using: &random) == 0
        let isRepeated = Int.random(in: 0..<20, using: &random) == 0
        let events = Bool.random(using: &random) ? 1 : Int.random(in: 2...200, using: &random)
        let pick = Int.random(in: 0..<1_000_000, using: &random)
        return state.withLock { state in
            if let waiting = state.unanswered.popLast(), !isGivenUp { return waiting }
            if isRepeated, !state.parcels.isEmpty { return pick % state.parcels.count }
            state.parcels.append(Parcel(name: "parcel-\(number)-\(state.parcels.count)", events: events))
            return state.parcels.count - 1
        }
    }

    // MARK: Checking

    /// Checks that everything acknowledged is stored exactly once, and that the ledger agrees.
    func check(_ pulse: PulseProcess, _ keys: PulseProcess.Keys) async throws {
        let counts = try await pulse.eventCounts(keys), balance = try await pulse.balance(keys)
        let (parcels, acknowledgedEvents, refusals) = state.withLock { ($0.parcels, $0.acknowledgedEvents, $0.refusals) }
        #expect(refusals.isEmpty, "refused: \(refusals.prefix(3))")
        let lost = parcels.filter { $0.isAcknowledged && counts[$0.name] ?? 0 < $0.events }
        #expect(
            lost.isEmpty,
            "\(lost.count) acknowledged parcels are not there, such as \(lost.prefix(3)): \(lost.prefix(3).map { counts[$0.name] ?? 0 })")
        let doubled = parcels.filter { counts[$0.name] ?? 0 > $0.events }
        #expect(
            doubled.isEmpty,
            "\(doubled.count) parcels are there more than once, such as \(doubled.prefix(3)): \(doubled.prefix(3).map { counts[$0.name] ?? 0 })"
        )
        let halves = parcels.filter { ![0, $0.events].contains(Int(counts[$0.name] ?? 0)) }
        #expect(
            halves.isEmpty,
            "\(halves.count) parcels are there in part, such as \(halves.prefix(3)): \(halves.prefix(3).map { counts[$0.name] ?? 0 })")
        #expect(Set(counts.keys).isSubset(of: parcels.map(\.name)), "events that nobody sent")
        let stored = counts.values.reduce(0, +)
        #expect(balance.stored == stored)
        #expect(balance.received == balance.stored + balance.duplicate + balance.refused + balance.waiting, "\(balance)")
        #expect(balance.waiting == 0 && balance.refused == 0, "\(balance)")
        #expect(balance.received >= acknowledgedEvents)
    }
}

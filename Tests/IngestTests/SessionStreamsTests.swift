import AllModules
import Common
@_spi(Host) @testable import Ingest
import Testing
import TestSupport

/// Random streams of activity, compared with sessions computed from the whole stream afterwards.
@Suite("Sessions of random streams", .modules(.all))
struct SessionStreamsTests {
    static let seeds = Effort.seeds(20, long: 400)

    @Test("live collection with occasional sweeps yields the sessions computed afterwards", arguments: seeds)
    func live(seed: UInt64) {
        let steps = PlainSessions.stream(seed: seed), expected = PlainSessions.places(steps)
        var random = SeededRandom(seed)
        let sessions = Sessions()
        for (step, place) in zip(steps, expected) {
            if random.below(5) == 0 { sessions.sweep(now: Instant(milliseconds: step.at)) }
            let found = sessions.add(
                Step(
                    at: 0, now: step.at, isDated: false, visitor: step.visitor, project: step.project, path: step.path))
            #expect(found.decided == place, "\(step)")
        }
        sessions.sweep(now: Instant(milliseconds: steps.last!.at + 2_100_001))
        #expect(sessions.count == 0)
    }

    @Test("backdated activity sent in time order yields the same sessions", arguments: seeds)
    func backdated(seed: UInt64) {
        let steps = PlainSessions.stream(seed: seed), expected = PlainSessions.places(steps)
        var random = SeededRandom(seed), now = clock("+30 12:00")
        let sessions = Sessions()
        for (step, place) in zip(steps, expected) {
            // Some in the same request, some in a later one.
            now += Int64(random.below(3) * 1_000)
            if random.below(10) == 0 { sessions.sweep(now: Instant(milliseconds: now)) }
            let found = sessions.add(Step(at: step.at, now: now, visitor: step.visitor, project: step.project, path: step.path))
            #expect(found.decided == place, "\(step)")
            #expect(found.isTentative, "\(step)")
        }
    }

    @Test("if activity arrives out of order, numbers are reliable and rows are within 30 minutes of their session", arguments: seeds)
    func disturbed(seed: UInt64) {
        // Only a visitor's last eight sessions are remembered. A late row of a forgotten session begins a new session. Both have the same
        // start if the row is at the exact millisecond when the forgotten session began. Distinct instants rule that out.
        var random = SeededRandom(seed), instants: Set<String> = []
        var steps = PlainSessions.stream(seed: seed, visitors: 3).filter {
            instants.insert("\($0.project) \($0.visitor) \($0.at)").inserted
        }
        for _ in 0..<(steps.count / 3) {
            let step = steps.remove(at: random.below(steps.count))
            steps.insert(step, at: random.below(steps.count + 1))
        }
        let sessions = Sessions()
        var seen: [String: [Sessions.Place]] = [:], visits: [String: [Int64]] = [:]
        for step in steps {
            let place = sessions.add(
                Step(at: step.at, now: clock("+1 12:00"), visitor: step.visitor, project: step.project, path: step.path))
            let name = "\(step.project) \(step.visitor) \(place.sessionAt)"
            let before = seen[name] ?? []
            seen[name, default: []].append(place)
            #expect(place.at == step.at)
            if place.seq > 0 {
                let seq = place.seq
                #expect(before.allSatisfy { $0.at <= place.at && $0.seq < seq || $0.seq < 0 })
                #expect(place.gap == before.filter { $0.at <= place.at }.map { Int32(place.at - $0.at) }.min())
                if seq == 1 { #expect(before.isEmpty && place.sessionAt == place.at) }
            } else {
                #expect(place.gap == nil)
                #expect(before.allSatisfy { $0.seq > place.seq })
            }
            // The row is within 30 minutes of an earlier row, perhaps of a session that was merged into this one.
            let visitor = "\(step.project) \(step.visitor)"
            if !before.isEmpty { #expect(visits[visitor]!.contains { abs($0 - place.at) <= 1_800_000 }) }
            visits[visitor, default: []].append(place.at)
        }
    }
}

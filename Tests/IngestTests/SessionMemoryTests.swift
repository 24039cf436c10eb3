import AllModules
import Common
@_spi(Host) @testable import Ingest
import Testing
import TestSupport

/// How long sessions stay in memory, and how many of them.
@Suite("Sessions in memory", .modules(.all))
struct SessionMemoryTests {
    private func isKnown(_ sessions: Sessions, _ visitor: Int64, at: Int64, id: String? = nil) -> Bool {
        sessions.current(project: 1, visitor: visitor, at: Instant(milliseconds: at), sessionID: id) != nil
    }

    @Test("a sweep evicts sessions that can't continue, and no others")
    func sweep() {
        let sessions = Sessions(), start = clock("10:00")
        for visitor in 0..<100 as Range<Int64> { sessions.add(Step(at: start + visitor, visitor: visitor, path: "/")) }
        for (now, left) in [
            (start + 2_100_000, 100), (start + 2_100_001, 99), (start + 2_100_050, 50), (start + 2_100_099, 1), (start + 2_100_100, 0),
        ] {
            sessions.sweep(now: Instant(milliseconds: now))
            #expect(sessions.count == left)
            for visitor in Int64(100 - left)..<100 { #expect(isKnown(sessions, visitor, at: now - 300_000)) }
        }
    }

    @Test("a session dated slightly ahead stays until its own timeout has passed")
    func ahead() {
        let sessions = Sessions(), now = clock("10:00")
        sessions.add(Step(at: now + 600_000, now: now, path: "/"))
        sessions.sweep(now: Instant(milliseconds: now + 2_700_000))
        #expect(isKnown(sessions, 1, at: now + 2_400_000))
        sessions.sweep(now: Instant(milliseconds: now + 2_700_001))
        #expect(sessions.count == 0)
    }

    @Test("a backdated session stays as long as its sender continues")
    func backdated() {
        let sessions = Sessions(), now = clock("10:00"), then = now - 86_400_000 * 300
        sessions.add(Step(at: then, now: now, path: "/"))
        sessions.sweep(now: Instant(milliseconds: now + 1_800_000))
        #expect(sessions.add(Step(at: then + 60_000, now: now + 1_800_000)).seq == 2)
        sessions.sweep(now: Instant(milliseconds: now + 3_900_001))
        #expect(sessions.count == 0)
    }

    @Test("a session with an id stays for a day after its last activity")
    func identified() {
        let sessions = Sessions(), start = clock("10:00")
        sessions.add(Step(at: start, path: "/", sessionID: "x"))
        sessions.sweep(now: Instant(milliseconds: start + 86_400_000))
        #expect(isKnown(sessions, 1, at: start + 86_400_000, id: "x"))
        sessions.sweep(now: Instant(milliseconds: start + 86_400_001))
        #expect(sessions.count == 0)
    }

    @Test("a sweep keeps at most the configured number of sessions: the most recently used")
    func bound() {
        // 16 shards of visitors, 10 sessions each.
        let sessions = Sessions(maximumSessions: 160), start = clock("10:00")
        for visitor in 0..<5_000 as Range<Int64> { sessions.add(Step(at: start + visitor, visitor: visitor, path: "/")) }
        #expect(sessions.count == 5_000)
        // A session that began early and is still in use.
        sessions.add(Step(at: start + 6_000, visitor: 3, path: "/b"))
        sessions.sweep(now: Instant(milliseconds: start + 6_000))
        #expect(sessions.count == 160)
        #expect(isKnown(sessions, 3, at: start + 6_000))
        for visitor in 4_860..<5_000 as Range<Int64> { #expect(isKnown(sessions, visitor, at: start + 6_000), "\(visitor)") }
        #expect(!isKnown(sessions, 4_835, at: start + 6_000))
        for _ in 0..<3 { sessions.sweep(now: Instant(milliseconds: start + 6_000)) }
        #expect(sessions.count == 160)
    }

    @Test("a visitor has at most eight sessions in memory; the least recently used is evicted")
    func perVisitor() {
        let sessions = Sessions(), start = clock("10:00")
        for number in 0..<8 as Range<Int64> { sessions.add(Step(at: start + number, path: "/", sessionID: "\(number)")) }
        sessions.add(Step(at: start + 100, sessionID: "0"))
        sessions.add(Step(at: start + 101, path: "/", sessionID: "new"))
        #expect(sessions.count == 8)
        let known = (0..<8).map { isKnown(sessions, 1, at: start + 200, id: "\($0)") }
        #expect(known == [true, false, true, true, true, true, true, true])
        #expect(isKnown(sessions, 1, at: start + 200, id: "new"))
    }

    @Test("if a visitor's sessions arrived in one request, the one added first is evicted")
    func perVisitorAtOnce() {
        let sessions = Sessions(), now = clock("23:00")
        for hour in 0..<12 as Range<Int64> { sessions.add(Step(at: now - (20 - hour) * 3_600_000, now: now, path: "/\(hour)")) }
        #expect(sessions.count == 8)
        let known = (0..<12).map { isKnown(sessions, 1, at: now - (20 - $0) * 3_600_000) }
        #expect(known == [false, false, false, false, true, true, true, true, true, true, true, true])
    }
}

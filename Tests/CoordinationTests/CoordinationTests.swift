import Common
import Coordination
import Testing

/// The behavior that all coordination engines share.
@Suite("Coordination")
struct CoordinationTests {
    @Test("a bucket allows its burst, then rejects requests and says when to retry", arguments: CoordinationEngine.all)
    func burst(engine: CoordinationEngine) async throws {
        try await engine.use { coordination in
            let limit = RateLimit(perSecond: 1, burst: 3)
            let decisions = try await withinASecond {
                let key = RedisTestServer.name()
                var decisions: [RateDecision] = []
                for _ in 0..<4 { decisions.append(try await coordination.take(key, limit)) }
                return decisions + [try await coordination.take(key + "-other", limit)]
            }
            #expect(
                decisions == [
                    RateDecision(isAllowed: true, remaining: 2, seconds: 1), RateDecision(isAllowed: true, remaining: 1, seconds: 2),
                    RateDecision(isAllowed: true, remaining: 0, seconds: 3), RateDecision(isAllowed: false, remaining: 0, seconds: 1),
                    RateDecision(isAllowed: true, remaining: 2, seconds: 1),
                ])
        }
    }

    @Test("tokens refill at exactly the rate, however many callers there are", arguments: CoordinationEngine.all)
    func rate(engine: CoordinationEngine) async throws {
        try await engine.use { coordination in
            // The bucket takes five seconds to fill, so it never gets full and loses tokens, even on a busy machine.
            let key = RedisTestServer.name(), limit = RateLimit(perSecond: 200, burst: 1_000)
            func taken() async throws -> Int {
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<1_500 { group.addTask { try await coordination.take(key, limit).isAllowed } }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
            }
            let start = ContinuousClock.now
            let burst = try await taken()
            let empty = ContinuousClock.now
            var flow = 0, last = empty
            while last - empty < .milliseconds(500) {
                last = ContinuousClock.now
                flow += try await taken()
            }
            #expect(flow >= Int((last - empty) / .seconds(1) * 200) - 1)
            #expect(burst + flow <= 1_000 + Int((ContinuousClock.now - start) / .seconds(1) * 200) + 1)
        }
    }

    @Test("a window begins with its first request and ends all at once", arguments: CoordinationEngine.all)
    func window(engine: CoordinationEngine) async throws {
        try await engine.use { coordination in
            let decisions = try await withinASecond {
                let key = RedisTestServer.name(), limit = RateLimit.window(count: 2, seconds: 3_600)
                var decisions: [RateDecision] = []
                for _ in 0..<4 { decisions.append(try await coordination.take(key, limit)) }
                return decisions + [try await coordination.take(key + "-other", limit)]
            }
            #expect(
                decisions == [
                    RateDecision(isAllowed: true, remaining: 1, seconds: 3_600),
                    RateDecision(isAllowed: true, remaining: 0, seconds: 3_600),
                    RateDecision(isAllowed: false, remaining: 0, seconds: 3_600),
                    RateDecision(isAllowed: false, remaining: 0, seconds: 3_600),
                    RateDecision(isAllowed: true, remaining: 1, seconds: 3_600),
                ])
            // Many callers at once get exactly what is allowed.
            let key = RedisTestServer.name()
            let allowed = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 { group.addTask { try await coordination.take(key, .window(count: 10, seconds: 3_600)).isAllowed } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(allowed == 10)
            let short = RedisTestServer.name(), second = RateLimit.window(count: 1, seconds: 1)
            #expect(try await coordination.take(short, second).isAllowed)
            try await Task.sleep(for: .milliseconds(1_050))
            #expect(try await coordination.take(short, second) == RateDecision(isAllowed: true, remaining: 0, seconds: 1))
        }
    }

    @Test("a bucket never holds more than its burst", arguments: CoordinationEngine.all)
    func full(engine: CoordinationEngine) async throws {
        try await engine.use { coordination in
            let key = RedisTestServer.name(), limit = RateLimit(perSecond: 1_000, burst: 5)
            _ = try await coordination.take(key, limit)
            try await Task.sleep(for: .milliseconds(50))
            #expect(try await coordination.take(key, limit).remaining == 4)
        }
    }

    @Test("a subscriber gets the messages published after it subscribed, and none from other channels", arguments: CoordinationEngine.all)
    func messages(engine: CoordinationEngine) async throws {
        try await engine.use { coordination in
            let channel = RedisTestServer.name()
            var one = coordination.subscribe(channel).makeAsyncIterator(), two = coordination.subscribe(channel).makeAsyncIterator()
            try await coordination.publish(channel + "-other", "no")
            try await coordination.publish(channel, "first")
            try await coordination.publish(channel, "grüße\n\u{0}")
            #expect(await one.nextMessage() == "first")
            #expect(await one.nextMessage() == "grüße\n\u{0}")
            #expect(await two.nextMessage() == "first")
        }
    }

    @Test("a channel can be subscribed to again", arguments: CoordinationEngine.all)
    func resubscription(engine: CoordinationEngine) async throws {
        try await engine.use { coordination in
            let channel = RedisTestServer.name()
            for number in 0..<20 {
                var events = coordination.subscribe(channel).makeAsyncIterator()
                try await coordination.publish(channel, "\(number)")
                #expect(await events.nextMessage() == "\(number)")
            }
        }
    }

    @Test("closing ends subscriptions", arguments: CoordinationEngine.all)
    func close(engine: CoordinationEngine) async throws {
        let coordination = try engine.open()
        try await coordination.ping()
        var events = coordination.subscribe(RedisTestServer.name()).makeAsyncIterator()
        await coordination.close()
        #expect(await events.nextMessage() == nil)
    }
}

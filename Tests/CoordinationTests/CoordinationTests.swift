import Common
import Coordination
import Testing

/// What every engine of coordination promises.
@Suite("Coordination")
struct CoordinationTests {
    @Test("a bucket gives its burst, then refuses and says when to come again", arguments: CoordinationEngine.all)
    func burst(engine: CoordinationEngine) async throws {
        try await engine.use { coordination in
            let limit = RateLimit(perSecond: 1, burst: 3)
            let decisions = try await withinASecond {
                let key = RedisTestServer.name()
                var decisions: [RateDecision] = []
                for _ in 0..<4 { decisions.append(try await coordination.take(key, limit)) }
                return decisions + [try await coordination.take(key + "-other", limit)]
            }
            #expect(decisions == [
                RateDecision(isAllowed: true, remaining: 2, seconds: 1), RateDecision(isAllowed: true, remaining: 1, seconds: 2),
                RateDecision(isAllowed: true, remaining: 0, seconds: 3), RateDecision(isAllowed: false, remaining: 0, seconds: 1),
                RateDecision(isAllowed: true, remaining: 2, seconds: 1),
            ])
        }
    }

    @Test("tokens flow in at the rate, exactly, however many ask at once", arguments: CoordinationEngine.all)
    func rate(engine: CoordinationEngine) async throws {
        try await engine.use { coordination in
            // A burst that isn't full again within five seconds, so that no token is lost where this machine is busy.
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

    @Test("a bucket never holds more than its burst", arguments: CoordinationEngine.all)
    func full(engine: CoordinationEngine) async throws {
        try await engine.use { coordination in
            let key = RedisTestServer.name(), limit = RateLimit(perSecond: 1_000, burst: 5)
            _ = try await coordination.take(key, limit)
            try await Task.sleep(for: .milliseconds(50))
            #expect(try await coordination.take(key, limit).remaining == 4)
        }
    }

    @Test("a lease has one owner until it is given back or runs out", arguments: CoordinationEngine.all)
    func leases(engine: CoordinationEngine) async throws {
        try await engine.use { coordination in
            let lease = RedisTestServer.name()
            #expect(try await coordination.acquire(lease: lease, owner: "ada", seconds: 60))
            #expect(try await coordination.acquire(lease: lease, owner: "ada", seconds: 60))
            #expect(try await !coordination.acquire(lease: lease, owner: "bob", seconds: 60))
            try await coordination.release(lease: lease, owner: "bob")
            #expect(try await !coordination.acquire(lease: lease, owner: "bob", seconds: 60))
            try await coordination.release(lease: lease, owner: "ada")
            var short = ""
            let isTaken = try await withinASecond {
                short = RedisTestServer.name()
                let bob = try await coordination.acquire(lease: short, owner: "bob", seconds: 1)
                return [bob, try await coordination.acquire(lease: short, owner: "ada", seconds: 1)]
            }
            #expect(isTaken == [true, false])
            try await Task.sleep(for: .milliseconds(1_100))
            #expect(try await coordination.acquire(lease: short, owner: "ada", seconds: 1))
        }
    }

    @Test("who subscribes and then publishes hears it, and nothing of other channels", arguments: CoordinationEngine.all)
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

    @Test("a subscription that was given up can be taken up again", arguments: CoordinationEngine.all)
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

    @Test("closing ends the streams", arguments: CoordinationEngine.all)
    func close(engine: CoordinationEngine) async throws {
        let coordination = try engine.open()
        try await coordination.ping()
        var events = coordination.subscribe(RedisTestServer.name()).makeAsyncIterator()
        await coordination.close()
        #expect(await events.nextMessage() == nil)
    }
}

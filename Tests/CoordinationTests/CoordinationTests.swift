import Common
import Coordination
import Testing

/// What every engine of coordination promises.
@Suite("Coordination")
struct CoordinationTests {
    @Test("a bucket gives its burst, then refuses and says when to come again", arguments: CoordinationEngine.all)
    func burst(engine: CoordinationEngine) async throws {
        try await engine.use { coordination in
            let key = RedisTestServer.name(), limit = RateLimit(perSecond: 1, burst: 3)
            for left in [2, 1, 0] {
                let decision = try await coordination.take(key, limit)
                #expect(decision == RateDecision(isAllowed: true, remaining: left, seconds: 3 - left))
            }
            #expect(try await coordination.take(key, limit) == RateDecision(isAllowed: false, remaining: 0, seconds: 1))
            #expect(try await coordination.take(key + "-other", limit).isAllowed)
        }
    }

    @Test("tokens flow in at the rate, exactly, however many ask at once", arguments: CoordinationEngine.all)
    func rate(engine: CoordinationEngine) async throws {
        try await engine.use { coordination in
            let key = RedisTestServer.name(), limit = RateLimit(perSecond: 200, burst: 20)
            _ = try await coordination.take(key + "-warm-up", limit)
            let start = ContinuousClock.now
            // `atLeast` is measured from the first answer to the last question, `atMost` from the first question to the last answer.
            var allowed = try await coordination.take(key, limit).isAllowed ? 1 : 0
            let first = ContinuousClock.now
            var last = first
            while last - start < .milliseconds(600) {
                last = ContinuousClock.now
                allowed += try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<30 { group.addTask { try await coordination.take(key, limit).isAllowed } }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
            }
            let atLeast = 20 + (last - first) / .seconds(1) * 200 - 1, atMost = 20 + (ContinuousClock.now - start) / .seconds(1) * 200 + 1
            #expect(Double(allowed) >= atLeast.rounded(.down) && Double(allowed) <= atMost.rounded(.up))
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
            #expect(try await coordination.acquire(lease: lease, owner: "bob", seconds: 1))
            #expect(try await !coordination.acquire(lease: lease, owner: "ada", seconds: 1))
            try await Task.sleep(for: .milliseconds(1_100))
            #expect(try await coordination.acquire(lease: lease, owner: "ada", seconds: 1))
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

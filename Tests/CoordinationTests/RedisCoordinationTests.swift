@_spi(Host) import Common
import Coordination
import Foundation
import Logging
@testable import RedisEngine
import TestSupport
import Testing

// Tests only for Redis, in addition to `CoordinationTests`. They need a server: set PULSE_TEST_REDIS_URL to redis://127.0.0.1:6379, for
// example.
@Suite("Redis coordination", .enabled(if: RedisTestServer.isThere, "PULSE_TEST_REDIS_URL is not set"))
struct RedisCoordinationTests {
    @Test("two hosts share buckets and leases, and receive each other's messages")
    func twoHosts() async throws {
        try await use { one in
            try await use { two in
                let limit = RateLimit(perSecond: 1, burst: 6)
                let left = try await withinASecond {
                    let name = RedisTestServer.name()
                    var left: [Int] = []
                    for coordination in [one, two, one, two, two, two] { left.append(try await coordination.take(name, limit).remaining) }
                    return left
                }
                #expect(left == [5, 4, 3, 2, 1, 0])
                let name = RedisTestServer.name()
                var events = two.subscribe(name).makeAsyncIterator()
                await events.untilResumed()
                try await one.publish(name, "hello")
                #expect(await events.next() == .message("hello"))
            }
        }
    }

    @Test("keys begin with pulse: and expire by themselves")
    func keys() async throws {
        try await use { coordination in
            let name = RedisTestServer.name()
            for _ in 0..<60 { _ = try await coordination.take(name, RateLimit(perSecond: 1, burst: 100)) }
            let bucket = try RedisTestServer.run("PTTL", "pulse:bucket:" + name).integer ?? -1
            #expect((1...60_000).contains(bucket))
        }
    }

    @Test("answers thousands of concurrent commands")
    func pipeline() async throws {
        try await use { coordination in
            let name = RedisTestServer.name()
            let allowed = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<2_000 { group.addTask { try await coordination.take(name, RateLimit(perSecond: 1, burst: 1_000)).isAllowed } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect((1_000...1_010).contains(allowed))
        }
    }

    @Test("keeps working after Redis has lost its scripts")
    func forgottenScripts() async throws {
        try await use { coordination in
            let left = try await withinASecond {
                let name = RedisTestServer.name(), limit = RateLimit(perSecond: 1, burst: 10)
                var left = [try await coordination.take(name, limit).remaining]
                try RedisTestServer.run("SCRIPT", "FLUSH")
                left.append(try await coordination.take(name, limit).remaining)
                return left + [try await coordination.take(name, limit).remaining]
            }
            #expect(left == [9, 8, 7])
        }
    }

    @Test("a broken message connection is restored, and subscribers get .resumed")
    func resumption() async throws {
        try await useAsOwnUser { coordination, user in
            let channel = RedisTestServer.name()
            var events = coordination.subscribe(channel).makeAsyncIterator()
            await events.untilResumed()
            for number in 0..<3 {
                try RedisTestServer.run("CLIENT", "KILL", "TYPE", "pubsub", "USER", user)
                await events.untilResumed()
                try await coordination.publish(channel, "\(number)")
                #expect(await events.next() == .message("\(number)"))
            }
        }
    }

    @Test("commands work again after their idle connection was closed")
    func brokenConnection() async throws {
        try await useAsOwnUser { coordination, user in
            for _ in 0..<3 {
                try await coordination.ping()
                try RedisTestServer.run("CLIENT", "KILL", "TYPE", "normal", "USER", user)
                // Until the reading thread notices, commands may still be sent and fail with a 503.
                for _ in 0..<100 where (try? await coordination.ping()) == nil { try await Task.sleep(for: .milliseconds(20)) }
                try await coordination.ping()
            }
        }
    }

    @Test("without a server, every call fails immediately with a 503, and subscriptions wait")
    func away() async throws {
        let (logger, lines) = Logger.recording()
        let coordination = try RedisCoordination(url: "redis://:geheim@127.0.0.1:1", logger: logger)
        let events = coordination.subscribe("channel")
        let start = ContinuousClock.now
        for _ in 0..<10 {
            let error = await #expect(throws: ServiceError.self) { try await coordination.take("a", RateLimit(perSecond: 1)) }
            #expect(error?.status == 503 && error?.retryAfterSeconds == 2)
            await #expect(throws: ServiceError.self) { try await coordination.publish("channel", "x") }
        }
        #expect(ContinuousClock.now - start < .seconds(20))
        await coordination.close()
        for await _ in events {}
        #expect(lines().contains { $0.hasPrefix("warning") && $0.contains("127.0.0.1:1/0") && $0.contains("refused") })
        #expect(!lines().contains { $0.contains("geheim") })
    }

    @Test("the right password works, and a wrong one is never logged")
    func password() async throws {
        try await useAsOwnUser { right, user in
            try await right.ping()
            let (logger, lines) = Logger.recording()
            let wrong = try RedisCoordination(url: try Self.url(user, "geheimnis"), logger: logger)
            await #expect(throws: ServiceError.self) { try await wrong.ping() }
            await wrong.close()
            #expect(lines().contains { $0.contains("Redis rejected AUTH: WRONGPASS") })
            #expect(!lines().contains { $0.contains("geheim") })
        }
    }

    @Test("a subscriber that reads too slowly is notified that it missed messages")
    func slowListener() async throws {
        try await use { coordination in
            let channel = RedisTestServer.name()
            var events = coordination.subscribe(channel).makeAsyncIterator()
            await events.untilResumed()
            for start in stride(from: 0, to: 1_500, by: 100) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in start..<start + 100 { group.addTask { try await coordination.publish(channel, "\(number)") } }
                    try await group.waitForAll()
                }
            }
            await events.untilResumed()
        }
    }

    /// Runs `body` as a separate Redis user, so the test can kill its connections without affecting other tests.
    private func useAsOwnUser(_ body: (RedisCoordination, _ user: String) async throws -> Void) async throws {
        let user = RedisTestServer.name()
        try RedisTestServer.run("ACL", "SETUSER", user, "on", ">geheim", "~*", "&*", "+@all")
        defer { _ = try? RedisTestServer.run("ACL", "DELUSER", user) }
        try await use(try Self.url(user, "geheim")) { try await body($0, user) }
    }

    /// The URL of database 1 instead of 0, so selecting a database is tested as well.
    private static func url(_ user: String, _ password: String) throws -> String {
        let address = try RedisAddress(RedisTestServer.url!)
        return "redis://\(user):\(password)@\(address.host):\(address.port)/1"
    }

    private func use(_ url: String = RedisTestServer.url!, _ body: (RedisCoordination) async throws -> Void) async throws {
        let coordination = try RedisCoordination(url: url, logger: .quiet)
        do { try await body(coordination) } catch {
            await coordination.close()
            throw error
        }
        await coordination.close()
    }
}

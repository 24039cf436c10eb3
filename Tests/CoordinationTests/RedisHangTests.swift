import Common
import Coordination
import Logging
@testable import RedisEngine
import Testing
import TestSupport

// If Redis is down, it refuses connections. If it hangs, because its machine is frozen or the network drops packets, connections get no
// reply.
@Suite("Redis that hangs", .timeLimit(.minutes(1)))
struct RedisHangTests {
    @Test("every call ends with a 503 and doesn't hold up later calls", arguments: [nil, "+PONG\r\n"])
    func hangs(greeting: String?) async throws {
        let server = try HungServer(greeting: greeting)
        defer { server.close() }
        let (logger, lines) = Logger.recording()
        let coordination = try RedisCoordination(url: "redis://127.0.0.1:\(server.port)", timeoutMilliseconds: 100, logger: logger)
        let events = coordination.subscribe("channel")
        for _ in 0..<3 {
            for call in Self.calls {
                let error = await #expect(throws: ServiceError.self) { try await call(coordination) }
                #expect(error?.status == 503 && error?.retryAfterSeconds == 2)
            }
        }
        await coordination.close()
        for await _ in events {}
        #expect(lines().contains { $0.hasPrefix("warning") && $0.contains("127.0.0.1:\(server.port)/0") })
    }

    private static let calls: [@Sendable (RedisCoordination) async throws -> Void] = [
        { _ = try await $0.take("a", RateLimit(perSecond: 1)) }, { try await $0.publish("channel", "x") },
        { try await $0.ping() },
    ]

    @Test("commands don't wait behind a connection attempt that hangs")
    func connecting() async throws {
        let server = try HungServer()
        defer { server.close() }
        let coordination = try RedisCoordination(url: "redis://127.0.0.1:\(server.port)", timeoutMilliseconds: 100, logger: .quiet)
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<500 { group.addTask { (try? await coordination.take("a", RateLimit(perSecond: 1))) == nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refused == 500)
        await coordination.close()
    }
}

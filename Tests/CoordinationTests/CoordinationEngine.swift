@_spi(Host) import Common
import Coordination
import Foundation
@testable import RedisEngine
import TestSupport
import Testing

/// A coordination engine, for tests that apply to every engine.
struct CoordinationEngine: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let open: @Sendable () throws -> any Coordination

    /// The engine in memory, and Redis if `PULSE_TEST_REDIS_URL` is set.
    static let all: [CoordinationEngine] =
        [CoordinationEngine(testDescription: "in process") { LocalCoordination(time: SystemTime()) }]
        + (RedisTestServer.isThere
            ? [CoordinationEngine(testDescription: "Redis") { try RedisCoordination(url: RedisTestServer.url!, logger: .quiet) }] : [])

    func use(_ body: (any Coordination) async throws -> Void) async throws {
        let coordination = try open()
        do { try await body(coordination) } catch {
            await coordination.close()
            throw error
        }
        await coordination.close()
    }
}

enum RedisTestServer {
    static let url = ProcessInfo.processInfo.environment["PULSE_TEST_REDIS_URL"]
    static var isThere: Bool { url != nil }

    /// A unique name for a bucket, lease, channel or user.
    static func name() -> String { "test-" + UUID().uuidString }

    /// Runs a command on its own connection.
    @discardableResult
    static func run(_ command: String...) throws -> RedisReply { try RedisConnection(RedisAddress(url!)).ask(command) }
}

/// Repeats `body` until it takes less than 0.9 seconds, and returns its result. Longer runs don't count, because buckets gain a token each
/// second.
func withinASecond<Result>(_ body: () async throws -> Result) async throws -> Result {
    while true {
        let start = ContinuousClock.now
        let result = try await body()
        if ContinuousClock.now - start < .milliseconds(900) { return result }
    }
}

extension AsyncStream<CoordinationEvent>.Iterator {
    /// The next message; skips `.resumed`.
    mutating func nextMessage() async -> String? {
        while let event = await next() {
            if case .message(let text) = event { return text }
        }
        return nil
    }

    /// Reads up to and including the next `.resumed`.
    mutating func untilResumed() async {
        while let event = await next(), event != .resumed {}
    }
}

import Common
import Coordination
import Logging

/// Coordination of several hosts through Redis.
///
/// Two connections with a thread each: one for commands, which are sent together where many wait, and one for messages.
/// Both come back by themselves. While Redis is away, or hangs, every call answers `ServiceError` 503 at once. All keys and channels
/// begin with `pulse:`.
public final class RedisCoordination: Coordination {
    private static let prefix = "pulse:"

    private let commands: RedisCommands
    private let subscriptions: RedisSubscriptions
    private let threads: [RedisThread]

    /// Begins to connect; `ping` tells whether it worked.
    /// - Parameter url: `redis://[user][:password@]host[:6379][/0]`.
    /// - Throws: `RedisURLError` for a URL that is none, and for `rediss://`.
    public convenience init(url: String, logger: Logger) throws {
        try self.init(url: url, timeoutMilliseconds: 5_000, logger: logger)
    }

    /// - Parameter timeoutMilliseconds: for every answer of Redis; tests of one that hangs have less patience.
    init(url: String, timeoutMilliseconds: Int, logger: Logger) throws {
        let address = try RedisAddress(url)
        let commands = RedisCommands(timeoutMilliseconds: timeoutMilliseconds)
        let subscriptions = RedisSubscriptions(timeoutMilliseconds: timeoutMilliseconds)
        self.commands = commands
        self.subscriptions = subscriptions
        let duties: [(name: String, wakeUp: WakeUp, duty: any RedisDuty)] = [
            ("redis", commands.wakeUp, commands), ("redis-messages", subscriptions.wakeUp, subscriptions),
        ]
        threads = duties.map {
            RedisThread(name: $0.name, address, wakeUp: $0.wakeUp, duty: $0.duty, timeoutMilliseconds: timeoutMilliseconds, logger: logger)
        }
    }

    deinit { for thread in threads { thread.stop() } }

    public func take(_ key: String, _ limit: RateLimit) async throws -> RateDecision {
        let answer = try await commands.run(
            .take, key: Self.prefix + "bucket:" + key, [String(limit.perSecond), String(limit.burst)])
        let numbers = (answer.elements ?? []).compactMap(\.integer)
        guard numbers.count == 3 else { throw RedisCommands.unavailable }
        return RateDecision(isAllowed: numbers[0] == 1, remaining: numbers[1], seconds: numbers[2])
    }

    /// Waits until this process' own subscriptions are in place, so that who subscribes and then publishes hears it.
    public func publish(_ channel: String, _ message: String) async throws {
        await subscriptions.settle()
        _ = try await commands.run(["PUBLISH", Self.prefix + channel, message])
    }

    /// Messages of `channel`. The first thing that comes is mostly `.resumed`: from there on nothing is missed.
    public func subscribe(_ channel: String) -> AsyncStream<CoordinationEvent> { subscriptions.listen(to: Self.prefix + channel) }

    public func acquire(lease name: String, owner: String, seconds: Int) async throws -> Bool {
        try await commands.run(.acquire, key: Self.prefix + "lease:" + name, [owner, String(max(1, seconds) * 1_000)]).integer == 1
    }

    public func release(lease name: String, owner: String) async throws {
        _ = try await commands.run(.release, key: Self.prefix + "lease:" + name, [owner])
    }

    public func ping() async throws { _ = try await commands.run(["PING"]) }

    /// Ends streams and connections. Later calls answer 503.
    public func close() async {
        for thread in threads { thread.stop() }
        for thread in threads { await thread.join() }
    }
}

@_spi(Host) import Common
import Coordination
import Logging

/// Coordinates several hosts through Redis.
///
/// There are two connections, each with its own thread: one for commands, which are pipelined, and one for messages. Both
/// connections reconnect by themselves. While Redis can't be reached or hangs, every call throws `ServiceError` 503 immediately.
/// All keys and channels begin with `pulse:`.
public final class RedisCoordination: Coordination {
    private static let prefix = "pulse:"

    private let commands: RedisCommands
    private let subscriptions: RedisSubscriptions
    private let threads: [RedisThread]

    /// Starts connecting. Call `ping` to find out whether that worked.
    /// - Parameter url: `redis://[user][:password@]host[:6379][/0]`.
    /// - Throws: `RedisURLError` for an invalid URL; TLS (`rediss://`) is not supported.
    public convenience init(url: String, logger: Logger) throws {
        try self.init(url: url, timeoutMilliseconds: 5_000, logger: logger)
    }

    /// - Parameter timeoutMilliseconds: how long to wait for each reply. Tests with a hung Redis use a short timeout.
    init(url: String, timeoutMilliseconds: Int, logger: Logger) throws {
        let address = try RedisAddress(url)
        let commands = RedisCommands(timeoutMilliseconds: timeoutMilliseconds)
        let subscriptions = RedisSubscriptions(timeoutMilliseconds: timeoutMilliseconds)
        self.commands = commands
        self.subscriptions = subscriptions
        let duties: [(name: String, wakeUp: WakeUp, duty: any RedisService)] = [
            ("redis", commands.wakeUp, commands), ("redis-messages", subscriptions.wakeUp, subscriptions),
        ]
        threads = duties.map {
            RedisThread(name: $0.name, address, wakeUp: $0.wakeUp, duty: $0.duty, timeoutMilliseconds: timeoutMilliseconds, logger: logger)
        }
    }

    deinit { for thread in threads { thread.stop() } }

    public func take(_ key: String, _ limit: RateLimit) async throws -> RateDecision {
        let answer =
            switch limit {
            case .bucket(let perSecond, let burst):
                try await commands.run(.take, key: Self.prefix + "bucket:" + key, [String(perSecond), String(burst)])
            case .window(let count, let seconds):
                try await commands.run(.count, key: Self.prefix + "window:" + key, [String(count), String(seconds * 1_000)])
            }
        let numbers = (answer.elements ?? []).compactMap(\.integer)
        guard numbers.count == 3 else { throw RedisCommands.unavailable }
        return RateDecision(isAllowed: numbers[0] == 1, remaining: numbers[1], seconds: numbers[2])
    }

    /// Publishes `message`. Before that, waits until this process's own subscriptions are confirmed, so code that subscribes and
    /// then publishes receives its own message.
    public func publish(_ channel: String, _ message: String) async throws {
        await subscriptions.settle()
        _ = try await commands.run(["PUBLISH", Self.prefix + channel, message])
    }

    /// Returns the messages of `channel`. The first event is usually `.resumed`; after it, no message is missed until the next
    /// `.resumed`.
    public func subscribe(_ channel: String) -> AsyncStream<CoordinationEvent> { subscriptions.listen(to: Self.prefix + channel) }

    public func ping() async throws { _ = try await commands.run(["PING"]) }

    /// Ends all streams and closes the connections. Later calls throw `ServiceError` 503.
    public func close() async {
        for thread in threads { thread.stop() }
        for thread in threads { await thread.join() }
    }
}

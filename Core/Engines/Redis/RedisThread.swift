@_spi(Host) import Common
import Foundation
import Logging
import Synchronization

/// The work done over a connection. The connection's thread calls all methods except `giveUpOverdue`.
protocol RedisService: Sendable {
    /// Works on the connection until `isStopped` returns true. If it throws, the thread reconnects.
    func serve(_ connection: RedisConnection, until isStopped: () -> Bool) throws
    /// Called whenever a connection breaks or can't be opened. Fail all waiting work here: nothing may wait for the next
    /// connection.
    func unreachable()
    /// Called at least once a second, on another thread. Fails all work that has waited too long, even while the connection is
    /// busy.
    func giveUpOverdue()
    /// Called once, when the thread ends.
    func stopped()
}

/// Keeps one connection open on its own thread. After a break, reconnects immediately. If that fails, retries forever, first after
/// a tenth of a second and later every two seconds.
final class RedisThread: Sendable {
    private let isStopped = Mutex(false)
    private let ended: AsyncStream<Void>
    private let wakeUp: WakeUp
    private let timeoutMilliseconds: Int

    /// Starts the thread.
    /// - Parameter timeoutMilliseconds: how long the connection waits for each reply.
    init(name: String, _ address: RedisAddress, wakeUp: WakeUp, duty: any RedisService, timeoutMilliseconds: Int, logger: Logger) {
        self.wakeUp = wakeUp
        self.timeoutMilliseconds = timeoutMilliseconds
        let (ended, end) = AsyncStream<Void>.makeStream()
        self.ended = ended
        let thread = Thread { [self] in
            Self.ignoreBrokenPipes()
            let watch = DispatchSource.makeTimerSource(), pause = DispatchTimeInterval.milliseconds(min(1_000, timeoutMilliseconds))
            watch.schedule(deadline: .now() + pause, repeating: pause)
            watch.setEventHandler { duty.giveUpOverdue() }
            watch.activate()
            run(address, duty, logger)
            watch.cancel()
            duty.stopped()
            end.finish()
        }
        thread.name = name
        thread.start()
    }

    /// Tells the thread to end; `join` waits for it.
    func stop() {
        isStopped.withLock { $0 = true }
        wakeUp.signal()
    }

    /// Returns when the thread has ended.
    func join() async { for await _ in ended {} }

    private var isRunning: Bool { isStopped.withLock { !$0 } }

    private func run(_ address: RedisAddress, _ duty: any RedisService, _ logger: Logger) {
        var failures = 0, isAway = false
        func note(_ error: any Error) {
            let reason = (error as? RedisConnectionLost)?.reason ?? "\(error)"
            logger.log(
                level: isAway ? .debug : .warning, "no connection to Redis; trying again",
                metadata: ["redis.place": "\(address.place)", "reason": "\(reason)"])
            isAway = true
        }
        while isRunning {
            let connection: RedisConnection
            do { connection = try RedisConnection(address, timeoutMilliseconds: timeoutMilliseconds) } catch {
                note(error)
                duty.unreachable()
                failures += 1
                pause(afterFailure: failures)
                continue
            }
            if isAway { logger.info("Redis is back", metadata: ["redis.place": "\(address.place)"]) }
            isAway = false
            let start = MonotonicTime.now.milliseconds
            do { try duty.serve(connection) { !isRunning } } catch {
                note(error)
                duty.unreachable()
                // If this connection worked for a while, reconnect immediately. If it broke right away, the next one probably would
                // too, so back off.
                failures = MonotonicTime.now.milliseconds - start > 1_000 ? 0 : failures + 1
                if failures > 0 { pause(afterFailure: failures) }
            }
        }
    }

    private func pause(afterFailure number: Int) {
        let milliseconds = min(2_000, 100 << min(number - 1, 5))
        let end = MonotonicTime.now.milliseconds + Int(Double(milliseconds) * Double.random(in: 0.75...1))
        while isRunning, MonotonicTime.now.milliseconds < end { wakeUp.wait(milliseconds: end - MonotonicTime.now.milliseconds) }
    }

    /// hiredis writes without MSG_NOSIGNAL, so a write to a connection that Redis has closed would kill the process.
    private static func ignoreBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

import Foundation
import Logging
import Synchronization

/// What is done with a connection. All of it is called on the connection's thread.
protocol RedisDuty: Sendable {
    /// Serves until `isStopped`. When it throws, the connection is made anew.
    func serve(_ connection: RedisConnection, until isStopped: () -> Bool) throws
    /// Called whenever a connection could not be made, or broke: until the next one serves, nothing waits for it.
    func unreachable()
    /// Called once a second on another thread: gives up what has waited too long, whatever the connection is busy with.
    func giveUpOverdue()
    /// Said at the end.
    func stopped()
}

/// Keeps one connection on a thread of its own, and makes it anew for ever: at once after it broke, then after a tenth
/// of a second, later after two seconds.
final class RedisThread: Sendable {
    private let isStopped = Mutex(false)
    private let ended: AsyncStream<Void>
    private let wakeUp: WakeUp
    private let timeoutMilliseconds: Int

    /// Starts the thread.
    /// - Parameter timeoutMilliseconds: for each answer that the connection waits for.
    init(name: String, _ address: RedisAddress, wakeUp: WakeUp, duty: any RedisDuty, timeoutMilliseconds: Int, logger: Logger) {
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

    /// Ends the thread soon.
    func stop() {
        isStopped.withLock { $0 = true }
        wakeUp.signal()
    }

    /// Returns after the thread's end.
    func join() async { for await _ in ended {} }

    private var isRunning: Bool { isStopped.withLock { !$0 } }

    private func run(_ address: RedisAddress, _ duty: any RedisDuty, _ logger: Logger) {
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
            let start = MonotonicTime.milliseconds
            do { try duty.serve(connection) { !isRunning } } catch {
                note(error)
                duty.unreachable()
                // One that served for a while may be made again at once; another would break again at once.
                failures = MonotonicTime.milliseconds - start > 1_000 ? 0 : failures + 1
                if failures > 0 { pause(afterFailure: failures) }
            }
        }
    }

    private func pause(afterFailure number: Int) {
        let milliseconds = min(2_000, 100 << min(number - 1, 5))
        let end = MonotonicTime.milliseconds + Int(Double(milliseconds) * Double.random(in: 0.75...1))
        while isRunning, MonotonicTime.milliseconds < end { wakeUp.wait(milliseconds: end - MonotonicTime.milliseconds) }
    }

    /// hiredis writes without MSG_NOSIGNAL: to a connection that Redis has closed that would end the process.
    private static func ignoreBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

import Foundation

/// A lock with conditions to wait for under it. (`NSCondition` has one condition to each lock, which wakes everybody
/// for everything.)
///
/// `@unchecked Sendable`: its pointers never change, and what they point at is made for many threads.
final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() { pthread_mutex_init(mutex, nil) }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// What threads wait for; its methods are called with the monitor's lock held.
    ///
    /// `@unchecked Sendable`: as the monitor, its pointer never changes, and what that points at is made for many threads.
    final class Condition: @unchecked Sendable {
        private let monitor: Monitor
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

        init(of monitor: Monitor) {
            self.monitor = monitor
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
        }

        deinit {
            pthread_cond_destroy(condition)
            condition.deallocate()
        }

        func wait() { pthread_cond_wait(condition, monitor.mutex) }

        func wait(until time: MonotonicTime) {
            var limit = timespec(
                tv_sec: Int(time.nanoseconds / 1_000_000_000), tv_nsec: Int(time.nanoseconds % 1_000_000_000)
            )
            pthread_cond_timedwait(condition, monitor.mutex, &limit)
        }

        func wakeOne() { pthread_cond_signal(condition) }
        func wakeAll() { pthread_cond_broadcast(condition) }
    }
}

/// Time that never goes back, in nanoseconds.
struct MonotonicTime: Comparable, Sendable {
    let nanoseconds: Int64

    static var now: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    func adding(seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: nanoseconds + Int64(max(0, min(seconds, 1e9)) * 1e9))
    }
}

@_spi(Host) import Common
import Foundation

/// A lock with several condition variables. (`NSCondition` has only one per lock, so threads that wait for different conditions
/// would wake each other.)
///
/// `@unchecked Sendable`: its pointer never changes and points to a mutex, which is made for use by many threads.
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

    /// A condition variable. Call its methods with the monitor's lock held.
    ///
    /// `@unchecked Sendable`: its pointer never changes and points to a condition variable, which is made for use by many threads.
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

import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// HTTP/1.1 whose connections are served on the event loop that reads them, so that a request which waits for nothing
/// but the journal never changes threads: half of what an answer costs otherwise.
///
/// Whatever computes for longer must leave the loop, as `Endpoint` does for all routes but collection.
struct OnEventLoop: ServerChildChannel {
    typealias Value = HTTP1Channel.Value
    let http: HTTP1Channel

    static let server = HTTPServerBuilder { responder in OnEventLoop(http: HTTP1Channel(responder: responder)) }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> { http.setup(channel: channel, logger: logger) }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor.of(value.channel.eventLoop)) {
            await http.handle(value: value, logger: logger)
        }
    }
}

/// Runs tasks on an event loop.
private final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    private init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// One for each loop, for good: a task may end after whatever made its executor.
    static func of(_ loop: any EventLoop) -> EventLoopExecutor {
        all.withLock { executors in
            if let executor = executors[ObjectIdentifier(loop)] { return executor }
            let executor = EventLoopExecutor(loop)
            executors[ObjectIdentifier(loop)] = executor
            return executor
        }
    }

    private static let all = Mutex<[ObjectIdentifier: EventLoopExecutor]>([:])
}

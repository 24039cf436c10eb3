@_spi(Host) import Common
import Coordination
import Synchronization

/// Receives the messages of all channels that this process listens to, over one connection.
final class RedisSubscriptions: RedisService {
    private typealias Listener = AsyncStream<CoordinationEvent>.Continuation

    private struct State {
        var listeners: [String: [Int: Listener]] = [:]
        var nextListener = 0
        /// Channels whose subscription Redis has confirmed.
        var confirmed: Set<String> = []
        /// Tasks that are waiting until all channels with listeners are confirmed. Each has a deadline.
        var waiters: [(waiter: CheckedContinuation<Void, Never>, until: Int)] = []
        var isAway = false
        var isStopped = false

        var isSettled: Bool { isAway || isStopped || listeners.keys.allSatisfy(confirmed.contains) }

        mutating func takeSettled() -> [CheckedContinuation<Void, Never>] {
            guard isSettled else { return [] }
            defer { waiters = [] }
            return waiters.map(\.waiter)
        }
    }

    /// The maximum number of buffered messages per listener. A listener that falls further behind loses the oldest ones and gets
    /// `.resumed`.
    private static let maximumUnread = 1_000
    /// How long the connection may be silent before a PING checks that Redis still responds.
    private static let quietMilliseconds = 15_000

    let wakeUp = WakeUp()
    private let state = Mutex(State())
    private let timeoutMilliseconds: Int

    /// - Parameter timeoutMilliseconds: how long `settle` waits for channels to be confirmed.
    init(timeoutMilliseconds: Int) { self.timeoutMilliseconds = timeoutMilliseconds }

    // MARK: Called by tasks

    /// Returns the messages of `channel`, with `.resumed` whenever some may have been missed.
    func listen(to channel: String) -> AsyncStream<CoordinationEvent> {
        let (stream, listener) = AsyncStream<CoordinationEvent>.makeStream(bufferingPolicy: .bufferingNewest(Self.maximumUnread))
        let number = state.withLock { state -> Int? in
            guard !state.isStopped else { return nil }
            state.nextListener += 1
            state.listeners[channel, default: [:]][state.nextListener] = listener
            return state.nextListener
        }
        guard let number else {
            listener.finish()
            return stream
        }
        listener.onTermination = { [weak self] _ in self?.leave(channel, number) }
        wakeUp.signal()
        return stream
    }

    /// Returns when all channels with listeners are confirmed, when there is no connection, or after the timeout.
    func settle() async {
        let until = MonotonicTime.now.milliseconds + timeoutMilliseconds
        await withCheckedContinuation { waiter in
            let isSettled = state.withLock { state in
                if !state.isSettled { state.waiters.append((waiter, until)) }
                return state.isSettled
            }
            if isSettled { waiter.resume() }
        }
    }

    private func leave(_ channel: String, _ number: Int) {
        let waiters = state.withLock { state in
            state.listeners[channel]?[number] = nil
            if state.listeners[channel]?.isEmpty == true { state.listeners[channel] = nil }
            return state.takeSettled()
        }
        for waiter in waiters { waiter.resume() }
        wakeUp.signal()
    }

    // MARK: Called by the connection's thread

    func serve(_ connection: RedisConnection, until isStopped: () -> Bool) throws {
        state.withLock { $0.isAway = false }
        defer { disconnected() }
        var asked = ChannelSubscriptions(), heardAt = MonotonicTime.now.milliseconds, isProbing = false
        while !isStopped() {
            let commands = state.withLock { state in
                // Do this under the same lock: if a channel is being unsubscribed, a new listener must wait until the channel is
                // confirmed again.
                state.confirmed.formIntersection(state.listeners.keys)
                return asked.commands(toReach: Set(state.listeners.keys))
            }
            if !commands.isEmpty { try connection.send(commands) }
            if wakeUp.wait(orReadable: connection.descriptor, milliseconds: Self.quietMilliseconds) {
                try connection.receive()
                while let reply = try connection.nextReply() { try handle(reply, &asked) }
                (heardAt, isProbing) = (MonotonicTime.now.milliseconds, false)
            }
            let quiet = MonotonicTime.now.milliseconds - heardAt
            if isProbing, quiet >= 2 * Self.quietMilliseconds { throw RedisConnectionLost(reason: "no reply in time") }
            if !isProbing, quiet >= Self.quietMilliseconds {
                try connection.send([["PING"]])
                isProbing = true
            }
        }
    }

    private func handle(_ reply: RedisReply, _ asked: inout ChannelSubscriptions) throws {
        if let code = reply.errorCode { throw RedisConnectionLost(reason: code) }
        guard let parts = reply.elements, parts.count >= 2, let kind = parts[0].text, let channel = parts[1].text else { return }
        switch kind {
        case "message": if parts.count > 2, let message = parts[2].text { deliver(.message(message), to: channel) }
        case "subscribe":
            guard asked.isAnswered(channel) else { return }
            let waiters = state.withLock { state in
                state.confirmed.insert(channel)
                return state.takeSettled()
            }
            // Messages sent before this were missed.
            deliver(.resumed, to: channel)
            for waiter in waiters { waiter.resume() }
        default: break
        }
    }

    private func deliver(_ event: CoordinationEvent, to channel: String) {
        let listeners = state.withLock { Array(($0.listeners[channel] ?? [:]).values) }
        for listener in listeners {
            if case .dropped = listener.yield(event) { listener.yield(.resumed) }
        }
    }

    private func disconnected() {
        state.withLock { $0.confirmed = [] }
    }

    func giveUpOverdue() {
        let now = MonotonicTime.now.milliseconds
        let overdue = state.withLock { state in
            let count = state.waiters.prefix { $0.until <= now }.count
            defer { state.waiters.removeFirst(count) }
            return state.waiters.prefix(count).map(\.waiter)
        }
        for waiter in overdue { waiter.resume() }
    }

    func unreachable() {
        let waiters = state.withLock { state in
            state.isAway = true
            return state.takeSettled()
        }
        for waiter in waiters { waiter.resume() }
    }

    func stopped() {
        let (listeners, waiters) = state.withLock { state in
            state.isStopped = true
            defer { state.listeners = [:] }
            return (state.listeners.values.flatMap(\.values), state.takeSettled())
        }
        for listener in listeners { listener.finish() }
        for waiter in waiters { waiter.resume() }
    }
}

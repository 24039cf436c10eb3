@_spi(Host) import Common
import Synchronization

/// Pipelines the commands of many tasks over one connection. Waiting commands are sent together, and their replies come back in the
/// same order.
final class RedisCommands: RedisService {
    private typealias Answer = CheckedContinuation<RedisReply, any Error>

    private struct State {
        var waiting: [(command: [String], answer: Answer, until: Int)] = []
        /// Whether Redis can't be reached. Commands fail immediately while it is true.
        var isAway = false
        var isStopped = false
        /// The digests of the scripts that Redis has loaded.
        var digests: [RedisScript: String] = [:]
    }

    /// The maximum number of waiting commands. Further commands fail immediately.
    private static let maximumWaiting = 10_000
    /// The maximum number of commands sent together.
    private static let maximumBatch = 500

    let wakeUp = WakeUp()
    private let state = Mutex(State())
    private let timeoutMilliseconds: Int

    /// - Parameter timeoutMilliseconds: how long a command may wait to be sent, and then how long it may wait for its reply.
    init(timeoutMilliseconds: Int) { self.timeoutMilliseconds = timeoutMilliseconds }

    static let unavailable = ServiceError.unavailable(
        "coordination_unavailable", "A server that Pulse needs is not available at the moment. Try again in a few seconds.",
        retryAfterSeconds: 2
    )

    // MARK: Called by tasks

    /// Runs a command and returns the reply.
    /// - Throws: `ServiceError` 503 when there is no connection, when too many commands are waiting, and when the reply is an
    ///   error. Also when the connection breaks or hangs before the reply arrives; in that case, the command may have run.
    func run(_ command: [String]) async throws -> RedisReply {
        let reply = try await answer(to: command)
        if reply.errorCode != nil { throw Self.unavailable }
        return reply
    }

    /// Runs a script and returns the reply. Sends only the script's digest, unless Redis doesn't have the script loaded.
    func run(_ script: RedisScript, key: String, _ arguments: [String]) async throws -> RedisReply {
        if let digest = state.withLock({ $0.digests[script] }) {
            let reply = try await answer(to: ["EVALSHA", digest, "1", key] + arguments)
            if reply.errorCode == nil { return reply }
            guard reply.errorCode == "NOSCRIPT" else { throw Self.unavailable }
        }
        return try await run(["EVAL", script.rawValue, "1", key] + arguments)
    }

    private func answer(to command: [String]) async throws -> RedisReply {
        let until = MonotonicTime.now.milliseconds + timeoutMilliseconds
        return try await withCheckedThrowingContinuation { answer in
            let isAccepted = state.withLock { state in
                guard !state.isAway, !state.isStopped, state.waiting.count < Self.maximumWaiting else { return false }
                state.waiting.append((command, answer, until))
                return true
            }
            if isAccepted { wakeUp.signal() } else { answer.resume(throwing: Self.unavailable) }
        }
    }

    // MARK: Called by the connection's thread

    func serve(_ connection: RedisConnection, until isStopped: () -> Bool) throws {
        try loadScripts(connection)
        state.withLock { $0.isAway = false }
        var sent: [(answer: Answer, until: Int)] = []
        // The remaining commands may have run, so they aren't sent again.
        defer { for command in sent { command.answer.resume(throwing: Self.unavailable) } }
        while !isStopped() {
            let batch = state.withLock { state in
                let count = min(state.waiting.count, Self.maximumBatch)
                defer { state.waiting.removeFirst(count) }
                return Array(state.waiting.prefix(count))
            }
            if !batch.isEmpty {
                let until = MonotonicTime.now.milliseconds + timeoutMilliseconds
                sent += batch.map { ($0.answer, until) }
                try connection.send(batch.map(\.command))
            }
            let isReadable = wakeUp.wait(orReadable: connection.descriptor, milliseconds: waitMilliseconds(until: sent.first?.until))
            if isReadable { try receive(connection, &sent) }
            if let first = sent.first, MonotonicTime.now.milliseconds >= first.until {
                throw RedisConnectionLost(reason: "no reply in time")
            }
        }
    }

    private func waitMilliseconds(until end: Int?) -> Int {
        let isMore = state.withLock { !$0.waiting.isEmpty }
        return isMore ? 0 : end.map { max(0, $0 - MonotonicTime.now.milliseconds) } ?? 60_000
    }

    private func receive(_ connection: RedisConnection, _ sent: inout [(answer: Answer, until: Int)]) throws {
        try connection.receive()
        var count = 0
        defer { sent.removeFirst(count) }
        while let reply = try connection.nextReply() {
            guard count < sent.count else { throw RedisConnectionLost(reason: "received a reply that belongs to no command") }
            sent[count].answer.resume(returning: reply)
            count += 1
            // This Redis was demoted to a replica. Reconnect, because its host name may now resolve to the new primary.
            if reply.errorCode == "READONLY" { throw RedisConnectionLost(reason: "READONLY") }
        }
    }

    private func loadScripts(_ connection: RedisConnection) throws {
        for script in RedisScript.allCases {
            let digest = try connection.ask(["SCRIPT", "LOAD", script.rawValue]).text
            state.withLock { $0.digests[script] = digest }
        }
    }

    func giveUpOverdue() {
        let now = MonotonicTime.now.milliseconds
        let overdue = state.withLock { state in
            let count = state.waiting.prefix { $0.until <= now }.count
            defer { state.waiting.removeFirst(count) }
            return Array(state.waiting.prefix(count))
        }
        for command in overdue { command.answer.resume(throwing: Self.unavailable) }
    }

    func unreachable() {
        fail { $0.isAway = true }
    }

    func stopped() {
        fail { $0.isStopped = true }
    }

    private func fail(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer { state.waiting = [] }
            return state.waiting
        }
        for command in waiting { command.answer.resume(throwing: Self.unavailable) }
    }
}

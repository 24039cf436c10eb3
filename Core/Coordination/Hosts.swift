import Common
import Synchronization

/// The other hosts of this installation that are running, and questions to them, over the coordination that they share.
///
/// Each host says every two seconds that it is there. A question goes to all hosts that were heard lately, and each of them replies once it
/// has done what the question asks for. Without other hosts, a question costs nothing.
///
/// A host also hears itself. While it doesn't, the coordination is out of reach, and the silence of the others says nothing about them: they
/// may go on collecting.
public final class Hosts: Sendable {
    /// Does what a question asks for. The reply is text without line breaks. An error counts as no reply.
    public typealias Answer = @Sendable (_ text: String) async throws -> String

    /// What a question brought.
    public struct Replies: Sendable {
        /// The replies, by host.
        public internal(set) var replies: [String: String]
        /// The hosts that gave no reply in time, each with the last text that it said of itself.
        public internal(set) var missing: [String: String]
        /// The last time that this host could reach the coordination; nil if it can now. If it can't, nobody was asked, and hosts that it
        /// doesn't know of may be running.
        public internal(set) var cutOffSince: Instant?
    }

    fileprivate struct Question {
        /// The hosts that have not replied yet.
        var asked: Set<String>
        var replies: [String: String] = [:]
        let wait: CheckedContinuation<Void, Never>
    }

    fileprivate struct State {
        /// When each host was heard last, and what it said of itself.
        var others: [String: (at: Instant, about: String)] = [:]
        var topics: [String: Answer] = [:]
        var questions: [Int: Question] = [:]
        /// The replies to questions that have ended, until the asker takes them.
        var ended: [Int: [String: String]] = [:]
        var next = 0
        var channel: String?
        /// When this host was last heard by itself; until it was, when it began to take part.
        var heardItself = Instant(milliseconds: 0)
        var wasHeard = false
        var isCutOff = false
        /// Those who wait until this host hears itself.
        var listening: [Int: CheckedContinuation<Bool, Never>] = [:]
    }

    private let coordination: any Coordination
    private let time: any TimeSource
    /// This host's id, a word.
    public let id: String
    private let state = Mutex(State())

    /// A host that was not heard for this long has stopped.
    static let silenceSeconds: Int64 = 10
    private static let heartbeat = Duration.seconds(2)
    /// A host that did not hear itself for this long makes sure that it still can.
    fileprivate static let doubtSeconds: Int64 = 5
    private static let echoLimit = Duration.seconds(1)

    public init(coordination: any Coordination, id: String, time: any TimeSource) {
        self.coordination = coordination
        self.id = id
        self.time = time
    }

    /// Registers what answers questions about `topic`, a word. Call it before `run`.
    public func answer(_ topic: String, with answer: @escaping Answer) { state.withLock { $0.topics[topic] = answer } }

    /// The other hosts that were heard lately, or just before this host was cut off from the coordination.
    public var others: [String] {
        let now = time.now
        return state.withLock { $0.heard(at: now) }
    }

    /// Whether this host is known to be the only one, so that it needs to ask nobody.
    public var isAlone: Bool {
        let now = time.now
        return state.withLock { state in
            state.channel == nil || !state.isCutOff && !state.isInDoubt(at: now) && state.heard(at: now).isEmpty
        }
    }

    // MARK: Asking

    /// Asks all other hosts, and returns when all have replied or `limit` has passed.
    public func ask(_ topic: String, _ text: String = "", within limit: Duration) async -> Replies {
        guard let channel = state.withLock({ $0.channel }) else { return Replies(replies: [:], missing: [:]) }
        if await !hearsItself(on: channel) {
            return state.withLock { state in
                let missing = state.heard(at: state.heardItself).map { ($0, state.others[$0]?.about ?? "") }
                return Replies(
                    replies: [:], missing: Dictionary(missing) { first, _ in first }, cutOffSince: state.heardItself)
            }
        }
        let asked = Set(others)
        guard !asked.isEmpty else { return Replies(replies: [:], missing: [:]) }
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let message = "ask \(id) \(number) \(topic) \(text)"
        let sending = Mutex<Task<Void, Never>?>(nil)
        await withTaskCancellationHandler {
            await withCheckedContinuation { wait in
                state.withLock { $0.questions[number] = Question(asked: asked, wait: wait) }
                let task = Task {
                    if (try? await coordination.publish(channel, message)) != nil { try? await Task.sleep(for: limit) }
                    end(number)
                }
                sending.withLock { $0 = task }
                // Cancelled before the question was registered.
                if Task.isCancelled { end(number) }
            }
        } onCancel: {
            end(number)
        }
        sending.withLock { $0 }?.cancel()
        return state.withLock { state in
            let replies = state.ended.removeValue(forKey: number) ?? [:]
            let missing = asked.subtracting(replies.keys)
            return Replies(
                replies: replies, missing: Dictionary(missing.map { ($0, state.others[$0]?.about ?? "") }) { first, _ in first })
        }
    }

    /// Whether this host hears itself. Asks only if it did not lately, and not again while it is cut off: its next heartbeat that comes
    /// back shows that it no longer is.
    private func hearsItself(on channel: String) async -> Bool {
        let now = time.now
        let (isCutOff, isInDoubt, number) = state.withLock { state in
            state.next += 1
            return (state.isCutOff, state.isInDoubt(at: now), state.next)
        }
        guard !isCutOff else { return false }
        guard isInDoubt else { return true }
        let isHeard = await withCheckedContinuation { wait in
            state.withLock { $0.listening[number] = wait }
            // Two tasks, because sending takes longer than the limit if the coordination hangs.
            Task { if (try? await coordination.publish(channel, "echo \(id)")) == nil { giveUpListening(number) } }
            Task {
                try? await Task.sleep(for: Self.echoLimit)
                giveUpListening(number)
            }
        }
        if !isHeard { state.withLock { $0.isCutOff = true } }
        return isHeard
    }

    private func giveUpListening(_ number: Int) {
        state.withLock { $0.listening.removeValue(forKey: number) }?.resume(returning: false)
    }

    private func hearItself() {
        let now = time.now
        let waiting = state.withLock { state in
            state.heardItself = now
            state.wasHeard = true
            state.isCutOff = false
            defer { state.listening = [:] }
            return state.listening.values
        }
        for wait in waiting { wait.resume(returning: true) }
    }

    private func end(_ number: Int) {
        state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let question = state.questions.removeValue(forKey: number) else { return nil }
            state.ended[number] = question.replies
            return question.wait
        }?.resume()
    }

    // MARK: Running

    /// Takes part until the task is cancelled.
    /// - Parameters:
    ///   - installation: the installation's id, the same on all of its hosts. Hosts of other installations are not heard.
    ///   - about: what this host says of itself with each heartbeat; text without line breaks.
    public func run(installation: String, about: @escaping @Sendable () -> String) async {
        let channel = "hosts:\(installation)"
        let events = coordination.subscribe(channel)
        let now = time.now
        state.withLock { state in
            state.channel = channel
            state.heardItself = now
        }
        await withTaskGroup { group in
            group.addTask {
                await self.say("hello", about, on: channel)
                while (try? await Task.sleep(for: Self.heartbeat)) != nil { await self.say("here", about, on: channel) }
            }
            group.addTask {
                for await event in events {
                    switch event {
                    case .message(let text): self.take(text, about, on: channel)
                    case .resumed: await self.say("hello", about, on: channel)
                    }
                }
            }
        }
        try? await coordination.publish(channel, "gone \(id)")
    }

    private func say(_ word: String, _ about: () -> String, on channel: String) async {
        try? await coordination.publish(channel, "\(word) \(id) \(about())")
    }

    private func take(_ text: String, _ about: @escaping @Sendable () -> String, on channel: String) {
        let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, parts[1] != id else { return hearItself() }
        let word = parts[0], other = parts[1], rest = parts.count > 2 ? parts[2] : ""
        if word == "gone" { return leave(other) }
        let isNew = state.withLock { state in
            let about = word == "ask" || word == "reply" ? state.others[other]?.about ?? "" : rest
            return state.others.updateValue((time.now, about), forKey: other) == nil
        }
        switch word {
        case "hello": Task { await say("here", about, on: channel) }
        case "here" where isNew: Task { await say("here", about, on: channel) }
        case "ask": Task { await reply(to: other, rest, on: channel) }
        case "reply": take(reply: rest, from: other)
        default: break
        }
    }

    private func reply(to other: String, _ question: String, on channel: String) async {
        let parts = question.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let answer = state.withLock({ $0.topics[parts[1]] }), let reply = try? await answer(parts[2]) else {
            return
        }
        try? await coordination.publish(channel, "reply \(id) \(other) \(parts[0]) \(reply)")
    }

    private func take(reply text: String, from other: String) {
        let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == id, let number = Int(parts[1]) else { return }
        let isDone = state.withLock { state in
            guard state.questions[number]?.asked.remove(other) != nil else { return false }
            state.questions[number]?.replies[other] = parts[2]
            return state.questions[number]?.asked.isEmpty == true
        }
        if isDone { end(number) }
    }

    /// A host that stops has applied what it acknowledged, so nobody has to wait for it.
    private func leave(_ other: String) {
        let done = state.withLock { state -> [Int] in
            state.others[other] = nil
            return state.questions.keys.filter { number in
                guard state.questions[number]?.asked.remove(other) != nil else { return false }
                state.questions[number]?.replies[other] = ""
                return state.questions[number]?.asked.isEmpty == true
            }
        }
        for number in done { end(number) }
    }
}

extension Hosts.State {
    /// The other hosts that were heard in the ten seconds before `now`, or before this host was last heard by itself if it is cut off.
    fileprivate func heard(at now: Instant) -> [String] {
        let end = isCutOff ? heardItself : now
        return others.filter { end - $0.value.at < Hosts.silenceSeconds * 1_000 }.keys.sorted()
    }

    fileprivate func isInDoubt(at now: Instant) -> Bool { !wasHeard || now - heardItself >= Hosts.doubtSeconds * 1_000 }
}

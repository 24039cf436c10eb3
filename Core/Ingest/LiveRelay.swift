import Common
import Coordination
@_spi(Host) import Storage
import Synchronization

/// Carries live events between hosts: a host sends the events of a project to the others while one of them has watchers of it.
final class LiveRelay: Sendable {
    private struct State {
        /// Until when other hosts want a project's events.
        var wanted: [Int32: Instant] = [:]
        var channel: String?
    }

    private let hosts: Hosts
    private let coordination: any Coordination
    private let time: any TimeSource
    private let state = Mutex(State())
    private let outgoing: AsyncStream<String>
    private let queue: AsyncStream<String>.Continuation

    private static let topic = "watch"
    /// A host that has watchers says so again every 15 seconds (`LiveStream.keepAlive`).
    private static let wantedSeconds: Int64 = 60
    /// The writer never waits for Redis: beyond this many messages, live events are left out.
    private static let queuedMessages = 1_000

    init(hosts: Hosts, coordination: any Coordination, time: any TimeSource) {
        self.hosts = hosts
        self.coordination = coordination
        self.time = time
        (outgoing, queue) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingNewest(Self.queuedMessages))
        hosts.answer(Self.topic) { [weak self] text in
            for project in text.split(separator: ",").compactMap({ Int32($0) }) { self?.want(project) }
            return ""
        }
    }

    private func want(_ project: Int32) {
        let until = time.now.adding(seconds: Self.wantedSeconds)
        state.withLock { $0.wanted[project] = until }
    }

    /// Tells the other hosts that this one has watchers of `projects`. Returns when they know, or after a second.
    func announce(_ projects: Set<Int32>) async {
        guard !projects.isEmpty else { return }
        _ = await hosts.ask(Self.topic, projects.map(String.init).joined(separator: ","), within: .seconds(1))
    }

    /// The projects whose events other hosts want now.
    var wanted: Set<Int32> {
        let now = time.now
        return state.withLock { state in
            guard !state.wanted.isEmpty else { return [] }
            state.wanted = state.wanted.filter { $0.value > now }
            return Set(state.wanted.keys)
        }
    }

    /// Sends server-sent events to the other hosts.
    func send(_ events: String, of project: Int32, module: String) { queue.yield("\(hosts.id) \(project) \(module) \(events)") }

    /// Carries events until the task is cancelled.
    func run(installation: String, deliver: @escaping @Sendable (_ project: Int32, _ module: String, _ events: String) -> Void) async {
        let channel = "live:\(installation)", incoming = coordination.subscribe(channel)
        await withTaskGroup { group in
            group.addTask { for await message in self.outgoing { try? await self.coordination.publish(channel, message) } }
            group.addTask {
                for await case .message(let text) in incoming {
                    let parts = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
                    guard parts.count == 4, String(parts[0]) != self.hosts.id, let project = Int32(parts[1]) else { continue }
                    deliver(project, String(parts[2]), String(parts[3]))
                }
            }
        }
    }
}

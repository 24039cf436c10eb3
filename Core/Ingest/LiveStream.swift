import Common
import Coordination
import NIOCore
import Questions
@_spi(Host) import Storage
import Synchronization

/// Sends facts to watchers as they arrive, on whichever host. The writer publishes each batch after it has applied the batch.
@_spi(Host) public final class LiveStream: Sendable {
    private struct Watcher {
        let project: Int32
        /// The watcher's current rights; nil if it may no longer watch.
        let rights: @Sendable () -> Rights?
        let continuation: AsyncStream<ByteBuffer>.Continuation
    }

    /// Whether the watcher may read the facts of a module.
    public typealias Rights = @Sendable (_ module: String) -> Bool

    private struct State {
        var watchers: [Int: Watcher] = [:]
        var next = 0
        var isClosed = false
    }

    private static let bufferedEvents = 1_000
    private static let maximumWatchers = 1_000
    /// The most watchers that one project may have, so no project can occupy all of them.
    private static let maximumOfProject = 250

    private let tables: [FactTable]
    /// The module facts that the stream shows, by table name.
    private let shown: [String: (module: String, table: LiveTable)]
    private let relay: LiveRelay?
    private let state = Mutex(State())

    /// - Parameter hosts: the installation's other hosts, with the coordination that they share; nil if there can be none.
    public init(
        tables: [FactTable], shown: [(module: String, table: LiveTable)] = [],
        hosts: (hosts: Hosts, coordination: any Coordination, time: any TimeSource)? = nil
    ) {
        relay = hosts.map { LiveRelay(hosts: $0.hosts, coordination: $0.coordination, time: $0.time) }
        self.tables = tables
        self.shown = Dictionary(shown.map { ($0.table.table.name, $0) }) { first, _ in first }
    }

    /// Returns the server-sent events of `project` that follow this call: an `activity` event for each pageview and custom event, and the
    /// facts that modules show. A watcher that can't keep up misses the oldest events.
    /// - Parameter rights: called for every batch; the stream ends when it returns nil.
    /// - Throws: 503 if there are too many watchers, or the server is stopping.
    public func watch(_ project: Int32, rights: @escaping @Sendable () -> Rights?) async throws -> AsyncStream<ByteBuffer> {
        let (stream, continuation) = AsyncStream<ByteBuffer>.makeStream(bufferingPolicy: .bufferingNewest(Self.bufferedEvents))
        let number = try state.withLock { state -> Int? in
            guard !state.isClosed else { throw ServiceError.unavailable("stopping", "The server is stopping. Try again in a moment.") }
            let own = state.watchers.values.count { $0.project == project }
            guard state.watchers.count < Self.maximumWatchers, own < Self.maximumOfProject else { return nil }
            state.next += 1
            state.watchers[state.next] = Watcher(project: project, rights: rights, continuation: continuation)
            return state.next
        }
        guard let number else {
            throw ServiceError.unavailable("too_many_streams", "Too many streams are open. Try again in 5 seconds.", retryAfterSeconds: 5)
        }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { _ = $0.watchers.removeValue(forKey: number) } }
        // A comment sent first, so proxies and clients see the response start immediately.
        continuation.yield(ByteBuffer(string: ": connected\n\n"))
        await relay?.announce([project])
        return stream
    }

    /// Number of open streams.
    var watchers: Int { state.withLock { $0.watchers.count } }

    /// Sends a comment to every watcher. This detects closed connections and ends streams whose key lost its rights.
    public func keepAlive() async {
        let watchers = admitted(state.withLock { Array($0.watchers.values) }).map(\.watcher)
        for watcher in watchers { watcher.continuation.yield(ByteBuffer(string: ": alive\n\n")) }
        await relay?.announce(Set(watchers.map(\.project)))
    }

    /// Carries events from and to other hosts until the task is cancelled.
    public func run(installation: String) async {
        await relay?.run(installation: installation) { [weak self] project, module, events in
            self?.deliver(events, of: project, module: module)
        }
    }

    private func deliver(_ events: String, of project: Int32, module: String) {
        let watchers = state.withLock { $0.watchers.values.filter { $0.project == project } }
        let text = ByteBuffer(string: events)
        for (watcher, mayRead) in admitted(watchers) where mayRead(module) { watcher.continuation.yield(text) }
    }

    /// Returns the watchers that may still watch and what they may read, and ends the streams of the others.
    private func admitted(_ watchers: [Watcher]) -> [(watcher: Watcher, mayRead: Rights)] {
        watchers.compactMap { watcher in
            if let rights = watcher.rights() { return (watcher, rights) }
            watcher.continuation.finish()
            return nil
        }
    }

    /// Sends the new facts of a batch to the watchers.
    public func publish(_ rows: [EncodedRow], _ duplicates: [Bool]) {
        let all = state.withLock { Array($0.watchers.values) }, elsewhere = relay?.wanted ?? []
        guard !all.isEmpty || !elsewhere.isEmpty else { return }
        let watchers = Dictionary(grouping: admitted(all), by: \.watcher.project)
        var sent: [Destination: String] = [:]
        for (row, isDuplicate) in zip(rows, duplicates) where !isDuplicate {
            let header = row.read { header, _ in header }, isWanted = elsewhere.contains(header.project)
            guard isWanted || watchers[header.project] != nil, let module = module(of: header.table) else { continue }
            let readers = watchers[header.project]?.filter { $0.mayRead(module) } ?? []
            guard isWanted || !readers.isEmpty, let event = event(row, of: header.table) else { continue }
            for reader in readers { reader.watcher.continuation.yield(event) }
            if isWanted { sent[Destination(project: header.project, table: header.table), default: ""] += String(buffer: event) }
        }
        for (destination, events) in sent {
            relay?.send(events, of: destination.project, module: module(of: destination.table) ?? Self.activityModule)
        }
    }

    private struct Destination: Hashable {
        let project: Int32
        let table: Int
    }

    /// The module that gates the rows of a table; nil if the stream doesn't show them.
    private func module(of table: Int) -> String? {
        let name = tables[table].name
        return name == Activity.table.name ? Self.activityModule : shown[name]?.module
    }

    private func event(_ row: EncodedRow, of table: Int) -> ByteBuffer? {
        let name = tables[table].name
        return name == Activity.table.name ? Self.event(row) : shown[name]?.table.serverSentEvent(row)
    }

    /// Ends every stream and rejects new ones. Called at shutdown.
    public func close() {
        let watchers = state.withLock { state in
            defer { state.watchers = [:] }
            state.isClosed = true
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.continuation.finish() }
    }

    /// The module that gates the shared activity table.
    private static let activityModule = "core"

    /// The activity columns that watchers see, in the order of the event's JSON.
    private static let columns = [
        "browser", "city", "country", "data", "device", "language", "name", "os", "path", "referrer", "region", "source", "title",
    ]

    private static func event(_ row: EncodedRow) -> ByteBuffer {
        // exact: columns are named in our source
        let values = Dictionary(uniqueKeysWithValues: zip(Activity.table.allColumns.map(\.name), row.values))
        var text = JSONText()
        text.append(raw: #"event: activity"# + "\n" + #"data: {"at":"#)
        text.append(string: Instant(milliseconds: values["occurred_at"]?.int ?? 0).iso8601)
        for name in columns {
            text.append(raw: #","\#(name)":"#)
            if name == "data" { text.append(raw: values["data"]?.text ?? "null") } else { text.append(string: values[name]?.text ?? "") }
        }
        text.append(raw: #","type":"#)
        text.append(string: values["kind"]?.int == Activity.Kind.pageview.rawValue ? "pageview" : "event")
        text.append(raw: #","visitor":"#)
        text.append(string: VisitorList.anonymousID(values["visitor"]?.int ?? 0))
        text.append(raw: "}\n\n")
        return ByteBuffer(bytes: text.bytes)
    }
}

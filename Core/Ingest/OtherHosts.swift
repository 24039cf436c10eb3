import Common
import Coordination

/// What the hosts of an installation ask each other, so that a report and an erasure on one of them see what all have acknowledged.
@_spi(Host) public struct OtherHosts: Sendable {
    private let hosts: Hosts
    private let writer: IngestWriter
    private let time: any TimeSource

    /// How long a report waits for the other hosts' replies. A host replies late if it waits for its event store.
    private let reportLimit = Duration.milliseconds(2_500)
    private let erasureLimit: Duration

    private static let settle = "settle", settleAll = "settle-all", forget = "forget"

    /// - Parameter erasureLimit: how long an erasure waits for the other hosts' replies.
    public init(hosts: Hosts, writer: IngestWriter, time: any TimeSource, erasureLimit: Duration = .seconds(30)) {
        self.hosts = hosts
        self.erasureLimit = erasureLimit
        self.writer = writer
        self.time = time
    }

    /// Answers the questions of other hosts.
    /// - Parameter forget: removes what this host keeps in memory about an erased visitor.
    public func answer(forget: @escaping @Sendable (_ project: Int32, _ visitor: Int64) async -> Void) {
        hosts.answer(Self.settle) { [writer] text in
            guard let project = Int32(text) else { return "" }
            return try await writer.settle(project).map { String($0.milliseconds) } ?? ""
        }
        hosts.answer(Self.settleAll) { [writer] _ in
            try await writer.settle()
            return ""
        }
        hosts.answer(Self.forget) { [writer] text in
            let numbers = text.split(separator: " ").compactMap { Int64($0) }
            guard numbers.count == 2 else { return "" }
            await forget(Int32(truncatingIfNeeded: numbers[0]), numbers[1])
            await writer.dropStored()
            return ""
        }
    }

    /// What a host says of itself with each heartbeat: the instant before which everything that it acknowledged can be queried.
    public func about() -> String { String(writer.asOf(time.now).milliseconds) }

    /// Waits until the events of `project` that any host has acknowledged can be queried, but not for long.
    /// - Returns: nil once they can be queried; otherwise the instant before which all of them can.
    /// - Throws: 503 while the event store is unavailable.
    public func settle(_ project: Int32) async throws -> Instant? {
        guard !hosts.isAlone else { return try await writer.settle(project) }
        async let others = hosts.ask(Self.settle, String(project), within: reportLimit)
        let own = try await writer.settle(project), replies = await others
        let late = (Array(replies.replies.values) + replies.missing.values).compactMap { Int64($0) }.map(Instant.init(milliseconds:))
        // A host that gave no reply is known up to its last heartbeat, and all hosts are up to when this one was cut off from them.
        return ([own, replies.cutOffSince].compactMap { $0 } + late).min()
    }

    /// Waits until everything that any host has acknowledged can be queried.
    /// - Throws: 503 if a host doesn't reply in time, or if this host is cut off from the others.
    public func settleAll() async throws {
        async let others = hosts.ask(Self.settleAll, within: erasureLimit)
        try await writer.settle()
        try Self.check(await others, "Nothing was changed.")
    }

    /// Makes all other hosts forget an erased visitor.
    /// - Throws: 503 if a host doesn't reply in time, or if this host is cut off from the others.
    public func forget(_ visitor: Int64, of project: Int32) async throws {
        let replies = await hosts.ask(Self.forget, "\(project) \(visitor)", within: erasureLimit)
        try Self.check(replies, "What is stored was deleted.")
    }

    private static func check(_ replies: Hosts.Replies, _ state: String) throws {
        if replies.cutOffSince != nil {
            throw ServiceError.unavailable(
                "hosts_out_of_reach",
                "This host can't reach Redis, so it can't tell whether other hosts of this installation are running. \(state) "
                    + "Try again when Redis responds.",
                retryAfterSeconds: 10)
        }
        guard replies.missing.isEmpty else {
            throw ServiceError.unavailable(
                "host_silent", "Another host of this installation does not respond. \(state) Try again in 10 seconds.",
                retryAfterSeconds: 10)
        }
    }
}

import Common
@_spi(Host) import Storage
import Synchronization

/// Runs the SQL statements of reports. Waits briefly until the writer has caught up, caches results until facts in their range change, and
/// lets projects take turns.
@_spi(Host) public final class Reports: ReportReader {
    private struct CacheKey: Hashable {
        let text: ExactText
        let values: [Value]
    }

    private struct CachedRows {
        let rows: Rows
        let version: Int64
        let bytes: Int
        var used: Int64
    }

    private struct Cache {
        var entries: [CacheKey: CachedRows] = [:]
        var bytes = 0
        var clock: Int64 = 0
    }

    private let events: any EventStore
    let settle: @Sendable (Int32) async throws -> Instant?
    private let version: @Sendable (Int32, TimeRange) -> Int64?
    private let timeoutSeconds: Double
    private let maximumBytes: Int
    private let cache = Mutex(Cache())
    private let turns: FairSemaphore

    /// The maximum number of a project's statements that may wait for their turn.
    private static let maximumWaiting = 256

    /// - Parameters:
    ///   - readers: the number of statements that the store runs concurrently. A project may use all but one of these places, so it never
    ///     holds up the statements of other projects or the writer's lookups.
    ///   - settle: waits briefly until the project's acknowledged events can be queried. Returns nil if all of them can; otherwise the
    ///     instant before which all of them can.
    ///   - version: returns a number that grows whenever facts of the project in the range change. Returns nil if this host can't know,
    ///     because other hosts write too. Nothing is cached in that case.
    public init(
        events: any EventStore, readers: Int, timeoutSeconds: Double, maximumBytes: Int,
        settle: @escaping @Sendable (Int32) async throws -> Instant?, version: @escaping @Sendable (Int32, TimeRange) -> Int64?
    ) {
        self.events = events
        self.timeoutSeconds = timeoutSeconds
        self.maximumBytes = maximumBytes
        self.settle = settle
        self.version = version
        turns = FairSemaphore(permits: readers, permitsOfGroup: max(1, readers - 1), waitersOfGroup: Self.maximumWaiting)
    }

    public var dialect: Dialect { events.dialect }

    public func rows(_ query: PartedQuery, of project: Int32, over range: TimeRange) async throws -> Rows {
        try await forOneResponse().rows(query, of: project, over: range)
    }

    public func stream(_ statement: SQL, of project: Int32) async throws -> RowStream {
        try await forOneResponse().stream(statement, of: project)
    }

    public func visitorBound(of project: Int32) async throws -> Int64? { try await forOneResponse().visitorBound(of: project) }

    public func forOneResponse() -> any ReportReader { AnswerReports(self) }

    // MARK: For one response

    func answer(_ query: PartedQuery, of project: Int32, over range: TimeRange) async throws -> Rows {
        // The version is read before the statement runs. If facts are applied while it runs, the cached result counts as stale.
        guard maximumBytes > 0, let version = version(project, range) else { return try await ask(query, of: project) }
        let (text, values) = query.statement.rendered(for: dialect)
        let key = CacheKey(text: ExactText(text), values: values)
        if let rows = cachedRows(for: key, version) { return rows }
        let rows = try await ask(query, of: project)
        store(rows, for: key, version)
        return rows
    }

    /// Starts a statement on a connection of its own. It takes no turn, because a client may take long to read its rows.
    func start(_ statement: SQL, of project: Int32) async throws -> RowStream {
        let reader = try events.reader(of: project, secondsPerBatch: timeoutSeconds)
        try await RowStream.limited { try await reader.start(statement) }
        return RowStream(reader)
    }

    func bound(of project: Int32) async throws -> Int64? { try await events.visitorBound(of: project) }

    /// The number of statements that are waiting for their turn.
    var waiting: Int { turns.waiting }

    /// Runs a statement when it is the project's turn. The time spent waiting counts towards the timeout.
    @_spi(Host) public func ask(_ statement: SQL, of project: Int32) async throws -> Rows {
        try await inTurn(of: project) { try await self.events.query(statement, timeoutSeconds: $0) }
    }

    private func ask(_ query: PartedQuery, of project: Int32) async throws -> Rows {
        try await inTurn(of: project) { try await self.events.query(query, timeoutSeconds: $0) }
    }

    private func inTurn(of project: Int32, _ query: @Sendable (_ timeoutSeconds: Double) async throws -> Rows) async throws -> Rows {
        let limit = Duration.seconds(timeoutSeconds), start = ContinuousClock.now
        do {
            return try await turns.withPermit(of: String(project), within: limit) {
                let left = (limit - (ContinuousClock.now - start)) / .seconds(1)
                return try await query(max(left, 0.001))
            }
        } catch FairSemaphore.Refusal.crowded {
            throw Self.crowded
        } catch  where error is QueryTimeout || error as? FairSemaphore.Refusal == .late {
            throw ServiceError.unavailable(
                "query_timeout",
                "The report took longer than \(Int(timeoutSeconds)) seconds and was stopped. Request a shorter range or fewer filters.",
                retryAfterSeconds: 5)
        }
    }

    private static let crowded = ServiceError.unavailable(
        "event_store_busy", "The project already has \(maximumWaiting) queries waiting. Try again in a few seconds.",
        retryAfterSeconds: 2)

    private func cachedRows(for key: CacheKey, _ version: Int64) -> Rows? {
        cache.withLock { cache in
            guard let entry = cache.entries[key] else { return nil }
            guard entry.version == version else {
                cache.bytes -= entry.bytes
                cache.entries[key] = nil
                return nil
            }
            cache.clock += 1
            cache.entries[key]?.used = cache.clock
            return entry.rows
        }
    }

    private func store(_ rows: Rows, for key: CacheKey, _ version: Int64) {
        let bytes =
            key.text.text.utf8.count
            + rows.values.reduce(0) { total, row in
                total + row.reduce(64) { $0 + 32 + ($1.text?.utf8.count ?? 0) }
            }
        // A single large result must not evict everything else.
        guard bytes <= maximumBytes / 8 else { return }
        cache.withLock { cache in
            cache.clock += 1
            if let old = cache.entries[key] { cache.bytes -= old.bytes }
            cache.entries[key] = CachedRows(rows: rows, version: version, bytes: bytes, used: cache.clock)
            cache.bytes += bytes
            guard cache.bytes > maximumBytes else { return }
            for (old, entry) in cache.entries.sorted(by: { $0.value.used < $1.value.used }) where cache.bytes > maximumBytes * 3 / 4 {
                cache.bytes -= entry.bytes
                cache.entries[old] = nil
            }
        }
    }
}

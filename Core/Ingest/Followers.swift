import Common
import Logging
import Metrics
import ServiceLifecycle
@_spi(Host) import Storage
import Synchronization

/// Drives the followers of this host's journal, each at its own pace.
@_spi(Host) public final class Followers: Service {
    /// Sizes and times.
    public struct Settings: Sendable {
        /// About how many bytes of the journal a batch has.
        var batchBytes = 1 << 20
        /// How far a follower may fall behind, in bytes of the journal.
        public var maximumBytes: Int64 = 1 << 30
        /// How long to wait before a batch that a follower did not take comes again; twice as long each time, up to the upper bound.
        var pauses: ClosedRange<Duration> = .milliseconds(100)...(.seconds(30))
        /// How often a cursor is stored.
        var saveMilliseconds: Int64 = 1_000
        public init() {}
    }

    /// How far each follower has come. `journal` is the id of the host's journal.
    static let table = Table(
        "ingest_followers",
        [Column("journal", .text), Column("follower", .text), Column("segment", .int64), Column("byte_offset", .int64)],
        primaryKey: ["journal", "follower"])

    /// The migrations of the tables of followers.
    public static let migrations = [
        Migration("004-duplicates", on: .events, [.createTable(FollowedDuplicates.table)]),
        Migration("005-followers", on: .control, [.createTable(table)]),
    ]

    private struct Place {
        var cursor: JournalPosition
        var saved: JournalPosition
        var savedAt = Instant(milliseconds: 0)
    }

    private struct State {
        var places: [String: Place] = [:]
        /// How far the event store has applied the journal.
        var applied = JournalPosition.start
        var wakers: [String: AsyncStream<Void>.Continuation] = [:]
    }

    private let followers: [any JournalFollower]
    private let journal: Journal
    private let events: any EventStore
    private let control: any ControlStore
    private let tables: [FactTable]
    private let translations: Translations
    private let settings: Settings
    private let time: any TimeSource
    private let logger: Logger
    private let lags: [String: Gauge]
    private let missed: [String: Counter]
    private let state = Mutex(State())

    public init(
        _ followers: [any JournalFollower], journal: Journal, events: any EventStore, control: any ControlStore, tables: [FactTable],
        unnamed: [[FactTable]], settings: Settings = Settings(), time: any TimeSource, metrics: any MetricsFactory, logger: Logger
    ) {
        self.followers = followers
        self.journal = journal
        self.events = events
        self.control = control
        self.tables = tables
        translations = Translations(to: tables, unnamed: unnamed)
        self.settings = settings
        self.time = time
        self.logger = logger
        // exact: followers are named in our source
        lags = Dictionary(
            followers.map {
                ($0.name, Gauge(label: "ingest_follower_lag_bytes", dimensions: [("follower", $0.name)], factory: metrics))
            }
        ) { first, _ in first }
        missed = Dictionary(
            followers.map {
                ($0.name, Counter(label: "ingest_follower_missed_bytes_total", dimensions: [("follower", $0.name)], factory: metrics))
            }
        ) { first, _ in first }
    }

    public var isEmpty: Bool { followers.isEmpty }

    // MARK: Cursors

    /// Reads the cursors, so the journal keeps what the followers need. Call it before the writer recovers.
    public func begin() async throws {
        guard !followers.isEmpty else { return }
        let journalID = journal.id
        let rows = try await control.read(
            "/* ingest.cursors */ SELECT follower, segment, byte_offset FROM ingest_followers WHERE journal = \(journalID)")
        let cursors = Dictionary(
            rows.map { ($0.text("follower"), JournalPosition(segment: $0.int("segment"), offset: $0.int("byte_offset"))) },
            uniquingKeysWith: max)
        let stored = try await events.position(of: journal.id) ?? .start, first = journal.startPosition
        for follower in followers {
            let cursor = cursors[follower.name] ?? max(stored, first)
            if cursor.segment < first.segment, cursors[follower.name] != nil {
                logger.error(
                    "a follower misses events: the journal no longer has them", metadata: ["follower": "\(follower.name)"])
            }
            let place = max(cursor, first)
            state.withLock { $0.places[follower.name] = Place(cursor: place, saved: place) }
            journal.hold(follower.name, from: place)
        }
    }

    /// Tells the followers how far the event store has come. Moves a follower that is too far behind.
    public func advance(to position: JournalPosition) {
        guard !followers.isEmpty else { return }
        let wakers = state.withLock { state in
            state.applied = position
            return Array(state.wakers.values)
        }
        for follower in followers { bound(follower.name) }
        for waker in wakers { waker.yield() }
    }

    private func bound(_ name: String) {
        guard let place = state.withLock({ $0.places[name] }) else { return }
        let lag = journal.bytes(from: place.saved)
        lags[name]?.record(lag)
        guard lag > settings.maximumBytes else { return }
        let next = journal.start(ofLast: settings.maximumBytes),
            lost = max(0, journal.bytes(from: place.cursor) - journal.bytes(from: next))
        state.withLock { state in
            state.places[name]?.cursor = max(place.cursor, next)
            state.places[name]?.saved = max(place.saved, next)
        }
        journal.hold(name, from: max(place.saved, next))
        guard lost > 0 else { return }
        missed[name]?.increment(by: lost)
        logger.error(
            "a follower of the journal is too far behind and misses events",
            metadata: ["follower": "\(name)", "missed.bytes": "\(lost)", "limit.bytes": "\(settings.maximumBytes)"])
    }

    private func save(_ name: String) async {
        let (now, journalID) = (time.now, journal.id)
        guard let cursor = state.withLock({ $0.places[name].flatMap { $0.cursor > $0.saved ? $0.cursor : nil } }) else { return }
        do {
            try await control.write(
                """
                /* ingest.save_cursor */ INSERT INTO ingest_followers (journal, follower, segment, byte_offset)
                VALUES (\(journalID), \(name), \(cursor.segment), \(cursor.offset))
                ON CONFLICT (journal, follower) DO UPDATE SET segment = excluded.segment, byte_offset = excluded.byte_offset
                """)
        } catch {
            // The cursor is stored later. Until then the journal keeps the events.
            logger.warning("a follower's place could not be stored", metadata: ["follower": "\(name)", "error": "\(error)"])
            return
        }
        let (first, isNewSegment) = state.withLock { state in
            let before = state.places.values.map(\.saved.segment).min() ?? 0
            state.places[name]?.saved = cursor
            state.places[name]?.savedAt = now
            let first = state.places.values.map(\.saved.segment).min() ?? 0
            return (first, first > before)
        }
        journal.hold(name, from: cursor)
        if isNewSegment { try? await events.change([FollowedDuplicates.deletion(journal: journal.id, before: first)]) }
    }

    private func saveSometimes(_ name: String) async {
        let now = time.now
        guard state.withLock({ now - ($0.places[name]?.savedAt ?? now) >= settings.saveMilliseconds }) else { return }
        await save(name)
    }

    // MARK: Running

    /// Drives the followers until shutdown.
    public func run() async throws {
        // A service that ends would end the host. One that is cancelled, because a request outlasts the grace period, just ends.
        guard !followers.isEmpty else {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                for follower in self.followers { group.addTask { await self.drive(follower) } }
            }
        }
        for follower in followers { await save(follower.name) }
    }

    private func drive(_ follower: any JournalFollower) async {
        let (wakes, waker) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.wakers[follower.name] = waker }
        waker.yield()
        for await _ in wakes {
            await self.catchUp(follower)
            if Task.isCancelled { return }
        }
    }

    private func catchUp(_ follower: any JournalFollower) async {
        var pause = settings.pauses.lowerBound, hasFailed = false
        while !Task.isCancelled {
            do {
                guard let (batch, next) = try await next(for: follower.name) else { return }
                if let batch { try await follower.take(batch) }
                if hasFailed { logger.info("a follower of the journal goes on", metadata: ["follower": "\(follower.name)"]) }
                (pause, hasFailed) = (settings.pauses.lowerBound, false)
                state.withLock { state in
                    if let place = state.places[follower.name] { state.places[follower.name]?.cursor = max(place.cursor, next) }
                }
                await saveSometimes(follower.name)
            } catch {
                if Task.isCancelled { return }
                if !hasFailed {
                    logger.warning(
                        "a follower of the journal did not take a batch and gets it again",
                        metadata: ["follower": "\(follower.name)", "error": "\(error)"])
                }
                hasFailed = true
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, settings.pauses.upperBound)
            }
        }
    }

    /// The next batch of a follower and the position after it; nil if the follower has taken everything that is applied.
    private func next(for name: String) async throws -> (batch: FollowedBatch?, next: JournalPosition)? {
        let (cursor, applied) = state.withLock { ($0.places[name]?.cursor ?? .start, $0.applied) }
        guard cursor < applied else { return nil }
        let reading = try journal.read(from: cursor, maximumBytes: settings.batchBytes)
        guard !reading.records.isEmpty else { return reading.next > cursor ? (nil, reading.next) : nil }
        // The store may not have applied all of what is on disk yet.
        let offsets = reading.offsets, segment = reading.start.segment
        let count = segment < applied.segment ? offsets.count : offsets.prefix { $0 < applied.offset }.count
        guard count > 0 else { return nil }
        let end = count < offsets.count ? JournalPosition(segment: segment, offset: offsets[count]) : reading.next
        let known = try await events.query(
            FollowedDuplicates.selection(journal: journal.id, from: reading.start, to: end.offset), timeoutSeconds: 30)
        let duplicates = FollowedDuplicates.parse(known.map { $0.text("places") })
        let translation = try translations.translation(of: reading, in: journal)
        var rows: [EncodedRow] = []
        for (record, offset) in zip(reading.records, offsets).prefix(count) {
            let left = duplicates[offset] ?? []
            for (index, row) in try JournalRecord(record).rows.enumerated() where !left.contains(where: { $0.contains(index) }) {
                rows.append(translation.map { $0(row) } ?? row)
            }
        }
        return (FollowedBatch(rows: rows, tables: tables, position: end), end)
    }
}

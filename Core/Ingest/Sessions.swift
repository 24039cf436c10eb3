import Common
import Storage
import Synchronization

/// Live sessions: which one an activity belongs to, and where in it the activity stands.
///
/// A session ends after 30 minutes (configurable) without activity, in the activities' own time, so that backdated
/// events sent in time order get the sessions that live collection would have given them. An activity that arrives
/// after a later one of its session joins it without a `seq`.
public final class Sessions: Sendable {
    /// Where an activity stands.
    public struct Place: Sendable, Equatable {
        public let at: Int64
        public let sessionAt: Int64
        /// Nil when it arrived out of order.
        public let seq: Int32?
        public let gap: Int32?
        public let pageviewNumber: Int32
        public let fromPath: String
    }

    struct Live: Sendable {
        var sessionAt: Int64
        var firstAt: Int64
        var lastAt: Int64
        var seq: Int32
        var pageviews: Int32
        var lastPath: String
        /// The id that was sent; such a session goes on whatever the pauses, for as long as it is kept.
        var sessionID: String?
        var attributes: SessionAttributes
        /// When it was last used, by this machine's clock.
        var touched: Int64
        /// Set when an activity that was counted here was not stored: no later `seq` can be trusted.
        var hasHole = false

        /// Milliseconds between `at` and the session's activity; 0 inside it.
        func distance(to at: Int64) -> Int64 { max(0, firstAt - at, at - lastAt) }
    }

    /// What identifies a session.
    public struct Name: Sendable {
        let project: Int32
        let visitor: Int64
        let sessionAt: Int64
    }

    private struct Visitor: Hashable {
        let project: Int32
        let visitor: Int64
    }

    private static let shardCount = 16
    /// Sessions of one visitor at the same time: devices, tabs with ids of their own, backdated imports.
    private static let perVisitor = 8

    private let shards: [Shard]
    /// Each part of the visitors has a lock of its own, so that requests seldom wait for each other.
    private final class Shard: Sendable { let lock = Mutex<[Visitor: [Live]]>([:]) }

    private let timeoutMilliseconds: Int64
    private let maximumSessions: Int

    public init(timeoutMinutes: Int = 30, maximumSessions: Int = 500_000) {
        timeoutMilliseconds = Int64(timeoutMinutes) * 60_000
        self.maximumSessions = maximumSessions
        shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    private func shard(_ visitor: Visitor) -> Shard { shards[Int(UInt64(bitPattern: visitor.visitor) % UInt64(Self.shardCount))] }

    /// What an activity tells about itself.
    public struct Arrival: Sendable {
        public let project: Int32
        public let visitor: Int64
        /// Nil: now, and never before the session's last activity, so that requests that overtake each other on the
        /// way through this host stay in order.
        public let at: Instant?
        public let now: Instant
        public let sessionID: String?
        public let isPageview: Bool
        public let path: String
    }

    /// Adds an activity; `attributes` is asked only when a session begins.
    public func add(_ arrival: Arrival, attributes: () -> SessionAttributes) -> (place: Place, attributes: SessionAttributes) {
        let visitor = Visitor(project: arrival.project, visitor: arrival.visitor)
        let wanted = (arrival.at ?? arrival.now).milliseconds
        return shard(visitor).lock.withLock { visitors in
            // Where they lie, so that nothing is copied.
            add(arrival, wanted, to: &visitors[visitor, default: []], attributes)
        }
    }

    private func add(
        _ arrival: Arrival, _ wanted: Int64, to sessions: inout [Live], _ attributes: () -> SessionAttributes
    ) -> (place: Place, attributes: SessionAttributes) {
        guard let index = nearest(sessions, wanted, arrival.sessionID) else {
            // Two sessions of a visitor can't begin in the same millisecond: the start is half of their name.
            var start = wanted
            while sessions.contains(where: { $0.sessionAt == start }) { start += 1 }
            let begun = Live(
                sessionAt: start, firstAt: wanted, lastAt: wanted, seq: 1, pageviews: arrival.isPageview ? 1 : 0,
                lastPath: arrival.isPageview ? arrival.path : "", sessionID: arrival.sessionID, attributes: attributes(),
                touched: arrival.now.milliseconds, hasHole: start != wanted)
            Self.insert(begun, into: &sessions)
            let place = Place(at: wanted, sessionAt: start, seq: start == wanted ? 1 : nil, gap: nil, pageviewNumber: begun.pageviews, fromPath: "")
            return (place, begun.attributes)
        }
        let place = Self.extend(&sessions[index], arrival, wanted)
        return (place, sessions[index].attributes)
    }

    /// The session that activity at `at` belongs to; of several, between which it arrived late, the one next to it.
    private func nearest(_ sessions: [Live], _ at: Int64, _ sessionID: String?) -> Int? {
        var nearest: Int?
        for index in sessions.indices where belongs(at, sessionID, to: sessions[index]) {
            if let other = nearest, sessions[other].distance(to: at) <= sessions[index].distance(to: at) { continue }
            nearest = index
        }
        return nearest
    }

    private func belongs(_ at: Int64, _ sessionID: String?, to session: Live) -> Bool {
        if let sessionID { return session.sessionID == sessionID }
        return session.sessionID == nil && at <= session.lastAt + timeoutMilliseconds && at >= session.firstAt - timeoutMilliseconds
    }

    private static func insert(_ session: Live, into sessions: inout [Live]) {
        // Of those that came in one request, which were touched at the same time, the first.
        if sessions.count >= perVisitor, let oldest = sessions.indices.reversed().min(by: { sessions[$0].touched < sessions[$1].touched }) {
            sessions.remove(at: oldest)
        }
        // The newest first: it is the likeliest to be asked for.
        sessions.insert(session, at: 0)
    }

    private static func extend(_ session: inout Live, _ arrival: Arrival, _ wanted: Int64) -> Place {
        let at = arrival.at == nil ? max(wanted, session.lastAt) : wanted
        let isLate = at < session.lastAt
        let gap = at - session.lastAt
        let fromPath = session.lastPath
        session.touched = arrival.now.milliseconds
        session.firstAt = min(session.firstAt, at)
        session.lastAt = max(session.lastAt, at)
        session.seq += 1
        if arrival.isPageview {
            session.pageviews += 1
            if !isLate { session.lastPath = arrival.path }
        }
        // A gap of more than 24 days, which only a session with an id of its own can have, does not fit the column.
        let isRegular = !isLate && gap <= Int64(Int32.max) && !session.hasHole
        return Place(
            at: at, sessionAt: session.sessionAt, seq: isRegular ? session.seq : nil, gap: isRegular ? Int32(gap) : nil,
            pageviewNumber: session.pageviews, fromPath: fromPath)
    }

    /// The session that an event at `at` would belong to, without adding anything.
    public func current(
        project: Int32, visitor: Int64, at: Instant, sessionID: String? = nil
    ) -> (sessionAt: Int64, lastPath: String, attributes: SessionAttributes)? {
        let visitor = Visitor(project: project, visitor: visitor)
        return shard(visitor).lock.withLock { visitors in
            guard let sessions = visitors[visitor], let index = nearest(sessions, at.milliseconds, sessionID) else { return nil }
            return (sessions[index].sessionAt, sessions[index].lastPath, sessions[index].attributes)
        }
    }

    /// Ends a visitor's sessions, whose activity was erased: what comes next begins anew.
    public func forget(project: Int32, visitor: Int64) {
        let visitor = Visitor(project: project, visitor: visitor)
        shard(visitor).lock.withLock { visitors in visitors[visitor] = nil }
    }

    /// Says that activity of these sessions was counted here and then not stored.
    func distrust(_ names: [Name]) {
        for name in names {
            let visitor = Visitor(project: name.project, visitor: name.visitor)
            shard(visitor).lock.withLock { visitors in
                guard let index = visitors[visitor]?.firstIndex(where: { $0.sessionAt == name.sessionAt }) else { return }
                visitors[visitor]![index].hasHole = true
            }
        }
    }

    /// Forgets sessions that nobody has used for the timeout (with an id of their own: for a day), and the longest unused
    /// where there are too many.
    public func sweep(now: Instant) {
        let each = max(1, maximumSessions / Self.shardCount)
        for shard in shards {
            shard.lock.withLock { visitors in
                var cutoff = Int64.min
                let live = visitors.values.reduce(0) { $0 + $1.count }
                if live > each {
                    let ages = visitors.values.flatMap { $0.map(\.touched) }.sorted()
                    cutoff = ages[live - each - 1]
                }
                for (visitor, sessions) in visitors {
                    let kept = sessions.filter { $0.touched > cutoff && now.milliseconds - max($0.touched, $0.lastAt) <= keptMilliseconds($0) }
                    if kept.count < sessions.count { visitors[visitor] = kept.isEmpty ? nil : kept }
                }
            }
        }
    }

    private func keptMilliseconds(_ session: Live) -> Int64 {
        session.sessionID == nil ? timeoutMilliseconds : max(timeoutMilliseconds, Self.identifiedMilliseconds)
    }

    private static let identifiedMilliseconds: Int64 = 86_400_000

    public var count: Int { shards.reduce(0) { $0 + $1.lock.withLock { $0.values.reduce(0) { $0 + $1.count } } } }

    // MARK: After a start

    /// Puts sessions back that `sweep` would have kept.
    public func restore(from events: any EventStore, now: Instant) async throws {
        let dialect = events.dialect
        let latest = { (column: String) in dialect.last(SQL(sql: column), by: "occurred_at") }
        let attributes = [
            "source", "referrer", "country", "region", "city", "browser", "browser_version", "os", "os_version", "device", "screen",
            "language", "session_id",
        ]
        let rows = try await events.query(
            """
            /* ingest.restore_sessions */ SELECT *, \(dialect.visitorKey(in: "one")) AS visitor_key FROM (
            SELECT project, visitor, session_at, min(occurred_at) AS first_at, max(occurred_at) AS last_at,
              max(coalesce(seq, 0)) AS seq, max(pageview_no) AS pageviews,
              \(dialect.last("CASE WHEN kind = 0 THEN path ELSE from_path END", by: "occurred_at")) AS last_path,
              \(SQL.joined(attributes.map { "\(latest($0)) AS \(sql: $0)" }))
            FROM core_activity WHERE occurred_at <= \(now.milliseconds + 600_000) AND (occurred_at >= \(now.milliseconds - timeoutMilliseconds)
              OR session_id IS NOT NULL AND occurred_at >= \(now.milliseconds - max(timeoutMilliseconds, Self.identifiedMilliseconds)))
            GROUP BY project, visitor, session_at ORDER BY last_at DESC LIMIT \(maximumSessions)) one ORDER BY last_at DESC
            """, timeoutSeconds: 60)
        for row in rows.reversed() {
            let visitor = Visitor(project: Int32(row.int("project")), visitor: row.int("visitor_key"))
            let session = Live(
                sessionAt: row.int("session_at"), firstAt: min(row.int("session_at"), row.int("first_at")), lastAt: row.int("last_at"),
                seq: Int32(row.int("seq")), pageviews: Int32(row.int("pageviews")), lastPath: row.text("last_path"),
                sessionID: row.optionalText("session_id"),
                attributes: SessionAttributes(
                    source: row.text("source"), referrer: row.text("referrer"), country: row.text("country"),
                    region: row.text("region"), city: row.text("city"), browser: row.text("browser"),
                    browserVersion: row.text("browser_version"), os: row.text("os"), osVersion: row.text("os_version"),
                    device: row.text("device"), screen: row.text("screen"), language: row.text("language")),
                touched: row.int("last_at"))
            shard(visitor).lock.withLock { Self.insert(session, into: &$0[visitor, default: []]) }
        }
    }
}

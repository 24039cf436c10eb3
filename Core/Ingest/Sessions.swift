import Common
@_spi(Host) import Storage
import Synchronization

/// Keeps live sessions in memory, and decides which session an activity belongs to and its position there.
///
/// A session ends after 30 minutes (configurable) without activity. The pause is measured by when the activities happened, so backdated
/// events sent in time order get the same sessions as in live collection. An activity that arrives late, after later activity of its
/// session, joins the session but doesn't renumber the other rows.
///
/// Decisions about recent activity (`isOld`) are final, because every session that it can belong to is in memory. Older activity is marked
/// (`Place.isTentative`), and the writer compares it with stored sessions; see `SessionPlacement`.
public final class Sessions: Sendable {
    /// The position of an activity in its session. The fields mean the same as the columns of `Activity.table`.
    public struct Place: Sendable, Equatable {
        /// When the activity happened, epoch milliseconds.
        public let at: Int64
        /// Start of the session, epoch milliseconds. Together with the visitor, it identifies the session.
        public let sessionAt: Int64
        /// 1, 2, 3 ... in the session; negative if the row's numbers aren't reliable.
        public let seq: Int32
        /// Milliseconds since the previous row of the session; nil for the first row, and if `seq` is negative.
        public let gap: Int32?
        /// For a pageview, its number among the session's pageviews. For an event, how many pageviews came before the event.
        public let pageviewNumber: Int32
        /// Path of the pageview before this row; "" if there was none.
        public let fromPath: String
        /// Whether the session must be compared with stored sessions before the row is stored.
        public let isTentative: Bool
    }

    struct Live: Sendable {
        var sessionAt: Int64
        var firstAt: Int64
        var lastAt: Int64
        var seq: Int32
        var pageviews: Int32
        var lastPath: String
        /// The `session_id` that was sent. A session with an id continues after pauses of any length, as long as it is kept in memory.
        var sessionID: String?
        var attributes: SessionAttributes
        /// When the session was last used, by this machine's clock, epoch milliseconds.
        var touched: Int64
        /// How many activities of the session have no number (a negative `seq`).
        var late: Int32 = 0
        /// True if later `seq` values can't be trusted, for example because an activity that was counted here was not stored.
        var hasHole = false
        /// True if stored sessions may be part of this one. Later activity of the session is then also tentative.
        var isTentative = false

        /// Milliseconds between `at` and the session's time span; 0 if `at` is within the span.
        func distance(to at: Int64) -> Int64 { max(0, firstAt - at, at - lastAt) }
    }

    /// Identifies a session.
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
    /// The most sessions that one visitor may have at the same time: devices, tabs with their own ids, backdated imports.
    private static let perVisitor = 8

    private let shards: [Shard]
    /// Holds some of the visitors under its own lock, so requests rarely wait for each other.
    private final class Shard: Sendable { let lock = Mutex<[Visitor: [Live]]>([:]) }

    private let timeoutMilliseconds: Int64
    private let maximumSessions: Int
    /// Whether another host may have activity of the same visitors. Then the store decides whether a session that begins here is a part of one
    /// that it knows.
    private let isShared: @Sendable () -> Bool
    /// Until this time (epoch milliseconds), sessions that could still continue may be missing, because there was no room for them. This
    /// doesn't cover visitors with `perVisitor` sessions, for whom the number of sessions itself shows that some may be missing.
    private let incompleteUntil = Atomic(Int64.min)

    /// Activity that is older than this on arrival may belong to a session that is no longer in memory.
    static let settledMilliseconds: Int64 = 300_000
    static func isOld(_ at: Instant, now: Instant) -> Bool { now - at > settledMilliseconds }

    public init(timeoutMinutes: Int = 30, maximumSessions: Int = 500_000, isShared: @escaping @Sendable () -> Bool = { false }) {
        timeoutMilliseconds = Int64(timeoutMinutes) * 60_000
        self.maximumSessions = maximumSessions
        self.isShared = isShared
        shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    private func shard(_ visitor: Visitor) -> Shard { shards[Int(UInt64(bitPattern: visitor.visitor) % UInt64(Self.shardCount))] }

    /// An activity that has arrived, before it has a place in a session.
    public struct Arrival: Sendable {
        /// Number of the project.
        public let project: Int32
        /// Key of the visitor.
        public let visitor: Int64
        /// When the activity happened. Nil means now, but never before the session's last activity, so requests that overtake each other
        /// within this host stay in order.
        public let at: Instant?
        /// When the activity arrived.
        public let now: Instant
        /// The `session_id` that was sent, if any.
        public let sessionID: String?
        /// Whether the activity is a pageview rather than a custom event.
        public let isPageview: Bool
        /// Path of the page.
        public let path: String
    }

    /// Adds an activity. `attributes` is called only when the activity is the first of its session.
    public func add(_ arrival: Arrival, attributes: () -> SessionAttributes) -> (place: Place, attributes: SessionAttributes) {
        let visitor = Visitor(project: arrival.project, visitor: arrival.visitor)
        let wanted = (arrival.at ?? arrival.now).milliseconds
        return shard(visitor).lock.withLock { visitors in
            // In place, so nothing is copied.
            add(arrival, wanted, to: &visitors[visitor, default: []], attributes)
        }
    }

    private func add(
        _ arrival: Arrival, _ wanted: Int64, to sessions: inout [Live], _ attributes: () -> SessionAttributes
    ) -> (place: Place, attributes: SessionAttributes) {
        let isOld = arrival.at.map { Self.isOld($0, now: arrival.now) } ?? false
        guard let index = joined(&sessions, wanted, arrival.sessionID) else {
            return begin(arrival, wanted, isOld, in: &sessions, attributes())
        }
        if isOld { sessions[index].isTentative = true }
        if let at = arrival.at?.milliseconds, at < sessions[index].firstAt {
            // This activity is now the session's first, so its attributes apply. Stored rows of the session may have other attributes.
            let own = attributes()
            if own.columns != sessions[index].attributes.columns { sessions[index].isTentative = true }
            sessions[index].attributes = own
        }
        return (Self.extend(&sessions[index], arrival, wanted), sessions[index].attributes)
    }

    private func begin(
        _ arrival: Arrival, _ wanted: Int64, _ isOld: Bool, in sessions: inout [Live], _ attributes: SessionAttributes
    ) -> (place: Place, attributes: SessionAttributes) {
        // The start identifies a session, so two sessions of a visitor can't start in the same millisecond.
        var start = wanted
        while sessions.contains(where: { $0.sessionAt == start }) { start += 1 }
        let isFirst = start == wanted
        let begun = Live(
            sessionAt: start, firstAt: wanted, lastAt: wanted, seq: 1, pageviews: arrival.isPageview ? 1 : 0,
            lastPath: arrival.isPageview ? arrival.path : "", sessionID: arrival.sessionID, attributes: attributes,
            touched: arrival.now.milliseconds, late: isFirst ? 0 : 1, hasHole: !isFirst,
            isTentative: isOld || sessions.count >= Self.perVisitor || isShared()
                || arrival.now.milliseconds < incompleteUntil.load(ordering: .relaxed))
        Self.insert(begun, into: &sessions)
        let place = Place(
            at: wanted, sessionAt: start, seq: isFirst ? 1 : Activity.seq(late: 1), gap: nil, pageviewNumber: begun.pageviews, fromPath: "",
            isTentative: begun.isTentative)
        return (place, attributes)
    }

    /// The index of the session that activity at `at` belongs to. If the activity connects several sessions, merges them into one, which
    /// keeps the name of the latest.
    private func joined(_ sessions: inout [Live], _ at: Int64, _ sessionID: String?) -> Int? {
        guard let first = sessions.firstIndex(where: { belongs(at, sessionID, to: $0) }) else { return nil }
        guard sessionID == nil, sessions[(first + 1)...].contains(where: { belongs(at, nil, to: $0) }) else { return first }
        let all = sessions.indices.filter { belongs(at, nil, to: sessions[$0]) }
        let last = all.max { sessions[$0].lastAt < sessions[$1].lastAt }!
        let earliest = sessions[all.min { sessions[$0].firstAt < sessions[$1].firstAt }!]
        sessions[last].firstAt = earliest.firstAt
        sessions[last].attributes = earliest.attributes
        sessions[last].late = all.map { sessions[$0].late }.max()!
        sessions[last].isTentative = true
        let name = sessions[last].sessionAt
        for index in all.reversed() where index != last { sessions.remove(at: index) }
        return sessions.firstIndex { $0.sessionAt == name }
    }

    /// The index of the session that activity at `at` belongs to; the nearest one if several match.
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
        // Sessions from one request have the same `touched`. Of these, the one that was added first is removed.
        if sessions.count >= perVisitor, let oldest = sessions.indices.reversed().min(by: { sessions[$0].touched < sessions[$1].touched }) {
            sessions.remove(at: oldest)
        }
        // The newest session comes first, because it is the most likely to be looked up.
        sessions.insert(session, at: 0)
    }

    /// Records that a session was dropped from memory. As long as that session could have continued, new sessions are tentative.
    private func noteMissing(_ session: Live, _ now: Int64) {
        let until = session.lastAt + keptMilliseconds(session)
        if until > now, until > incompleteUntil.load(ordering: .relaxed) { incompleteUntil.store(until, ordering: .relaxed) }
    }

    private static func extend(_ session: inout Live, _ arrival: Arrival, _ wanted: Int64) -> Place {
        let at = arrival.at == nil ? max(wanted, session.lastAt) : wanted
        let isLate = at < session.lastAt
        let gap = at - session.lastAt
        let fromPath = session.lastPath
        session.touched = arrival.now.milliseconds
        session.firstAt = min(session.firstAt, at)
        session.lastAt = max(session.lastAt, at)
        if isLate {
            session.late += 1
        } else {
            session.seq += 1
            if arrival.isPageview {
                session.pageviews += 1
                session.lastPath = arrival.path
            }
        }
        // A gap of more than 24 days doesn't fit the column. Only sessions with a `session_id` can have one.
        let isRegular = !isLate && gap <= Int64(Int32.max) && !session.hasHole
        if !isRegular, !isLate { session.late += 1 }
        return Place(
            at: at, sessionAt: session.sessionAt, seq: isRegular ? session.seq : Activity.seq(late: session.late),
            gap: isRegular ? Int32(gap) : nil, pageviewNumber: session.pageviews, fromPath: fromPath, isTentative: session.isTentative)
    }

    /// The session that an event at `at` would belong to; nil if there is none. Doesn't add the event.
    public func current(
        project: Int32, visitor: Int64, at: Instant, sessionID: String? = nil
    ) -> (sessionAt: Int64, lastPath: String, attributes: SessionAttributes, isTentative: Bool)? {
        let visitor = Visitor(project: project, visitor: visitor)
        return shard(visitor).lock.withLock { visitors in
            guard let sessions = visitors[visitor], let index = nearest(sessions, at.milliseconds, sessionID) else { return nil }
            return (sessions[index].sessionAt, sessions[index].lastPath, sessions[index].attributes, sessions[index].isTentative)
        }
    }

    /// Ends the sessions of a visitor whose activity was erased, so later activity starts a new one.
    public func forget(project: Int32, visitor: Int64) {
        let visitor = Visitor(project: project, visitor: visitor)
        shard(visitor).lock.withLock { visitors in visitors[visitor] = nil }
    }

    /// Marks sessions that counted an activity that was not stored after all, so later rows get no number.
    func distrust(_ names: [Name]) {
        for name in names {
            let visitor = Visitor(project: name.project, visitor: name.visitor)
            shard(visitor).lock.withLock { visitors in
                guard let index = visitors[visitor]?.firstIndex(where: { $0.sessionAt == name.sessionAt }) else { return }
                visitors[visitor]![index].hasHole = true
            }
        }
    }

    /// Drops sessions that can no longer continue (those with a `session_id` after a day without use). If there are still too many, drops
    /// the least recently used ones.
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
                    let kept = sessions.filter { session in
                        guard now.milliseconds - max(session.touched, session.lastAt) <= keptMilliseconds(session) else { return false }
                        if session.touched <= cutoff { noteMissing(session, now.milliseconds) }
                        return session.touched > cutoff
                    }
                    if kept.count < sessions.count { visitors[visitor] = kept.isEmpty ? nil : kept }
                }
            }
        }
    }

    /// How long to keep a session so that activity which isn't old on arrival (`isOld`) still finds it.
    private func keptMilliseconds(_ session: Live) -> Int64 {
        let timeout = timeoutMilliseconds + Self.settledMilliseconds
        return session.sessionID == nil ? timeout : max(timeout, Self.identifiedMilliseconds)
    }

    private static let identifiedMilliseconds: Int64 = 86_400_000

    /// Number of sessions in memory.
    public var count: Int { shards.reduce(0) { $0 + $1.lock.withLock { $0.values.reduce(0) { $0 + $1.count } } } }

    // MARK: After a restart

    /// Begins without the sessions that the event store has. As long as they could continue, the store decides whether a session that begins
    /// is a part of one of them.
    @_spi(Host) public func beginWithoutStored(now: Instant) {
        incompleteUntil.store(now.milliseconds + max(timeoutMilliseconds, Self.identifiedMilliseconds), ordering: .relaxed)
    }

    /// Loads from the event store the sessions that `sweep` would have kept.
    /// - Parameter isAlone: whether no other host stores activity. If another host does, it may continue the numbering of the same session,
    ///   so activity that this host adds gets no position in the session.
    @_spi(Host) public func restore(from events: any EventStore, now: Instant, isAlone: Bool) async throws {
        let dialect = events.dialect, recent = now.milliseconds - timeoutMilliseconds - Self.settledMilliseconds
        let attributes = Activity.attributes + ["session_id"]
        let rows = try await events.query(
            """
            /* ingest.restore_sessions */ SELECT *, \(dialect.visitorKey(in: "live")) AS visitor_key FROM (
            SELECT project, visitor, session_at, min(occurred_at) AS first_at, max(occurred_at) AS last_at,
              max(CASE WHEN seq > 0 THEN seq ELSE 0 END) AS seq, max(\(Activity.lateNumber)) AS late, max(pageview_no) AS pageviews,
              \(dialect.last("CASE WHEN kind = 0 THEN path ELSE from_path END", by: "occurred_at")) AS last_path,
              \(SQL.joined(attributes.map { "\(dialect.last(SQL(sql: $0), by: "occurred_at")) AS \(sql: $0)" }))
            FROM core_activity WHERE occurred_at <= \(now.milliseconds + 600_000) AND (occurred_at >= \(recent)
              OR session_id IS NOT NULL AND occurred_at >= \(min(recent, now.milliseconds - Self.identifiedMilliseconds)))
            GROUP BY project, visitor, session_at ORDER BY last_at DESC LIMIT \(maximumSessions)) live ORDER BY last_at DESC
            """, timeoutSeconds: 60)
        if rows.count == maximumSessions { incompleteUntil.store(2 * now.milliseconds - recent, ordering: .relaxed) }
        for row in rows.reversed() {
            let visitor = Visitor(project: Int32(row.int("project")), visitor: row.int("visitor_key"))
            let seq = Int32(row.int("seq")), late = Int32(row.int("late"))
            let session = Live(
                sessionAt: row.int("session_at"), firstAt: min(row.int("session_at"), row.int("first_at")), lastAt: row.int("last_at"),
                seq: seq, pageviews: Int32(row.int("pageviews")), lastPath: row.text("last_path"),
                sessionID: row.optionalText("session_id"), attributes: SessionAttributes(row), touched: row.int("last_at"), late: late,
                hasHole: !isAlone || seq == 0, isTentative: late > 0)
            shard(visitor).lock.withLock { Self.insert(session, into: &$0[visitor, default: []]) }
        }
    }
}

import Common
import Storage
import Synchronization

/// Live sessions: which one an activity belongs to, and where in it the activity stands.
///
/// A session ends after 30 minutes (configurable) without activity, in the activities' own time, so that backdated
/// events sent in time order get the sessions that live collection would have given them. An activity that arrives
/// after a later one of its session joins it, and doesn't count in the numbers of the others.
///
/// What is decided here is final where all sessions that an activity can belong to are in memory: for that of the last minutes, and for all of
/// a project whose other sessions are known to be elsewhere in time. Any other is marked (`Place.isTentative`) for the writer to look at what
/// is stored; see `SessionPlacement`.
public final class Sessions: Sendable {
    /// Where an activity stands.
    public struct Place: Sendable, Equatable {
        public let at: Int64
        public let sessionAt: Int64
        /// As in `Activity.table`: negative where the row's numbers can't be relied on.
        public let seq: Int32
        public let gap: Int32?
        public let pageviewNumber: Int32
        public let fromPath: String
        /// Whether the session is to be looked up among stored ones before the row is stored.
        public let isTentative: Bool
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
        /// Activities that have no place in the order of the others.
        var late: Int32 = 0
        /// Set when an activity that was counted here was not stored: no later `seq` can be trusted.
        var hasHole = false
        /// Set when stored sessions may be part of this one: what follows is tentative too.
        var isTentative = false

        /// Milliseconds between `at` and the session's activity; 0 inside it.
        func distance(to at: Int64) -> Int64 { max(0, firstAt - at, at - lastAt) }
    }

    /// Stored rows of a session that memory knows whole are to say something else: it became part of another one, or began with other activity.
    public struct Move: Sendable {
        let was, now: Int64
        let said, says: SessionAttributes
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

    /// What memory has of a visitor, the newest session first, and what it has had to forget meanwhile.
    private struct Held {
        var live: [Live] = []
        var missing = Missing.none
    }

    private static let shardCount = 16
    /// Sessions of one visitor at the same time: devices, tabs with ids of their own, backdated imports.
    private static let perVisitor = 8

    private let shards: [Shard]
    /// Each part of the visitors has a lock of its own, so that requests seldom wait for each other.
    private final class Shard: Sendable { let lock = Mutex<[Visitor: Held]>([:]) }

    private let timeoutMilliseconds: Int64
    private let maximumSessions: Int
    /// Until then sessions that could go on may be missing here, because there was no room for them. (A visitor who has as many as one
    /// may have tells that by itself.)
    private let incompleteUntil = Atomic(Int64.min)

    /// Activity that is older than this when it arrives may belong to a session that is not in memory any more.
    static let settledMilliseconds: Int64 = 300_000

    /// Sessions that are stored and not in memory: those of a project, and those that had no room beside others of their visitor.
    private struct Missing {
        var lastAt: Int64
        /// Such a session may go on at any time.
        var hasIDs: Bool

        static let none = Missing(lastAt: .min, hasIDs: false)
        static let any = Missing(lastAt: .max, hasIDs: true)

        mutating func add(_ session: Live) {
            lastAt = max(lastAt, session.lastAt)
            hasIDs = hasIDs || session.sessionID != nil
        }

        mutating func add(_ other: Missing) {
            lastAt = max(lastAt, other.lastAt)
            hasIDs = hasIDs || other.hasIDs
        }
    }

    private struct Past {
        /// Of projects that are not listed.
        var others = Missing.any
        var projects: [Int32: Missing] = [:]
    }

    private let past = Mutex(Past())

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

    /// Adds an activity; `attributes` is asked only for one that is the first of its session.
    public func add(_ arrival: Arrival, attributes: () -> SessionAttributes) -> (place: Place, attributes: SessionAttributes, moves: [Move]) {
        let visitor = Visitor(project: arrival.project, visitor: arrival.visitor)
        let wanted = (arrival.at ?? arrival.now).milliseconds
        return shard(visitor).lock.withLock { visitors in
            // Where they lie, so that nothing is copied.
            add(arrival, wanted, to: &visitors[visitor, default: Held()], attributes)
        }
    }

    private func add(
        _ arrival: Arrival, _ wanted: Int64, to held: inout Held, _ attributes: () -> SessionAttributes
    ) -> (place: Place, attributes: SessionAttributes, moves: [Move]) {
        let isReached = mayReach(held.missing, wanted, arrival.sessionID)
        let isUnsettled = isReached || isUnsettled(wanted, arrival.sessionID, of: arrival.project, now: arrival.now)
        guard let (index, joined) = joined(&held.live, wanted, arrival.sessionID) else {
            return begin(arrival, wanted, isUnsettled, in: &held, attributes())
        }
        if isUnsettled { held.live[index].isTentative = true }
        var moves = joined
        if let at = arrival.at?.milliseconds, at < held.live[index].firstAt {
            // It is the session's first one now, and says where it came from. What is stored of the session says something else.
            let own = attributes(), live = held.live[index]
            if own.columns != live.attributes.columns {
                moves.append(Move(was: live.sessionAt, now: live.sessionAt, said: live.attributes, says: own))
            }
            held.live[index].attributes = own
        }
        // Who can't tell all that is stored leaves it to the writer to look.
        if !moves.isEmpty, isReached || mayReach(missing(in: arrival.project), wanted, arrival.sessionID) { held.live[index].isTentative = true }
        if held.live[index].isTentative { moves = [] }
        return (Self.extend(&held.live[index], arrival, wanted), held.live[index].attributes, moves)
    }

    private func begin(
        _ arrival: Arrival, _ wanted: Int64, _ isUnsettled: Bool, in held: inout Held, _ attributes: SessionAttributes
    ) -> (place: Place, attributes: SessionAttributes, moves: [Move]) {
        // Two sessions of a visitor can't begin in the same millisecond: the start is half of their name.
        var start = wanted
        while held.live.contains(where: { $0.sessionAt == start }) { start += 1 }
        let isFirst = start == wanted
        let begun = Live(
            sessionAt: start, firstAt: wanted, lastAt: wanted, seq: 1, pageviews: arrival.isPageview ? 1 : 0,
            lastPath: arrival.isPageview ? arrival.path : "", sessionID: arrival.sessionID, attributes: attributes,
            touched: arrival.now.milliseconds, late: isFirst ? 0 : 1, hasHole: !isFirst,
            isTentative: isUnsettled || arrival.now.milliseconds < incompleteUntil.load(ordering: .relaxed))
        Self.insert(begun, into: &held)
        let place = Place(
            at: wanted, sessionAt: start, seq: isFirst ? 1 : Activity.seq(late: 1), gap: nil, pageviewNumber: begun.pageviews, fromPath: "",
            isTentative: begun.isTentative)
        return (place, attributes, [])
    }

    /// The session that activity at `at` belongs to. Where it joins several, they are one from now on, by the name of the last.
    private func joined(_ sessions: inout [Live], _ at: Int64, _ sessionID: String?) -> (index: Int, moves: [Move])? {
        guard let first = sessions.firstIndex(where: { belongs(at, sessionID, to: $0) }) else { return nil }
        guard sessionID == nil, sessions[(first + 1)...].contains(where: { belongs(at, nil, to: $0) }) else { return (first, []) }
        let all = sessions.indices.filter { belongs(at, nil, to: sessions[$0]) }
        let last = all.max { sessions[$0].lastAt < sessions[$1].lastAt }!
        let earliest = sessions[all.min { sessions[$0].firstAt < sessions[$1].firstAt }!]
        let name = sessions[last].sessionAt
        let moves = all.map { Move(was: sessions[$0].sessionAt, now: name, said: sessions[$0].attributes, says: earliest.attributes) }
        sessions[last].firstAt = earliest.firstAt
        sessions[last].attributes = earliest.attributes
        sessions[last].late = all.map { sessions[$0].late }.max()!
        sessions[last].isTentative = all.contains { sessions[$0].isTentative }
        for index in all.reversed() where index != last { sessions.remove(at: index) }
        return sessions.firstIndex { $0.sessionAt == name }.map { ($0, moves.filter { $0.was != name || $0.said.columns != $0.says.columns }) }
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

    private static func insert(_ session: Live, into held: inout Held) {
        // Of those that came in one request, which were touched at the same time, the first.
        if held.live.count >= perVisitor, let oldest = held.live.indices.reversed().min(by: { held.live[$0].touched < held.live[$1].touched }) {
            held.missing.add(held.live.remove(at: oldest))
        }
        // The newest first: it is the likeliest to be asked for.
        held.live.insert(session, at: 0)
    }

    // MARK: What is not in memory

    /// Whether something without a session's id that arrives now may belong to a stored session that is not in memory.
    func isUnsettled(_ at: Int64, of visitor: Int64, in project: Int32, now: Instant) -> Bool {
        guard now.milliseconds - at > Self.settledMilliseconds else { return false }
        let visitor = Visitor(project: project, visitor: visitor)
        let missing = shard(visitor).lock.withLock { $0[visitor]?.missing ?? .none }
        return mayReach(missing, at, nil) || isUnsettled(at, nil, of: project, now: now)
    }

    /// The same as far as the project's missing sessions tell.
    private func isUnsettled(_ at: Int64, _ sessionID: String?, of project: Int32, now: Instant) -> Bool {
        now.milliseconds - at > Self.settledMilliseconds
            && mayReach(missing(in: project), at, sessionID)
    }

    private func missing(in project: Int32) -> Missing { past.withLock { $0.projects[project] ?? $0.others } }

    private func mayReach(_ missing: Missing, _ at: Int64, _ sessionID: String?) -> Bool {
        at - timeoutMilliseconds <= missing.lastAt || sessionID != nil && missing.hasIDs
    }

    /// Says that sessions which may be stored are not in memory any more.
    private func note(_ missing: Missing, of project: Int32) {
        past.withLock { past in
            var all = past.projects[project] ?? past.others
            all.add(missing)
            past.projects[project] = all
        }
    }

    /// Says of which projects sessions are stored that are not in memory; nil where that may be any.
    func setMissing(in projects: [Int32]?) {
        past.withLock { past in
            past.others = projects == nil ? .any : .none
            past.projects = [:]
            for project in projects ?? [] { past.projects[project] = .any }
        }
    }

    /// Says that a session is forgotten that could go on until then: what begins sessions is tentative for as long.
    private func noteLiveMissing(_ until: Int64, _ now: Int64) {
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
        // A gap of more than 24 days, which only a session with an id of its own can have, does not fit the column.
        let isRegular = !isLate && gap <= Int64(Int32.max) && !session.hasHole
        if !isRegular, !isLate { session.late += 1 }
        return Place(
            at: at, sessionAt: session.sessionAt, seq: isRegular ? session.seq : Activity.seq(late: session.late),
            gap: isRegular ? Int32(gap) : nil, pageviewNumber: session.pageviews, fromPath: fromPath, isTentative: session.isTentative)
    }

    /// The session that an event at `at` would belong to, without adding anything.
    public func current(
        project: Int32, visitor: Int64, at: Instant, sessionID: String? = nil
    ) -> (sessionAt: Int64, lastPath: String, attributes: SessionAttributes, isTentative: Bool)? {
        let visitor = Visitor(project: project, visitor: visitor)
        return shard(visitor).lock.withLock { visitors in
            guard let sessions = visitors[visitor]?.live, let index = nearest(sessions, at.milliseconds, sessionID) else { return nil }
            return (sessions[index].sessionAt, sessions[index].lastPath, sessions[index].attributes, sessions[index].isTentative)
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
                guard let index = visitors[visitor]?.live.firstIndex(where: { $0.sessionAt == name.sessionAt }) else { return }
                visitors[visitor]!.live[index].hasHole = true
                // A move that was to be stored with it is not.
                visitors[visitor]!.live[index].isTentative = true
            }
        }
    }

    /// Forgets sessions that nobody can go on with (those with an id of their own: after a day without use), and the longest unused
    /// where there are too many.
    public func sweep(now: Instant) {
        let each = max(1, maximumSessions / Self.shardCount)
        for shard in shards {
            shard.lock.withLock { visitors in
                var cutoff = Int64.min
                let live = visitors.values.reduce(0) { $0 + $1.live.count }
                if live > each {
                    let ages = visitors.values.flatMap { $0.live.map(\.touched) }.sorted()
                    cutoff = ages[live - each - 1]
                }
                for (visitor, held) in visitors {
                    var missing = held.missing
                    let kept = held.live.filter { session in
                        let isOver = now.milliseconds - max(session.touched, session.lastAt) > keptMilliseconds(session)
                        if !isOver, session.touched > cutoff { return true }
                        if !isOver { noteLiveMissing(max(session.lastAt, held.missing.lastAt) + keptMilliseconds(session), now.milliseconds) }
                        missing.add(session)
                        return false
                    }
                    if kept.count == held.live.count { continue }
                    note(missing, of: visitor.project)
                    visitors[visitor] = kept.isEmpty ? nil : Held(live: kept, missing: held.missing)
                }
            }
        }
    }

    /// So long that whatever is not too old on arrival finds the session that it belongs to.
    private func keptMilliseconds(_ session: Live) -> Int64 {
        let timeout = timeoutMilliseconds + Self.settledMilliseconds
        return session.sessionID == nil ? timeout : max(timeout, Self.identifiedMilliseconds)
    }

    private static let identifiedMilliseconds: Int64 = 86_400_000

    public var count: Int { shards.reduce(0) { $0 + $1.lock.withLock { $0.values.reduce(0) { $0 + $1.live.count } } } }

    // MARK: After a start

    /// Puts sessions back that `sweep` would have kept.
    /// - Parameter isAlone: whether no other host stores activity. Otherwise another one may go on counting in the same session, so what
    ///   this one adds has no place in the order of the rest.
    public func restore(from events: any EventStore, now: Instant, isAlone: Bool) async throws {
        let dialect = events.dialect, recent = now.milliseconds - timeoutMilliseconds - Self.settledMilliseconds
        let attributes = Activity.attributes + ["session_id"]
        let rows = try await events.query(
            """
            /* ingest.restore_sessions */ SELECT *, \(dialect.visitorKey(in: "one")) AS visitor_key FROM (
            SELECT project, visitor, session_at, min(occurred_at) AS first_at, max(occurred_at) AS last_at,
              max(CASE WHEN seq > 0 THEN seq ELSE 0 END) AS seq, max(\(Activity.lateNumber)) AS late, max(pageview_no) AS pageviews,
              \(dialect.last("CASE WHEN kind = 0 THEN path ELSE from_path END", by: "occurred_at")) AS last_path,
              \(SQL.joined(attributes.map { "\(dialect.last(SQL(sql: $0), by: "occurred_at")) AS \(sql: $0)" }))
            FROM core_activity WHERE occurred_at <= \(now.milliseconds + 600_000) AND (occurred_at >= \(recent)
              OR session_id IS NOT NULL AND occurred_at >= \(min(recent, now.milliseconds - Self.identifiedMilliseconds)))
            GROUP BY project, visitor, session_at ORDER BY last_at DESC LIMIT \(maximumSessions)) one ORDER BY last_at DESC
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
            shard(visitor).lock.withLock { Self.insert(session, into: &$0[visitor, default: Held()]) }
        }
        guard isAlone else { return }
        let stored = try await events.query("/* ingest.stored_projects */ SELECT DISTINCT project FROM core_activity", timeoutSeconds: 60)
        setMissing(in: stored.map { Int32($0.int("project")) })
    }
}

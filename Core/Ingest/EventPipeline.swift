import Access
import Common
@_spi(Host) import Enrichment
import Questions
@_spi(Host) import Storage
import Synchronization

/// The steps that turn one event into facts, in order. Each step passes the event on or refuses it with a reason. `IngestStep` lists them.
@_spi(Host) public final class EventPipeline: Sendable {
    /// A collector and the module that owns it. This is a class because one is looked up for every event, and copying a collector would
    /// retain each of its parts.
    public final class Registered: Sendable {
        let module: String
        let collector: Collector
        public init(module: String, collector: Collector) {
            self.module = module
            self.collector = collector
        }
    }

    let collectors: [String: Registered]
    let extensions: [String: [RegisteredExtension]]
    /// Table numbers as used in encoded rows, by table name.
    let tableNumbers: [String: Int]
    let activityNumber, visitorsNumber: Int
    /// Whether the rows of each table record their order of arrival, indexed by table number. `lastArrival` is the last number used.
    let recordsArrival: [Bool]
    let lastArrival = Atomic<Int64>(0)
    let gate: @Sendable (_ module: String, Project, _ allowedModules: [String]?) throws -> Void
    let steps: IngestSteps
    /// The module that owns each table, by table name. Tables that all modules share are absent.
    let owners: [String: String]
    let sessions: Sessions
    let identity: VisitorIdentity
    let knownVisitors = KnownVisitors()
    let userAgents = UserAgentParser()
    let geoIP: GeoIP?

    /// - Parameters:
    ///   - tables: all fact tables, in the order of their numbers.
    ///   - owners: the module that owns each table, by table name.
    ///   - gate: throws when collection for the module is not allowed (`Directory.checkCollection`).
    public init(
        collectors: [Registered], extensions: [RegisteredExtension] = [], tables: [FactTable], owners: [String: String],
        steps: IngestSteps, sessions: Sessions, identity: VisitorIdentity, geoIP: GeoIP?,
        gate: @escaping @Sendable (_ module: String, Project, _ allowedModules: [String]?) throws -> Void
    ) {
        self.collectors = Dictionary(collectors.map { ($0.collector.type, $0) }) { first, _ in first }
        // exact: tables are named in our source
        let numbers = Dictionary(uniqueKeysWithValues: tables.enumerated().map { ($1.name, $0) })
        guard let activity = numbers[Activity.table.name], let visitors = numbers[Activity.visitors.name] else {
            preconditionFailure("the shared tables are not registered")
        }
        tableNumbers = numbers
        recordsArrival = tables.map(\.recordsArrival)
        (activityNumber, visitorsNumber) = (activity, visitors)
        self.extensions = Dictionary(grouping: extensions, by: \.added.type)
        self.gate = gate
        self.owners = owners
        self.steps = steps
        self.sessions = sessions
        self.identity = identity
        self.geoIP = geoIP
    }

    /// What all events of a request have in common. This is a class because it is passed to every step of every event.
    final class Sender: Sendable {
        let given: EventSender
        let now: Instant
        /// Nil if a server sent the events, because it sends events on behalf of other people's browsers.
        let browser: Browser?
        /// The modules' steps that its events pass.
        let steps: [IngestSteps.Registered]
        /// Whether Core's own steps are timed.
        let isTimed: Bool

        var project: Project { given.project }
        /// Whether a page sent the events, so they are about the page's own visitor. Only browsers send `Origin` with events.
        var isPage: Bool { browser != nil && !given.origin.isEmpty }

        init(_ given: consuming EventSender, now: Instant, browser: Browser?, steps: [IngestSteps.Registered], isTimed: Bool) {
            self.given = given
            self.now = now
            self.browser = browser
            self.steps = steps
            self.isTimed = isTimed
        }
    }

    /// Whether the salt of the current day must be fetched before events are accepted, for example because the clock has jumped.
    func lacksSalt(at now: Instant) -> Bool { !identity.hasSalt(of: Day(now)) }
    func fetchSalt(at now: Instant) async { await identity.fetchSalt(of: now) }

    func sender(_ given: consuming EventSender, at now: Instant) -> Sender {
        let browser = given.isServer ? nil : browser(given.userAgent, given.clientAddress, of: given.project)
        return Sender(given, now: now, browser: browser, steps: steps.active(in: given.project), isTimed: steps.timesNext())
    }

    /// An event that passed all checks. It has changed nothing yet, so it may still be left out.
    struct Checked {
        let registered: Registered
        let payload: Payload
        let browser: Browser
        let draft: Draft
        let at: Instant?
        let adjustments: Adjustments
    }

    /// Adds the facts of one event to `rows`. Adds none if the event is refused.
    /// - Throws: `Refusal`.
    func add(_ json: JSON, from sender: Sender, to rows: inout EncodedRows) throws -> Effect {
        add(try check(json, from: sender), from: sender, to: &rows)
    }

    /// Checks one event.
    /// - Throws: `Refusal`.
    func check(_ json: JSON, from sender: Sender) throws -> Checked {
        let registered = try collector(of: json)
        try checkModule(registered.module, in: sender.given.project, allowedModules: sender.given.allowedModules)
        var payload = Payload(json)
        try Self.checkFields(&payload, registered.collector, sender)
        // A server's own address and client library are not the visitor's, so anything that the server doesn't send stays unknown.
        let browser = sender.browser ?? browser(payload.text("user_agent"), payload.text("ip"), of: sender.project)
        try checkPrivacy(payload, sender, browser)
        if !sender.steps.isEmpty { try steps.run(&payload, of: registered, from: sender, browser) }
        var draft = try Self.refusing { try registered.collector.read(payload) }
        try extend(&draft, of: registered.collector.type, &payload, sender)
        let at = try Self.time(of: payload, now: sender.now)
        let adjustments = payload.adjustments.union(Self.adjust(&draft, payload))
        return Checked(registered: registered, payload: payload, browser: browser, draft: draft, at: at, adjustments: adjustments)
    }

    /// Finds the visitor and the session of an event, and adds its facts to `rows`.
    func add(_ event: consuming Checked, from sender: Sender, to rows: inout EncodedRows) -> Effect {
        var visitor = visitor(event.payload, sender, event.browser, event.at)
        if event.registered.collector.isAboutVisitor { visitor.id = visitor.id ?? VisitorList.anonymousID(visitor.key) }
        return encode(event.draft, event.payload, sender, event.browser, visitor, event.at, event.adjustments, into: &rows)
    }

    /// Makes the adjustments that involve more than the schema of a single field.
    private static func adjust(_ draft: inout Draft, _ payload: Payload) -> Adjustments {
        var done: Adjustments = []
        if let time = payload["timestamp"], isOdd(time) { done.insert(.timestamp) }
        // A path shorter than the limit wasn't truncated.
        if draft.activity.map({ $0.path.utf8.count >= PagePath.maximumLength }) ?? true, let path = payload["path"]?.string,
            PagePath.isCut(path)
        {
            done.insert(.tooLong)
        }
        if let screen = draft.activity?.screen, !screen.isEmpty, ScreenSize(screen) == nil {
            draft.activity?.screen = ScreenSize(rounding: screen).map { "\($0)" } ?? ""
            done.insert(.screen)
        }
        return done
    }

    // MARK: Time and visitor

    /// The timestamp that was sent; nil if none was sent.
    static func time(of payload: Payload, now: Instant) throws -> Instant? {
        guard let value = payload["timestamp"] else { return nil }
        func refusal(_ value: String) -> Refusal {
            Refusal(
                reason: .invalidTimestamp,
                error: .body(
                    field: "timestamp",
                    "must be ISO 8601 or epoch milliseconds, at most 10 years in the past or 10 minutes in the future; "
                        + "got \(value)."))
        }
        guard let instant = instant(value) else { throw refusal(value.string.map { "'\($0.excerpt(60))'" } ?? value.described) }
        // Ten years of 366 days, so a full archive of ten years is always accepted.
        guard instant >= now.adding(days: -3_660), instant <= now.adding(seconds: 600) else {
            throw refusal(value.string.map { "'\($0)'" } ?? value.digits ?? "\(value.number ?? 0)")
        }
        return instant
    }

    /// The instant that a `timestamp` field means; nil if it is not a timestamp. Drops fractions of a millisecond, which browser clocks
    /// produce. A number in a string also counts as milliseconds.
    static func instant(_ value: JSON) -> Instant? {
        if let milliseconds = value.integer { return Instant(milliseconds: milliseconds) }
        if let parsed = value.string.flatMap({ ISO8601.parse($0) }) { return parsed.utc }
        guard let number = value.number ?? value.string.flatMap(Double.init(decimal:)) else { return nil }
        // A number outside the range of `Int64` is still a timestamp, so it is refused as out of range.
        return Instant(milliseconds: Int64(exactly: number.rounded(.down)) ?? (number < 0 ? .min : .max))
    }

    /// Whether an accepted timestamp is in an unusual form, that is, neither a whole number nor ISO 8601.
    static func isOdd(_ value: JSON) -> Bool { value.integer == nil && value.string.map { ISO8601.parse($0) == nil } ?? true }

    struct Visitor {
        let key: Int64
        /// The id that was sent. If none was sent: the anonymous id if the event is about the visitor, otherwise nil.
        var id: String?
    }

    func visitor(_ payload: Payload, _ sender: Sender, _ browser: Browser, _ at: Instant?) -> Visitor {
        let project = sender.project.number
        if let id = payload["visitor_id"]?.string { return Visitor(key: VisitorIdentity.key(of: id, project: project), id: id) }
        let address = browser.address?.description ?? ""
        let when = at ?? sender.now, day = Day(when)
        func key(_ day: Day, salt: Day) -> Int64? {
            identity.anonymousKey(project: project, address: address, userAgent: browser.header, on: day, salt: salt)
        }
        let today = Day(sender.now)
        // Uses the salt of the event's own day as long as it exists, so late events get the same visitor key as that day's other events.
        func key(_ day: Day) -> Int64? { key(day, salt: day) ?? key(day, salt: today) }
        guard let own = key(day) ?? identity.withOwnSalt(of: today, { key(day) }) else { preconditionFailure("today has a salt") }
        if sessions.current(project: project, visitor: own, at: when) == nil,
            // A session that continues past midnight remains one session of one visitor.
            let before = key(day.adding(days: -1)), sessions.current(project: project, visitor: before, at: when) != nil
        {
            return Visitor(key: before, id: nil)
        }
        return Visitor(key: own, id: nil)
    }
}

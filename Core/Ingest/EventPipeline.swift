import Access
import Common
@_spi(Host) import Enrichment
import HTTPTypes
import Questions
@_spi(Host) import Storage
import Synchronization

/// The steps that turn one event into facts, in order; each lets the event through or refuses it with a reason.
@_spi(Host) public final class EventPipeline: Sendable {
    /// A collector with the module that owns it. A class, because one is looked up for every event and copying a collector would
    /// retain each of its parts.
    public final class Registered: Sendable {
        let module: String
        let collector: Collector
        public init(module: String, collector: Collector) {
            self.module = module
            self.collector = collector
        }
    }

    private let collectors: [String: Registered]
    let extensions: [String: [RegisteredExtension]]
    /// The number of each table in encoded rows, by name.
    private let tableNumbers: [String: Int]
    private let activityNumber, visitorsNumber: Int
    /// Whether the rows of a table record their order of arrival, by table number; and the last arrival number used.
    private let recordsArrival: [Bool]
    private let lastArrival = Atomic<Int64>(0)
    let gate: @Sendable (_ module: String, Project, APIKey?) throws -> Void
    private let sessions: Sessions
    private let identity: VisitorIdentity
    private let knownVisitors = KnownVisitors()
    private let userAgents = UserAgentParser()
    private let geoIP: GeoIP?

    /// - Parameter gate: throws when collection for the module is not allowed (`Directory.checkModule`).
    public init(
        collectors: [Registered], extensions: [RegisteredExtension] = [], tables: [FactTable], sessions: Sessions,
        identity: VisitorIdentity, geoIP: GeoIP?,
        gate: @escaping @Sendable (_ module: String, Project, APIKey?) throws -> Void
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
        self.sessions = sessions
        self.identity = identity
        self.geoIP = geoIP
    }

    /// What all events of a request have in common. A class, because it is passed from step to step for each of them.
    final class Sender: Sendable {
        let project: Project
        let key: APIKey?
        let now: Instant
        /// Nil for a server, which sends events on behalf of other people's browsers.
        let browser: Browser?
        let acceptLanguage: String
        /// Host and port of the page that sent the request, from the `Origin` header; "" without one.
        let origin: String
        let asksNotToTrack: Bool

        /// Whether a page sends its own visitor's events. Only browsers send `Origin` with such a request.
        var isPage: Bool { browser != nil && !origin.isEmpty }

        init(_ call: ProjectRequest, browser: Browser?) {
            let headers = call.request.headers
            project = call.project
            key = call.key
            now = call.now
            self.browser = browser
            acceptLanguage = headers.value(.acceptLanguage) ?? ""
            origin = headers.value(.origin)?.split(separator: "/").last.map(String.init) ?? ""
            asksNotToTrack = headers.value(EventPipeline.dnt) == "1" || headers.value(EventPipeline.gpc) == "1"
        }
    }

    /// Whether the day's salt must be fetched before events are taken, as after the clock has jumped.
    func lacksSalt(at now: Instant) -> Bool { !identity.hasSalt(of: Day(now)) }
    func fetchSalt(at now: Instant) async { await identity.fetchSalt(of: now) }

    func sender(of call: ProjectRequest) -> Sender {
        let isServer = call.key?.isServer ?? false
        return Sender(
            call,
            browser: isServer ? nil : browser(call.request.headers.value(.userAgent) ?? "", call.request.clientAddress, of: call.project))
    }

    private static let dnt = HTTPField.Name("DNT")!
    private static let gpc = HTTPField.Name("Sec-GPC")!

    /// Adds the facts of one event to `rows`, or none when it is refused.
    /// - Throws: `Refusal`.
    func add(_ json: JSON, from sender: Sender, to rows: inout EncodedRows) throws -> Effect {
        let registered = try collector(of: json)
        try checkModule(registered.module, sender)
        var payload = Payload(json)
        try Self.checkFields(&payload, registered.collector, sender)
        // What a server doesn't send stays unknown: its own address and library are not the visitor's.
        let browser = sender.browser ?? browser(payload.text("user_agent"), payload.text("ip"), of: sender.project)
        try checkPrivacy(payload, sender, browser)
        var draft = try Self.refusing { try registered.collector.read(payload) }
        try extend(&draft, of: registered.collector.type, &payload, sender)
        let at = try Self.time(of: payload, now: sender.now)
        var visitor = visitor(payload, sender, browser, at)
        if registered.collector.isAboutVisitor { visitor.id = visitor.id ?? VisitorList.anonymousID(visitor.key) }
        let adjustments = payload.adjustments.union(Self.adjust(&draft, payload))
        return encode(draft, payload, sender, browser, visitor, at, adjustments, into: &rows)
    }

    /// Makes the adjustments that the schema of a single field can't.
    private static func adjust(_ draft: inout Draft, _ payload: Payload) -> Adjustments {
        var done: Adjustments = []
        if let time = payload["timestamp"], isOdd(time) { done.insert(.timestamp) }
        // A shorter path wasn't cut.
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

    // MARK: Type and fields

    private func collector(of json: JSON) throws -> Registered {
        guard json.kind == .object else {
            throw Refusal(reason: .invalidEvent, error: .body("an event must be an object; got \(json.described)."))
        }
        guard let type = json["type"], !type.isNull else {
            throw Refusal(reason: .unknownType, error: .body("missing required field 'type'."))
        }
        guard let name = type.string, let registered = collectors[name] else {
            let sent = type.string.map { "'\($0.excerpt(60))'" } ?? type.described
            let accepted = collectors.keys.sorted().map { "'\($0)'" }.joined(separator: ", ")
            throw Refusal(reason: .unknownType, error: .body("field 'type' must be one of \(accepted); got \(sent)."))
        }
        return registered
    }

    private func checkModule(_ module: String, _ sender: Sender) throws {
        do { try gate(module, sender.project, sender.key) } catch let error as ServiceError {
            throw Refusal(reason: DropReason(rawValue: error.code) ?? .moduleDisabled, error: error)
        }
    }

    private static func checkFields(_ payload: inout Payload, _ collector: Collector, _ sender: Sender) throws {
        try refusing {
            if collector.isAboutVisitor, !sender.isPage, payload["visitor_id"] == nil {
                throw ServiceError.body("missing required field 'visitor_id'.")
            }
            try payload.check(collector.fields)
            try payload.check(Collector.commonFields)
            if let id = payload["visitor_id"], id.withUTF8({ $0.starts(with: VisitorIdentity.provisionedBytes) }) == true {
                throw ServiceError.body(
                    "field 'visitor_id' must not begin with '\(VisitorIdentity.provisioned)', which is reserved for provisioned users; "
                        + "got '\(id.string?.excerpt(60) ?? "")'.")
            }
        }
    }

    /// Runs `body`, and turns the error of a failed check into the refusal of the event.
    static func refusing<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as ServiceError {
            // `invalid_body` is for whole requests; here a single event is wrong.
            let reason = DropReason(rawValue: error.code).flatMap { $0 == .invalidBody ? nil : $0 }
            throw Refusal(reason: reason ?? .invalidEvent, error: error)
        }
    }

    // MARK: Privacy

    final class Browser: Sendable {
        let userAgent: UserAgent
        let header: String
        /// For the hash and for looking up the location; shortened when the project anonymizes addresses.
        let address: IPAddress?

        init(userAgent: UserAgent, header: String, address: IPAddress?) {
            self.userAgent = userAgent
            self.header = header
            self.address = address
        }
    }

    private func browser(_ header: String, _ address: String, of project: Project) -> Browser {
        let address = IPAddress(address)
        return Browser(
            userAgent: userAgents.parse(header), header: header,
            address: project.privacy.anonymizeIP ? address?.anonymized() : address)
    }

    private func checkPrivacy(_ payload: Payload, _ sender: Sender, _ browser: Browser) throws {
        let settings = sender.project.privacy
        func drop(_ reason: DropReason) -> Refusal { Refusal(reason: reason, error: .body("not kept.")) }
        if settings.respectDNT, sender.asksNotToTrack { throw drop(.doNotTrack) }
        if settings.consentRequired, payload["consent_granted"]?.boolean != true { throw drop(.consent) }
        if let mode = payload["consent_mode"]?.string, !settings.allowedConsentModes.isEmpty {
            guard settings.allowedConsentModes.contains(mode) else { throw drop(.consent) }
        } else if settings.consentRequired, !settings.allowedConsentModes.isEmpty {
            throw drop(.consent)
        }
        // Denied consent counts even when the project doesn't require consent.
        if payload["consent_granted"]?.boolean == false { throw drop(.consent) }
        if settings.botFiltering, browser.userAgent.isBot { throw drop(.bot) }
        if !settings.blockedUserAgents.isEmpty {
            let header = browser.header.lowercased()
            if settings.blockedUserAgents.contains(where: { header.contains($0.lowercased()) }) { throw drop(.blockedUserAgent) }
        }
    }

    // MARK: Time and visitor

    /// The timestamp that was sent; nil for none.
    static func time(of payload: Payload, now: Instant) throws -> Instant? {
        guard let value = payload["timestamp"] else { return nil }
        func refusal(_ value: String) -> Refusal {
            Refusal(
                reason: .invalidTimestamp,
                error: .body(
                    "field 'timestamp' must be ISO 8601 or epoch milliseconds, at most 10 years back and 10 minutes ahead; got \(value)."))
        }
        guard let instant = instant(value) else { throw refusal(value.string.map { "'\($0.excerpt(60))'" } ?? value.described) }
        // 10 years of 366 days, so a full ten-year archive always fits.
        guard instant >= now.adding(days: -3_660), instant <= now.adding(seconds: 600) else {
            throw refusal(value.string.map { "'\($0)'" } ?? value.digits ?? "\(value.number ?? 0)")
        }
        return instant
    }

    /// Drops fractions of a millisecond, which browser clocks have; digits in a string are milliseconds, too.
    private static func instant(_ value: JSON) -> Instant? {
        if let milliseconds = value.integer { return Instant(milliseconds: milliseconds) }
        if let text = value.string {
            switch ISO8601.parse(text) {
            case .instant(let parsed): return parsed
            case .local(let day, let milliseconds): return day.start.adding(milliseconds: milliseconds)
            case .day(let day): return day.start
            case nil: break
            }
        }
        guard let number = value.number ?? value.string.flatMap(Double.init(written:)) else { return nil }
        // A number outside the range of `Int64` is still a timestamp, and refused as one that is out of range.
        return Instant(milliseconds: Int64(exactly: number.rounded(.down)) ?? (number < 0 ? .min : .max))
    }

    /// Whether an accepted timestamp is neither a whole number nor ISO 8601.
    private static func isOdd(_ value: JSON) -> Bool { value.integer == nil && value.string.map { ISO8601.parse($0) == nil } ?? true }

    private struct Visitor {
        let key: Int64
        /// The id that was sent. Without one, the anonymous id if the event is about the visitor; otherwise nil.
        var id: String?
    }

    private func visitor(_ payload: Payload, _ sender: Sender, _ browser: Browser, _ at: Instant?) -> Visitor {
        let project = sender.project.number
        if let id = payload["visitor_id"]?.string { return Visitor(key: VisitorIdentity.key(of: id, project: project), id: id) }
        let address = browser.address?.description ?? ""
        let when = at ?? sender.now, day = Day(when)
        func key(_ day: Day, salt: Day) -> Int64? {
            identity.anonymousKey(project: project, address: address, userAgent: browser.header, on: day, salt: salt)
        }
        let today = Day(sender.now)
        // Uses the salt of the event's own day while it exists, so late events get the same visitor as the others.
        func key(_ day: Day) -> Int64? { key(day, salt: day) ?? key(day, salt: today) }
        guard let own = key(day) ?? identity.withOwnSalt(of: today, { key(day) }) else { preconditionFailure("today has a salt") }
        if sessions.current(project: project, visitor: own, at: when) == nil,
            // A visit that continues past midnight stays one visit of one visitor.
            let before = key(day.adding(days: -1)), sessions.current(project: project, visitor: before, at: when) != nil
        {
            return Visitor(key: before, id: nil)
        }
        return Visitor(key: own, id: nil)
    }

    // MARK: Facts

    private func encode(
        _ draft: Draft, _ payload: Payload, _ sender: Sender, _ browser: Browser, _ visitor: Visitor, _ at: Instant?,
        _ adjustments: Adjustments, into rows: inout EncodedRows
    ) -> Effect {
        let project = sender.project.number
        let hour = sender.now.startOfHour.milliseconds
        let eventID = (draft.eventID ?? payload["event_id"]?.string).map { VisitorIdentity.eventID($0, project: project) }
        func header(_ table: Int, _ role: EncodedRow.Role, isTentative: Bool = false) -> EncodedRow.Header {
            EncodedRow.Header(
                table: table, project: project, hour: hour, role: role, eventID: role == .event ? eventID : nil, isTentative: isTentative)
        }
        var touched: Sessions.Name?
        let sessionID = payload["session_id"]?.string
        let when = at ?? sender.now
        let visit: Visit, isTentative: Bool
        if let activity = draft.activity {
            let (place, attributes) = sessions.add(
                Sessions.Arrival(
                    project: project, visitor: visitor.key, at: at, now: sender.now, sessionID: sessionID,
                    isPageview: activity.kind == .pageview, path: activity.path),
                attributes: { self.attributes(activity, sender, browser) })
            isTentative = place.isTentative
            rows.append(header(activityNumber, .event, isTentative: isTentative)) { row in
                Self.encode(activity, place, attributes, project, visitor.key, sessionID, into: &row)
            }
            touched = Sessions.Name(project: project, visitor: visitor.key, sessionAt: place.sessionAt)
            visit = Visit(
                project: project, visitor: visitor.key, at: Instant(milliseconds: place.at),
                sessionAt: Instant(milliseconds: place.sessionAt), lastPath: place.fromPath, attributes: attributes, data: activity.data)
        } else {
            let current = sessions.current(project: project, visitor: visitor.key, at: when, sessionID: sessionID)
            // A session with a `session_id` is only identified by it, and facts don't store it.
            isTentative = sessionID == nil && (current?.isTentative == true || Sessions.isOld(when, now: sender.now))
            let attributes =
                current?.attributes
                ?? self.attributes(ActivityDraft(kind: .event, path: payload.text("path")), sender, browser)
            visit = Visit(
                project: project, visitor: visitor.key, at: when, sessionAt: Instant(milliseconds: current?.sessionAt ?? when.milliseconds),
                lastPath: current?.lastPath ?? "", attributes: attributes, data: nil)
        }
        var role = draft.activity == nil ? EncodedRow.Role.event : .follower
        for (table, values) in draft.facts(visit) {
            guard let number = tableNumbers[table.name] else { preconditionFailure("table \(table.name) is not registered") }
            rows.append(header(number, role, isTentative: isTentative)) { row in
                Self.begin(&row, project, visit.at.milliseconds, visitor.key)
                for value in values { row.append(value) }
                if recordsArrival[number] { row.append(nextArrival(sender.now)) }
            }
            role = .follower
        }
        var newlyKnown: Int64?
        if let id = visitor.id, knownVisitors.isNew(visitor.key, on: Day(visit.at)) {
            newlyKnown = visitor.key
            rows.append(header(visitorsNumber, .note)) { row in
                Self.begin(&row, project, visit.at.milliseconds, visitor.key)
                row.append(id)
            }
        }
        return Effect(session: touched, visitor: newlyKnown, adjustments: adjustments)
    }

    /// Adds facts that came without an event, as notes, together with the visitor's id.
    func add(_ facts: [Fact], about id: String, of project: Project, at instant: Instant, to rows: inout EncodedRows) {
        let visitor = VisitorIdentity.key(of: id, project: project.number)
        for (table, values) in facts + [(Activity.visitors, [.text(id)])] {
            guard let number = tableNumbers[table.name] else { preconditionFailure("table \(table.name) is not registered") }
            let header = EncodedRow.Header(
                table: number, project: project.number, hour: instant.startOfHour.milliseconds, role: .note, eventID: nil)
            rows.append(header) { row in
                Self.begin(&row, project.number, instant.milliseconds, visitor)
                for value in values { row.append(value) }
                if recordsArrival[number] { row.append(nextArrival(instant)) }
            }
        }
    }

    /// A number larger than all before; across hosts, only as far as their clocks agree.
    private func nextArrival(_ now: Instant) -> Int64 {
        var last = lastArrival.load(ordering: .relaxed)
        while true {
            let next = max(last + 1, now.milliseconds << 10)
            let (exchanged, original) = lastArrival.compareExchange(expected: last, desired: next, ordering: .relaxed)
            if exchanged { return next }
            last = original
        }
    }

    /// Appends the columns that every fact begins with.
    private static func begin(_ row: inout RowEncoder, _ project: Int32, _ at: Int64, _ visitor: Int64) {
        row.append(Int64(project))
        row.append(at)
        row.append(visitor)
    }

    /// What an event changed in memory: the session it extended, and the visitor whose id is in its rows. Also the adjustments made to
    /// the event.
    struct Effect {
        let session: Sessions.Name?
        let visitor: Int64?
        let adjustments: Adjustments
    }

    /// Forgets a visitor whose facts were erased, so later events start from nothing.
    public func forget(project: Int32, visitor: Int64) {
        sessions.forget(project: project, visitor: visitor)
        knownVisitors.forget([visitor])
    }

    /// Undoes the effects of events that could not be kept.
    func undo(_ effects: [Effect]) {
        sessions.distrust(effects.compactMap(\.session))
        knownVisitors.forget(effects.compactMap(\.visitor))
    }

    private func attributes(_ activity: ActivityDraft, _ sender: Sender, _ browser: Browser) -> SessionAttributes {
        let place = browser.address.flatMap { geoIP?.lookup($0) }
        let agent = browser.userAgent
        return SessionAttributes(
            source: source(of: activity.referrer, sender),
            referrer: ReferrerSource.clean(activity.referrer),
            country: place?.country ?? "", region: place?.region ?? "", city: place?.city ?? "",
            browser: agent.browser, browserVersion: agent.browserVersion, os: agent.os, osVersion: agent.osVersion,
            device: agent.device.rawValue, screen: activity.screen,
            language: activity.language.isEmpty ? Language.tag(of: sender.acceptLanguage) : Language.tag(of: activity.language))
    }

    /// A site may have other host names than its project's domain, so referrers from the page's own origin are internal, too.
    private func source(of referrer: String, _ sender: Sender) -> String {
        let source = ReferrerSource.source(of: referrer, siteHost: sender.project.domain)
        guard source != ReferrerSource.direct, !sender.origin.isEmpty else { return source }
        return ReferrerSource.source(of: referrer, siteHost: sender.origin)
    }

    /// Appends the columns of `Activity.table`, in its order.
    private static func encode(
        _ activity: ActivityDraft, _ place: Sessions.Place, _ attributes: SessionAttributes, _ project: Int32, _ visitor: Int64,
        _ sessionID: String?, into row: inout RowEncoder
    ) {
        begin(&row, project, place.at, visitor)
        row.append(activity.kind.rawValue)
        row.append(place.sessionAt)
        row.append(Int64(place.seq))
        if let gap = place.gap { row.append(Int64(gap)) } else { row.appendNull() }
        row.append(Int64(place.pageviewNumber))
        row.append(place.fromPath)
        row.append(activity.path)
        row.append(activity.title)
        row.append(activity.name)
        if let data = activity.data { row.append(data) } else { row.appendNull() }
        row.append(encoded: attributes.columns)
        if let sessionID { row.append(sessionID) } else { row.appendNull() }
    }
}

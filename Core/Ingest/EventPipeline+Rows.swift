import Access
import Common
@_spi(Host) import Enrichment
import Questions
@_spi(Host) import Storage
import Synchronization

/// Encodes events as rows.
extension EventPipeline {
    func encode(
        _ draft: Draft, _ payload: Payload, _ sender: Sender, _ browser: Browser, _ visitor: Visitor, _ at: Instant?,
        _ adjustments: Adjustments, into rows: inout EncodedRows
    ) -> Effect {
        let project = sender.project.number
        let hour = sender.now.startOfHour.milliseconds
        var eventID = payload["event_id"]?.string.map { VisitorIdentity.eventID($0, project: project) }
        var otherIDs = draft.derivedIDs.isEmpty ? [] : VisitorIdentity.derivedIDs(draft.derivedIDs, project: project)
        if eventID == nil, !otherIDs.isEmpty { eventID = otherIDs.removeFirst() }
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
            rows.append(header(activityNumber, .event, isTentative: isTentative), otherIDs: otherIDs) { row in
                Self.encode(activity, place, attributes, project, visitor.key, sessionID, into: &row)
            }
            touched = Sessions.Name(project: project, visitor: visitor.key, sessionAt: place.sessionAt)
            visit = Visit(
                project: project, visitor: visitor.key, at: Instant(milliseconds: place.at),
                sessionAt: Instant(milliseconds: place.sessionAt), lastPath: place.fromPath, attributes: attributes, data: activity.data)
        } else {
            let current = sessions.current(project: project, visitor: visitor.key, at: when, sessionID: sessionID)
            // A fact with a `session_id` is never tentative: only the id identifies its session, and stored facts don't contain the id.
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
            rows.append(header(number, role, isTentative: isTentative), otherIDs: otherIDs) { row in
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

    /// Adds facts that came without an event, and the visitor's id. The first fact counts as an event.
    /// - Throws: `Refusal` if the module of a fact may not collect.
    func add(
        _ facts: [Fact], about visitorID: String, id: String?, from sender: EventSender, at instant: Instant, now: Instant,
        to rows: inout EncodedRows
    ) throws {
        let project = sender.project.number, visitor = VisitorIdentity.key(of: visitorID, project: project)
        let eventID = id.map { VisitorIdentity.derivedID("fact:" + $0, project: project) }
        for (table, _) in facts {
            guard let owner = owners[table.name] else { preconditionFailure("table \(table.name) belongs to no module") }
            try checkModule(owner, in: sender.project, allowedModules: sender.allowedModules)
        }
        var role = EncodedRow.Role.event
        func add(_ table: FactTable, _ values: [Value], _ role: EncodedRow.Role) {
            guard let number = tableNumbers[table.name] else { preconditionFailure("table \(table.name) is not registered") }
            let header = EncodedRow.Header(
                table: number, project: project, hour: now.startOfHour.milliseconds, role: role, eventID: role == .event ? eventID : nil)
            rows.append(header) { row in
                Self.begin(&row, project, instant.milliseconds, visitor)
                for value in values { row.append(value) }
                if recordsArrival[number] { row.append(nextArrival(now)) }
            }
        }
        for (table, values) in facts {
            add(table, values, role)
            role = .follower
        }
        add(Activity.visitors, [.text(visitorID)], .note)
    }

    /// Returns a number larger than all previous ones. Across hosts, that holds only as far as their clocks agree.
    func nextArrival(_ now: Instant) -> Int64 {
        var last = lastArrival.load(ordering: .relaxed)
        while true {
            let next = max(last + 1, now.milliseconds << 10)
            let (exchanged, original) = lastArrival.compareExchange(expected: last, desired: next, ordering: .relaxed)
            if exchanged { return next }
            last = original
        }
    }

    /// Appends the columns that every fact starts with.
    static func begin(_ row: inout RowEncoder, _ project: Int32, _ at: Int64, _ visitor: Int64) {
        row.append(Int64(project))
        row.append(at)
        row.append(visitor)
    }

    /// What an event changed in memory: the session it extended, and the visitor whose id its rows contain. Also holds the adjustments made
    /// to the event.
    struct Effect {
        let session: Sessions.Name?
        let visitor: Int64?
        let adjustments: Adjustments
    }

    /// Forgets a visitor whose facts were erased, so later events start from scratch.
    @_spi(Host) public func forget(project: Int32, visitor: Int64) {
        sessions.forget(project: project, visitor: visitor)
        knownVisitors.forget([visitor])
    }

    /// Undoes the effects of events that could not be kept.
    func undo(_ effects: [Effect]) {
        sessions.distrust(effects.compactMap(\.session))
        knownVisitors.forget(effects.compactMap(\.visitor))
    }

    func attributes(_ activity: ActivityDraft, _ sender: Sender, _ browser: Browser) -> SessionAttributes {
        let place = browser.address.flatMap { geoIP?.lookup($0) }
        let agent = browser.userAgent
        return SessionAttributes(
            source: source(of: activity.referrer, sender),
            referrer: ReferrerSource.clean(activity.referrer),
            country: place?.country ?? "", region: place?.region ?? "", city: place?.city ?? "",
            browser: agent.browser, browserVersion: agent.browserVersion, os: agent.os, osVersion: agent.osVersion,
            device: agent.device.rawValue, screen: activity.screen,
            language: activity.language.isEmpty ? Language.tag(of: sender.given.acceptLanguage) : Language.tag(of: activity.language))
    }

    /// A site may have host names other than its project's domain, so referrers from the page's own origin count as internal as well.
    func source(of referrer: String, _ sender: Sender) -> String {
        let source = ReferrerSource.source(of: referrer, siteHost: sender.project.domain)
        guard source != ReferrerSource.direct, !sender.given.origin.isEmpty else { return source }
        return ReferrerSource.source(of: referrer, siteHost: sender.given.origin)
    }

    /// Appends the columns of `Activity.table`, in its order.
    static func encode(
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

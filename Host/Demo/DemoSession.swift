import Common

/// A visit in progress: the page that the visitor is on, and what the visitor does next.
final class DemoSession {
    let visitor: DemoVisitor
    private let fields: [UInt8]
    private let source: DemoSource
    /// The number of pageviews still to come.
    private var left: Int
    private var place: DemoSite.Place
    private var page: DemoSite.Page
    /// The event to send on this page before the next pageview.
    private var action: DemoSite.Action?
    private var isFirst = true
    /// Whether the visitor became a customer in the last step.
    private(set) var hasSignedUp = false

    init(_ visitor: DemoVisitor, from source: DemoSource, in site: DemoSite, _ random: inout DemoRandom) {
        self.visitor = visitor
        self.source = source
        fields = visitor.fields
        left = random.chance(source.bounce) ? 1 : 2
        // On each page, one visitor in five leaves.
        if left > 1 { while left < 60, random.chance(0.8) { left += 1 } }
        place = source.entry.pick(&random)
        page = site.pages[place.rawValue].pick(&random)
    }

    /// Returns the event at `instant`, and the pause in seconds until the next event. A nil pause ends the visit.
    func step(at instant: Instant, in site: DemoSite, _ random: inout DemoRandom) -> (event: DemoEvent, pause: Double?) {
        hasSignedUp = false
        if let action {
            self.action = nil
            hasSignedUp = action.name == DemoSite.signup
            let event = DemoEvent(
                at: instant, type: DemoEvent.event, visitor: fields, path: page.path, first: page.pathField,
                second: action.fields.pick(&random))
            return (event, walk(to: action.next, in: site, &random))
        }
        let event = DemoEvent(
            at: instant, type: DemoEvent.pageview, visitor: fields, path: page.path, first: page.fields,
            second: isFirst ? source.fields : [])
        isFirst = false
        left -= 1
        if let action = site.actions[place.rawValue], random.chance(action.probability), left > 0 || action.next == nil {
            self.action = action
            return (event, min(600, random.time(median: site.stay[place.rawValue] / 3)))
        }
        return (event, walk(to: nil, in: site, &random))
    }

    /// Moves to the next page. Returns the pause before that pageview in seconds; nil if the visit is over.
    private func walk(to next: DemoSite.Place?, in site: DemoSite, _ random: inout DemoRandom) -> Double? {
        guard left > 0 else { return nil }
        let pause = random.time(median: site.stay[place.rawValue])
        place = next ?? site.next[place.rawValue].pick(&random)
        page = site.pages[place.rawValue].pick(&random)
        // Keep the pause shorter than the session timeout.
        return min(1_500, pause)
    }
}

/// A payload for `POST /api/collect`, as pieces of JSON.
public struct DemoEvent: Sendable {
    /// The time of the event.
    public let at: Instant
    let type: [UInt8]
    let visitor: [UInt8]
    let path: String
    let first: [UInt8]
    let second: [UInt8]

    static let pageview = Array(#"{"type":"pageview","timestamp":"#.utf8)
    static let event = Array(#"{"type":"event","timestamp":"#.utf8)

    var isPageview: Bool { type == Self.pageview }

    /// Appends the payload as JSON.
    public func append(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: type)
        bytes.append(contentsOf: String(at.milliseconds).utf8)
        bytes.append(contentsOf: visitor)
        bytes.append(contentsOf: first)
        bytes.append(contentsOf: second)
        bytes.append(UInt8(ascii: "}"))
    }
}

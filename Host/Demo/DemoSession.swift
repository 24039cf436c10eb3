import Common

/// One visit under way: where the visitor is, and what comes next.
final class DemoSession {
    let visitor: DemoVisitor
    private let fields: [UInt8]
    private let source: DemoSource
    /// Pages that are still looked at.
    private var left: Int
    private var place: DemoSite.Place
    private var page: DemoSite.Page
    /// What is done on the page before the next one.
    private var action: DemoSite.Action?
    private var isFirst = true
    /// Whether the visitor became a customer in the last step.
    private(set) var hasSignedUp = false

    init(_ visitor: DemoVisitor, from source: DemoSource, in site: DemoSite, _ random: inout DemoRandom) {
        self.visitor = visitor
        self.source = source
        fields = visitor.fields
        left = random.chance(source.bounce) ? 1 : 2
        // Each page makes every fifth visitor leave.
        if left > 1 { while left < 60, random.chance(0.8) { left += 1 } }
        place = source.entry.pick(&random)
        page = site.pages[place.rawValue].pick(&random)
    }

    /// What happens at `instant`, and in how many seconds the next thing does; nil when the visit is over.
    func step(at instant: Instant, in site: DemoSite, _ random: inout DemoRandom) -> (event: DemoEvent, pause: Double?) {
        hasSignedUp = false
        if let action {
            self.action = nil
            hasSignedUp = action.name == DemoSite.signup
            let event = DemoEvent(at: instant, type: DemoEvent.event, visitor: fields, path: page.path, first: page.pathField, second: action.fields.pick(&random))
            return (event, walk(to: action.next, in: site, &random))
        }
        let event = DemoEvent(at: instant, type: DemoEvent.pageview, visitor: fields, path: page.path, first: page.fields, second: isFirst ? source.fields : [])
        isFirst = false
        left -= 1
        if let action = site.actions[place.rawValue], random.chance(action.probability), left > 0 || action.next == nil {
            self.action = action
            return (event, min(600, random.time(median: site.stay[place.rawValue] / 3)))
        }
        return (event, walk(to: nil, in: site, &random))
    }

    private func walk(to next: DemoSite.Place?, in site: DemoSite, _ random: inout DemoRandom) -> Double? {
        guard left > 0 else { return nil }
        let pause = random.time(median: site.stay[place.rawValue])
        place = next ?? site.next[place.rawValue].pick(&random)
        page = site.pages[place.rawValue].pick(&random)
        // Shorter than what ends a session.
        return min(1_500, pause)
    }
}

/// A payload of `POST /api/collect`, ready to be written.
public struct DemoEvent: Sendable {
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

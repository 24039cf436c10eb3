import Common

/// A group of visitors by what they did and what is known about them.
///
/// A visitor belongs to it who was active in the report's range and for whom the rule holds there. Conditions look at the range;
/// one with `within_days` at so many days before the range's end instead, one of the profile at the latest that is known.
public struct Segment: Sendable {
    public indirect enum Rule: Sendable {
        case all([Rule])
        case any([Rule])
        case not(Rule)
        /// The latest value of a trait, by its place.
        case trait(PropertyPath, Comparison)
        case user(Comparison)
        case account(Comparison)
        /// One of the visitor's sessions has this value in a column that all its rows share.
        case session(column: String, Comparison)
        /// One of the visitor's sessions has this measure, or this page at its beginning or end.
        case sessionMeasure(SessionMeasure, Comparison)
        /// One of the visitor's pageviews has this value in a column.
        case pageview(column: String, Comparison)
        /// The visitor did the step so many times.
        case did(Step, count: Comparison, withinDays: Int?)
        case metric(Metric, Comparison)
        case sequence(Sequence)
        /// The visitor is at this place of the funnel.
        case funnel(Funnel, FunnelPlace)
        /// Another segment, as it is when the question is asked.
        case segment(id: String, isMember: Bool)
    }

    public enum SessionMeasure: String, Sendable, CaseIterable {
        /// Seconds from first to last activity.
        case duration
        case pageviews, events
        case entry_page, exit_page

        var isNumber: Bool { self != .entry_page && self != .exit_page }
    }

    /// What is summed up over all that a visitor did in the range.
    public enum Metric: String, Sendable, CaseIterable {
        case pageviews, events, sessions
        /// Days with activity, on the clocks of the report's time zone.
        case days_active
        /// Seconds, of all sessions together.
        case duration
        /// In units of the segment's `currency`.
        case revenue
    }

    /// Steps in their order, and what was not done after the last of them.
    public struct Sequence: Sendable {
        public let steps: [Step]
        public let thenNot: Step?
        /// From the first step to the last, and from there to what was not done.
        public let withinDays: Int?

        public init(steps: [Step], thenNot: Step? = nil, withinDays: Int? = nil) {
            self.steps = steps
            self.thenNot = thenNot
            self.withinDays = withinDays
        }
    }

    public let rule: Rule
    /// What amounts of money in it are in; amounts in others, without a rate, don't count.
    public let currency: String

    public init(_ rule: Rule, currency: String = Revenue.defaultCurrency) {
        self.rule = rule
        self.currency = currency
    }

    /// Those who are in both.
    func and(_ other: Segment) -> Segment {
        // One that doesn't ask for revenue was given no currency of the project's.
        Segment(.all([rule, other.rule]), currency: modules.contains("revenue") ? currency : other.currency)
    }

    /// The modules whose facts it reads.
    public var modules: Set<String> {
        var found: Set<String> = []
        rule.forEachLeaf { leaf in
            switch leaf {
            case .trait, .user, .account: found.insert("identity")
            case .metric(.revenue, _): found.insert("revenue")
            default: break
            }
        }
        return found
    }

    /// Whether facts from outside the range decide.
    var looksBeyondRange: Bool {
        var found = false
        rule.forEachLeaf { leaf in
            switch leaf {
            case .trait, .user, .account, .did(_, _, .some): found = true
            default: break
            }
        }
        return found
    }
}

extension Segment.Rule {
    /// Calls `body` for each condition, those in groups too.
    public func forEachLeaf(_ body: (Segment.Rule) -> Void) {
        switch self {
        case .all(let rules), .any(let rules): for rule in rules { rule.forEachLeaf(body) }
        case .not(let rule): rule.forEachLeaf(body)
        default: body(self)
        }
    }
}

import Common
import Storage

/// A group of visitors, defined by what they did and what is known about them.
///
/// Members were active in the report's range, and the rule holds for them. Conditions look at that range, except those with
/// `within_days`, which look at that many days before its end, and those on the profile, which look at the latest known value.
public struct Segment: Sendable {
    /// A condition on a visitor, or a combination of them.
    public indirect enum Rule: Sendable {
        case all([Rule])
        case any([Rule])
        case not(Rule)
        /// The latest value of a trait, by its path.
        case trait(PropertyPath, Comparison)
        case user(Comparison)
        case account(Comparison)
        /// The comparison holds for one of the visitor's sessions, in a column that is the same in all rows of a session.
        case session(column: String, Comparison)
        /// The comparison holds for a measure, or the entry or exit page, of one of the visitor's sessions.
        case sessionMeasure(SessionMeasure, Comparison)
        /// The comparison holds for a column of one of the visitor's pageviews.
        case pageview(column: String, Comparison)
        /// The comparison holds for how often the visitor did the step.
        case did(Step, count: Comparison, withinDays: Int?)
        case metric(Metric, Comparison)
        case sequence(Sequence)
        /// The visitor is at this place in the funnel.
        case funnel(Funnel, FunnelPlace)
        /// Another segment, as it is defined when the report runs.
        case segment(id: String, isMember: Bool)
    }

    /// A property of a whole session.
    public enum SessionMeasure: String, Sendable, CaseIterable {
        /// Seconds from first to last activity.
        case duration
        case pageviews, events
        case entry_page, exit_page

        var isNumber: Bool { self != .entry_page && self != .exit_page }
    }

    /// A total over everything that a visitor did in the range.
    public enum Metric: String, Sendable, CaseIterable {
        case pageviews, events, sessions
        /// Days with activity, in the report's time zone.
        case days_active
        /// Seconds, over all sessions.
        case duration
        /// In units of the segment's `currency`.
        case revenue
    }

    /// Steps in order, and optionally a step that was not done after the last.
    public struct Sequence: Sendable {
        /// At least two, or at least one with `thenNot`.
        public let steps: [Step]
        /// The step that must not follow the last of `steps`; nil for no such condition.
        public let thenNot: Step?
        /// The limit from the first step to the last, and again from the last to `thenNot`; nil for no limit.
        public let withinDays: Int?

        public init(steps: [Step], thenNot: Step? = nil, withinDays: Int? = nil) {
            self.steps = steps
            self.thenNot = thenNot
            self.withinDays = withinDays
        }
    }

    /// The condition that members meet.
    public let rule: Rule
    /// The currency of the segment's amounts. Amounts in another currency without a rate don't count.
    public let currency: String

    public init(_ rule: Rule, currency: String = Revenue.defaultCurrency) {
        self.rule = rule
        self.currency = currency
    }

    /// The segment of visitors who are in both.
    func and(_ other: Segment) -> Segment {
        // A segment without a revenue condition didn't get the project's currency.
        Segment(.all([rule, other.rule]), currency: modules.contains("revenue") ? currency : other.currency)
    }

    /// The modules whose facts it reads.
    public var modules: Set<String> {
        var modules: Set<String> = []
        rule.forEachLeaf { leaf in
            switch leaf {
            case .trait, .user, .account: modules.insert("identity")
            case .metric(.revenue, _): modules.insert("revenue")
            default: break
            }
        }
        return modules
    }

    /// Whether facts outside the range affect who is in it.
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
    /// Calls `body` for each condition, including those in groups.
    public func forEachLeaf(_ body: (Segment.Rule) -> Void) {
        switch self {
        case .all(let rules), .any(let rules): for rule in rules { rule.forEachLeaf(body) }
        case .not(let rule): rule.forEachLeaf(body)
        default: body(self)
        }
    }
}

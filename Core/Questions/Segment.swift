import Common
import Storage

/// A group of visitors, defined by what they did and who they are.
///
/// A visitor is a member if they were active in the report's range and meet the rule. Conditions apply to activity in that range, with two
/// exceptions: conditions with `within_days` apply to that many days before the range's end, and conditions on the profile apply to the
/// latest value.
public struct Segment: Sendable {
    /// A condition on a visitor, or a combination of conditions.
    public indirect enum Rule: Sendable {
        case all([Rule])
        case any([Rule])
        case not(Rule)
        /// The comparison holds for the latest value of the trait at this path.
        case trait(PropertyPath, Comparison)
        /// The comparison holds for the latest user id.
        case user(Comparison)
        /// The comparison holds for the latest account id.
        case account(Comparison)
        /// The comparison holds for this column in at least one session. The column has the same value in all rows of a session.
        case session(column: String, Comparison)
        /// The comparison holds for this measure of at least one session.
        case sessionMeasure(SessionMeasure, Comparison)
        /// The comparison holds for this column in at least one pageview.
        case pageview(column: String, Comparison)
        /// The comparison holds for the number of times that the visitor did the step.
        case did(Step, count: Comparison, withinDays: Int?)
        /// The comparison holds for this total.
        case metric(Metric, Comparison)
        /// The visitor did the steps of the sequence.
        case sequence(Sequence)
        /// The visitor is at this place in the funnel.
        case funnel(Funnel, FunnelPlace)
        /// The visitor is, or isn't, a member of another segment. That segment's definition is read when the report runs.
        case segment(id: String, isMember: Bool)
    }

    /// A property of a whole session.
    public enum SessionMeasure: String, Sendable, CaseIterable {
        /// Seconds from the first activity to the last.
        case duration
        case pageviews, events
        case entry_page, exit_page

        var isNumber: Bool { self != .entry_page && self != .exit_page }
    }

    /// A total over everything that the visitor did in the range.
    public enum Metric: String, Sendable, CaseIterable {
        case pageviews, events, sessions
        /// The number of days with activity, in the report's time zone.
        case days_active
        /// Total duration of all sessions in seconds.
        case duration
        /// Total revenue in units of the segment's `currency`.
        case revenue
    }

    /// Steps that must be done in order. A sequence can also require that another step was not done after the last one.
    public struct Sequence: Sendable {
        /// The steps, in order: at least two, or at least one if there is a `thenNot`.
        public let steps: [Step]
        /// The step that must not follow the last of `steps`; nil if there is no such condition.
        public let thenNot: Step?
        /// The maximum number of days from the first step to the last, and also the number of days after the last step in which `thenNot`
        /// must not be done. Nil for no limit.
        public let withinDays: Int?

        public init(steps: [Step], thenNot: Step? = nil, withinDays: Int? = nil) {
            self.steps = steps
            self.thenNot = thenNot
            self.withinDays = withinDays
        }
    }

    /// The condition that members must meet.
    public let rule: Rule
    /// The currency of the segment's amounts. Amounts in other currencies count only if they could be converted to it.
    public let currency: String

    public init(_ rule: Rule, currency: String = Revenue.defaultCurrency) {
        self.rule = rule
        self.currency = currency
    }

    /// The segment of visitors who are in this segment and in `other`.
    func and(_ other: Segment) -> Segment {
        // If this segment has no revenue condition, its currency doesn't matter, so the other segment's currency is used.
        Segment(.all([rule, other.rule]), currency: modules.contains("revenue") ? currency : other.currency)
    }

    /// Names of the modules whose facts the segment reads, besides `core`.
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

    /// Whether facts outside the range can change who is a member.
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

/// How many of a project's events had a given outcome in a given hour.
@_spi(Host) public struct LedgerEntry: Sendable, Hashable {  // exact: reasons are Pulse's own words
    /// What happened to an event.
    public enum Outcome: Int16, Sendable, CaseIterable {
        case received = 0, stored, duplicate, refused
        /// Accepted, but not stored exactly as sent. Counted in addition to one of the other outcomes.
        case adjusted
    }

    public let project: Int32
    /// The start of the UTC hour in which the events arrived, in epoch milliseconds.
    public let hour: Int64
    public let outcome: Outcome
    /// Why the events were refused or adjusted; "" for other outcomes.
    public let reason: String
    public let count: Int64

    public init(project: Int32, hour: Int64, outcome: Outcome, reason: String, count: Int64) {
        self.project = project
        self.hour = hour
        self.outcome = outcome
        self.reason = reason
        self.count = count
    }
}

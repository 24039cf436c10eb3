/// The number of a project's events with one outcome in one hour.
@_spi(Host) public struct LedgerEntry: Sendable, Hashable {  // exact: reasons are Pulse's own words
    /// What happened to an event.
    public enum Outcome: Int16, Sendable, CaseIterable {
        case received = 0, stored, duplicate, refused
        /// Counted in addition to one of the others: accepted, but not stored exactly as sent.
        case adjusted
    }

    public let project: Int32
    /// Start of the UTC hour in which the events arrived.
    public let hour: Int64
    public let outcome: Outcome
    /// Why events were refused or adjusted; "" otherwise.
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

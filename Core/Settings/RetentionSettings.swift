/// How long data is kept.
@_spi(Host) public struct RetentionSettings: Sendable, Equatable {
    /// How long events are kept; nil keeps them forever.
    public var eventsMonths: Int?
    /// How long an `event_id` is remembered, so that events sent repeatedly within this time are stored only once.
    public var eventIDsDays: Int
    /// How long the audit log is kept; nil keeps it forever.
    public var auditDays: Int?

    init(_ section: Section) {
        eventsMonths = section.optional("events_months", .integer(1...1_200), unit: "months")
        eventIDsDays = section.value("event_ids_days", .integer(1...3_650), default: 30, unit: "days")
        auditDays = section.optional("audit_days", .integer(1...36_500), unit: "days")
    }
}

/// How long data is kept.
@_spi(Host) public struct RetentionSettings: Sendable, Equatable {
    /// How many months events are kept; nil for forever.
    public var eventsMonths: Int?
    /// How many days an `event_id` is remembered. An event that is sent again within this time is stored only once.
    public var eventIDsDays: Int
    /// How many days the audit log is kept; nil for forever.
    public var auditDays: Int?

    init(_ section: Section) {
        eventsMonths = section.optional("events_months", .integer(1...1_200), unit: "months")
        eventIDsDays = section.value("event_ids_days", .integer(1...3_650), default: 30, unit: "days")
        auditDays = section.optional("audit_days", .integer(1...36_500), unit: "days")
    }
}

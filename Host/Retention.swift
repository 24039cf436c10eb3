@_spi(Host) import Access
@_spi(Host) import Common
@_spi(Host) import Ingest
@_spi(Host) import Settings
@_spi(Host) import Storage

/// Deletes data that is older than the configured retention periods.
struct Retention: Sendable {
    let settings: RetentionSettings
    let engines: Engines
    let tables: StoredTables
    let counters: IngestCounters
    let writer: IngestWriter
    let projects: @Sendable () -> [Project]

    func run(now: Instant) async throws {
        var statements: [SQL] = [
            "/* retention.event_ids */ DELETE FROM ingest_event_ids WHERE hour < \(now.adding(days: -Int64(settings.eventIDsDays)).milliseconds)"
        ]
        statements.append(ErasedVisitors.removal(now: now))
        if let months = settings.eventsMonths {
            let oldest = Self.start(months: months, before: now)
            let tables = try await tables.find().facts
            // Delete ids before facts. Ids that a remaining fact needs are kept.
            statements.append(forgottenIDs(before: oldest, among: tables))
            statements += tables.filter { $0 != Activity.visitors }.map {
                "/* retention.facts */ DELETE FROM \(sql: $0.name) WHERE occurred_at < \(oldest.milliseconds)"
            }
        }
        if settings.eventsMonths == nil { try await engines.events.change(statements) } else { try await engines.events.erase(statements) }
        // The deleted facts must be removed from the journal too.
        if settings.eventsMonths != nil { await writer.dropStored() }
        if settings.eventsMonths != nil { for project in projects() { counters.changed(project: project.number) } }
        if let days = settings.auditDays {
            try await engines.control.write(
                "/* retention.audit */ DELETE FROM access_audit WHERE created_at < \(now.adding(days: -Int64(days)).milliseconds)")
        }
    }

    /// Deletes old rows of visitor ids that no remaining fact needs. Only facts soon after `oldest` are checked: a visitor with later
    /// facts has a newer row.
    private func forgottenIDs(before oldest: Instant, among tables: [FactTable]) -> SQL {
        let end = oldest.adding(days: Activity.idDays + 1)
        let needing = tables.filter { $0 != Activity.visitors }.map { table in
            """
            NOT EXISTS (SELECT 1 FROM \(sql: table.name) f WHERE f.project = core_visitors.project AND f.visitor = core_visitors.visitor
              AND f.occurred_at >= \(oldest.milliseconds) AND f.occurred_at < \(end.milliseconds))
            """ as SQL
        }
        return "/* retention.ids */ DELETE FROM core_visitors WHERE \(SQL.all(["occurred_at < \(oldest.milliseconds)"] + needing))"
    }

    /// Midnight of the first day that is kept. It is `months` calendar months before today, on the last day of the month if the
    /// month is shorter.
    static func start(months: Int, before now: Instant) -> Instant {
        let (year, month, day) = Day(now).civil
        let total = year * 12 + (month - 1) - months
        let (thenYear, thenMonth) = (total / 12, total % 12 + 1)
        for candidate in stride(from: day, through: 28, by: -1) {
            if let found = Day(year: thenYear, month: thenMonth, day: candidate) { return found.start }
        }
        return (Day(year: thenYear, month: thenMonth, day: day) ?? Day(number: 0)).start
    }
}

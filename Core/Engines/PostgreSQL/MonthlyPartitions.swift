import Storage
import Synchronization

/// Makes the monthly partitions of fact tables as facts arrive: `core_activity_2026_03`.
///
/// A month that was seen once is remembered and costs nothing later.
final class MonthlyPartitions: Sendable {
    private let known = Mutex<Set<FactPlan.Month>>([])

    /// Looks again next time: tables may have been dropped.
    func forget() { known.withLock { $0 = [] } }

    /// Makes those of `months` that are missing, in a transaction of its own.
    ///
    /// The table is made first and attached then: that lets reports and other hosts' rows through, where
    /// `CREATE TABLE ... PARTITION OF` would wait for all of them.
    func ensure(_ months: Set<FactPlan.Month>, in session: PostgreSQLSession) throws {
        let missing = known.withLock { months.subtracting($0) }
        guard !missing.isEmpty else { return }
        try session.transaction {
            try session.execute("SELECT pg_advisory_xact_lock(\(AdvisoryLock.partitions))")
            for month in missing.sorted(by: { $0.name < $1.name }) { try create(month, in: session) }
        }
        known.withLock { $0.formUnion(missing) }
    }

    private func create(_ month: FactPlan.Month, in session: PostgreSQLSession) throws {
        let found = try session.execute(
            """
            SELECT 1 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = to_regclass($1::text) AND c.relname = $2::text
            """,
            [.text(month.table), .text(month.name)]
        )
        guard found.isEmpty else { return }
        let range = month.month.milliseconds
        try session.command("CREATE TABLE \(month.name) (LIKE \(month.table) INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        try session.command(
            "ALTER TABLE \(month.table) ATTACH PARTITION \(month.name) FOR VALUES FROM ('\(range.lowerBound)') TO ('\(range.upperBound)')"
        )
    }
}

extension FactPlan.Month {
    var name: String { "\(table)_\(month.suffix)" }
}

import Storage
import Synchronization

/// Creates the monthly partitions of fact tables as facts arrive, such as `core_activity_2026_03`.
///
/// Months whose partition is known to exist are cached, so they are checked only once.
final class MonthlyPartitions: Sendable {
    private let known = Mutex<Set<FactPlan.Month>>([])

    /// Clears the cache of known months. Call after statements that may have dropped tables.
    func forget() { known.withLock { $0 = [] } }

    /// Creates the partitions that are missing for `months`, in a separate transaction.
    ///
    /// Each table is created first and attached afterwards. That doesn't wait for reports or for inserts by other hosts, whereas
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
        let existing = try session.execute(
            """
            SELECT 1 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = to_regclass($1::text) AND c.relname = $2::text
            """,
            [.text(month.table), .text(month.name)]
        )
        guard existing.isEmpty else { return }
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

import Common
import Storage
import Synchronization

/// Creates the partitions of fact tables as facts arrive: by month for activity, such as `core_activity_2026_03`, and by quarter for all other
/// tables, such as `revenue_orders_2026_q1`. With Citus, each partition has a table for each shard, so there should be few.
///
/// Months whose partition is known to exist are cached, so they are checked only once.
final class Partitions: Sendable {
    private let known = Mutex<Set<FactPlan.Month>>([])
    private let citus: CitusDistribution

    init(citus: CitusDistribution) { self.citus = citus }

    /// Clears the cache of known months. Call after statements that may have dropped tables.
    func forget() { known.withLock { $0 = [] } }

    /// Creates the partitions that are missing for `months`, in a separate transaction for each table, so locks are short.
    ///
    /// Each partition is created first and attached afterwards. That doesn't wait for reports or for inserts by other hosts, whereas
    /// `CREATE TABLE ... PARTITION OF` would wait for all of them.
    func ensure(_ months: Set<FactPlan.Month>, in session: PostgreSQLSession) throws {
        let missing = known.withLock { months.subtracting($0) }
        // exact: tables are named in our source
        for (table, months) in Dictionary(grouping: missing, by: \.table).sorted(by: { $0.key < $1.key }) {
            try session.transaction {
                try session.execute("SELECT pg_advisory_xact_lock(\(AdvisoryLock.partitions))")
                try citus.beginChanges(session)
                for month in months.map(\.month).sorted(by: { ($0.year, $0.month) < ($1.year, $1.month) }) {
                    try create(month, of: table, in: session)
                }
            }
            known.withLock { $0.formUnion(months) }
        }
    }

    private func create(_ month: CalendarMonth, of table: String, in session: PostgreSQLSession) throws {
        let existing = try session.execute(
            "SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass($1::text)",
            [.text(table)]
        ).map { $0.text("name") }
        func exists(_ suffix: String) -> Bool { existing.contains(exactly: "\(table)_\(suffix)") }
        let quarter = month.quarter
        guard !exists(month.suffix), !exists(quarter.suffix) else { return }
        // Tables that have a month of the quarter already, from an earlier version of Pulse, get the others as months too.
        let isByMonth = table == Activity.table.name || quarter.months.contains { exists($0.suffix) }
        let name = "\(table)_\(isByMonth ? month.suffix : quarter.suffix)", range = isByMonth ? month.milliseconds : quarter.milliseconds
        try session.command("CREATE TABLE \(name) (LIKE \(table) INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        try createIndexes(of: name, like: table, in: session)
        try session.command(
            "ALTER TABLE \(table) ATTACH PARTITION \(name) FOR VALUES FROM ('\(range.lowerBound)') TO ('\(range.upperBound)')")
        if try citus.isInUse(session) { try session.command("ALTER TABLE \(name) REPLICA IDENTITY FULL") }
    }

    /// Creates the indexes that attaching would create otherwise, under names that stay short when Citus adds the number of a shard.
    private func createIndexes(of partition: String, like table: String, in session: PostgreSQLSession) throws {
        let definitions = try session.execute(
            "SELECT substring(pg_get_indexdef(indexrelid) FROM ' USING .*') AS method FROM pg_index WHERE indrelid = to_regclass($1::text) ORDER BY indexrelid",
            [.text(table)])
        for (number, row) in definitions.enumerated() {
            try session.command("CREATE INDEX \(partition)_i\(number + 1) ON \(partition)\(row.text("method"))")
        }
    }
}

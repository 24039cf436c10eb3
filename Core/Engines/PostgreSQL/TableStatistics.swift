@_spi(Host) import Storage
import Synchronization

/// Keeps the planner's statistics of fact tables current. Autovacuum looks after each partition, but never after a partitioned table as a
/// whole, and that is what PostgreSQL goes by when it plans a report's joins and groups.
final class TableStatistics: Sendable {
    private struct State {
        var isRenewing = false
        /// The number of rows of each table when its statistics were last made, and of those that came later.
        var tables: [String: (described: Int64, added: Int64)] = [:]
    }

    /// A table is looked at again when it has twice the rows, and at least this many more. More often would cost more than it helps: what a
    /// sample tells of all rows hardly changes.
    private static let leastGrowth: Int64 = 10_000

    private let state = Mutex(State())

    /// Notes rows that were stored.
    func note(_ rows: [EncodedRow.Header], in tables: [FactTable]) {
        var counts = [Int64](repeating: 0, count: tables.count)
        for row in rows { counts[row.table] += 1 }
        state.withLock { state in
            for (table, count) in zip(tables, counts) where count > 0 { state.tables[table.name, default: (0, 0)].added += count }
        }
    }

    /// Whether a table has grown, and nobody is looking at it yet. If so, the caller looks at it with `renew`, and then calls `end`.
    func begin() -> Bool {
        state.withLock { state in
            guard !state.isRenewing, state.tables.values.contains(where: Self.isOutdated) else { return false }
            state.isRenewing = true
            return true
        }
    }

    func end() { state.withLock { $0.isRenewing = false } }

    private static func isOutdated(_ table: (described: Int64, added: Int64)) -> Bool {
        table.added >= max(leastGrowth, table.described)
    }

    /// Makes the statistics of all tables that have grown. Not with Citus, which would have all shards sampled, one after the other: reports
    /// read shards, and the nodes' autovacuum looks after these.
    func renew(_ session: PostgreSQLSession) throws {
        for (table, rows) in state.withLock({ $0.tables }) where Self.isOutdated(rows) {
            // A host that was just started doesn't know what earlier ones described.
            let described = try session.execute(
                "SELECT greatest(reltuples, 0)::bigint AS rows FROM pg_class WHERE oid = to_regclass($1::text)", [.text(table)]
            ).first?.int("rows")
            guard let described else { continue }
            let isCurrent = rows.described < described && rows.added < described
            if !isCurrent, !session.hasCitus { try session.command("ANALYZE \(table)") }
            state.withLock { state in
                let added = state.tables[table]?.added ?? 0
                state.tables[table] =
                    isCurrent ? (described, added) : (max(described, rows.described) + rows.added, added - rows.added)
            }
        }
    }
}

import Common

/// The visitors who were erased of late.
///
/// A journal may still have facts of an erased visitor: that of a host that was killed, or cut off from the others, before it had stored what
/// it acknowledged. It must not store them afterwards. So erasures are numbered, and the store refuses a batch whose host doesn't know the
/// latest (`FactBatch.erasures`).
@_spi(Host) public enum ErasedVisitors {
    /// The key of each, and when it was erased.
    public static let table = Table(
        "ingest_erased_visitors",
        [Column("number", .int64), Column("project", .int32), Column("key", .int64), Column("erased_at", .int64)],
        primaryKey: ["number"])

    /// For how long they are kept, in days. A journal that was away for longer brings erased visitors back.
    public static let days: Int64 = 90

    /// The name under which `ingest_positions` has the number of the last erasure, as a segment. No journal has it: those have UUIDs.
    private static let counter = "erasures"

    /// Statements that number and keep an erasure. They come first in its transaction: on PostgreSQL they wait for the batches that are being
    /// stored, and later batches wait for the transaction.
    public static func addition(_ key: Int64, of project: Int32, at now: Instant, _ dialect: Dialect) -> [SQL] {
        (dialect == .postgresql ? ["/* erasure.lock */ LOCK TABLE ingest_positions IN SHARE ROW EXCLUSIVE MODE"] : []) + [
            """
            /* erasure.number */ INSERT INTO ingest_positions (journal, segment, byte_offset) VALUES (\(counter), 1, 0)
            ON CONFLICT (journal) DO UPDATE SET segment = ingest_positions.segment + 1
            """,
            """
            /* erasure.keep */ INSERT INTO ingest_erased_visitors (number, project, key, erased_at)
            SELECT segment, \(Int64(project)), \(key), \(now.milliseconds) FROM ingest_positions WHERE journal = \(counter)
            """,
        ]
    }

    /// The number of the last erasure, `number`; no row if there was none.
    public static let last: SQL = "/* erasure.last */ SELECT segment AS number FROM ingest_positions WHERE journal = \(counter)"

    /// The erasures after this one.
    public static func after(_ number: Int64) -> SQL {
        "/* erasure.after */ SELECT project, key, erased_at FROM ingest_erased_visitors WHERE number > \(number)"
    }

    /// Forgets old erasures.
    public static func removal(now: Instant) -> SQL {
        "/* retention.erasures */ DELETE FROM ingest_erased_visitors WHERE erased_at < \(now.adding(days: -days).milliseconds)"
    }
}

extension FactBatch {
    /// There was an erasure that the batch's host doesn't know. Nothing of the batch was stored.
    public struct UnknownErasure: Error, Sendable {
        public init() {}
    }

    /// - Parameter rows: the result of `ErasedVisitors.last`.
    /// - Throws: `UnknownErasure` if that is later than the last one that the host knows.
    public func check(_ rows: Rows) throws {
        if let last = rows.first?.int("number"), last > erasures { throw UnknownErasure() }
    }

    /// The batch without some of its rows. Their events count as refused.
    /// - Parameter isLeftOut: for each row, whether it is left out.
    public func without(_ isLeftOut: [Bool], refused reason: String) -> FactBatch {
        var kept: [EncodedRow] = [], ledger = ledger
        for (row, isLeftOut) in zip(rows, isLeftOut) {
            guard isLeftOut else {
                kept.append(row)
                continue
            }
            let header = row.header
            guard header.role == .event else { continue }
            ledger.append(LedgerEntry(project: header.project, hour: header.hour, outcome: .refused, reason: reason, count: 1))
        }
        return FactBatch(
            journal: journal, position: position, tables: tables, rows: kept, ledger: ledger, moves: moves, erasures: erasures,
            trace: trace,
            alongside: { [alongside] duplicates in
                // Followers read the journal themselves and must leave these rows out, too.
                var rest = duplicates.makeIterator()
                return alongside(isLeftOut.map { $0 ? true : rest.next() ?? false })
            })
    }
}

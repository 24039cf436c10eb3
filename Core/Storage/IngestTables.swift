/// Tables of the event plane for the bookkeeping of collection. Engines write them in `EventStore.apply`.
@_spi(Host) public enum IngestTables {
    /// The number of events by outcome: `project`, `hour` (start of the hour of arrival, epoch milliseconds),
    /// `outcome` (`LedgerEntry.Outcome`), `reason`, `count`.
    public static let ledger = Table(
        "ingest_ledger",
        [
            Column("project", .int32), Column("hour", .int64), Column("outcome", .int16), Column("reason", .text),
            Column("count", .int64),
        ],
        primaryKey: ["project", "hour", "outcome", "reason"]
    )

    /// How far each host's journal has been applied to the store.
    public static let positions = Table(
        "ingest_positions",
        [Column("journal", .text), Column("segment", .int64), Column("byte_offset", .int64)],
        primaryKey: ["journal"]
    )

    /// The migrations of these tables, oldest first.
    public static let migrations = [
        Migration(
            "001-create", on: .events,
            [
                .createTable(ledger), .createTable(positions),
                .statements { dialect in [SQL(sql: eventIDCreation(dialect))] },
                // Maps visitor keys to DuckDB's visitor numbers. There is no index, because the single writer caches the table.
                .statements { dialect in
                    dialect == .duckdb
                        ? ["CREATE TABLE ingest_visitors (project INTEGER NOT NULL, number INTEGER NOT NULL, key BIGINT NOT NULL)"] : []
                },
            ]),
        Migration("002-erased-visitors", on: .events, [.createTable(ErasedVisitors.table)]),
    ]

    /// Ids of events that have been stored: the two halves of `EncodedRow.EventID`, with the hour of arrival. There is no unique index on
    /// DuckDB. Its single writer looks up a whole batch in one go, which is faster than maintaining an index.
    private static func eventIDCreation(_ dialect: Dialect) -> String {
        let columns = "project INTEGER NOT NULL, hour BIGINT NOT NULL, id_high BIGINT NOT NULL, id_low BIGINT NOT NULL"
        // PostgreSQL has several writers, so the primary key makes sure that an id counts only once.
        return dialect == .postgresql
            ? "CREATE TABLE ingest_event_ids (\(columns), PRIMARY KEY (id_high, id_low))"
            : "CREATE TABLE ingest_event_ids (\(columns))"
    }
}

import CDuckDB
import Storage

/// Adds batches of facts to the database; what it keeps from one to the next belongs to the writer's thread.
final class BatchWriter: @unchecked Sendable {
    // `@unchecked`: `ConnectionThreads` of one thread are the only ones to call it.

    /// Chunks by table, as making one costs more than a row does.
    private var chunks: [String: AppenderChunk] = [:]

    /// For after a change of the schema.
    func forgetChunks() { chunks = [:] }

    func apply(_ batch: FactBatch, on connection: Connection) throws -> AppliedBatch {
        try connection.transaction {
            if let position = try Self.position(of: batch.journal, on: connection), batch.position <= position {
                return AppliedBatch(duplicates: Array(repeating: false, count: batch.rows.count))
            }
            let duplicates = try findDuplicates(batch, on: connection)
            var ledger = Ledger(batch.ledger)
            try append(batch, duplicates, &ledger, on: connection)
            try ledger.store(on: connection)
            try store(batch.position, of: batch.journal, on: connection)
            return AppliedBatch(duplicates: duplicates)
        }
    }

    // MARK: Position

    static func position(of journal: String, on connection: Connection) throws -> JournalPosition? {
        let rows = try connection.run(
            "SELECT segment, byte_offset FROM ingest_positions WHERE journal = $1::text", [.text(journal)], planAnew: false
        )
        return rows.first.map { JournalPosition(segment: $0.int("segment"), offset: $0.int("byte_offset")) }
    }

    private func store(_ position: JournalPosition, of journal: String, on connection: Connection) throws {
        _ = try connection.run(
            """
            INSERT INTO ingest_positions (journal, segment, byte_offset) VALUES ($1::text, $2::bigint, $3::bigint)
            ON CONFLICT (journal) DO UPDATE SET segment = excluded.segment, byte_offset = excluded.byte_offset
            """,
            [.text(journal), .int(position.segment), .int(position.offset)], planAnew: false
        )
    }

    // MARK: Duplicates

    private func findDuplicates(_ batch: FactBatch, on connection: Connection) throws -> [Bool] {
        var duplicates = Array(repeating: false, count: batch.rows.count)
        var places: [EncodedRow.EventID: Int] = [:]
        for (index, row) in batch.rows.enumerated() {
            guard let id = row.read({ header, _ in header.eventID }) else { continue }
            if places[id] == nil { places[id] = index } else { duplicates[index] = true }
        }
        if places.isEmpty { return duplicates }
        let known = try connection.runLists(
            """
            SELECT id_high, id_low FROM ingest_event_ids
            WHERE (id_high, id_low) IN (SELECT unnest($1::bigint[]), unnest($2::bigint[]))
            """,
            [.ints(places.keys.map(\.high)), .ints(places.keys.map(\.low))]
        )
        for row in known {
            if let place = places[EncodedRow.EventID(high: row.int("id_high"), low: row.int("id_low"))] {
                duplicates[place] = true
            }
        }
        return duplicates
    }

    // MARK: Rows

    private func append(_ batch: FactBatch, _ duplicates: [Bool], _ ledger: inout Ledger, on connection: Connection) throws {
        var appenders: [TableAppender?] = Array(repeating: nil, count: batch.tables.count)
        var ids: TableAppender?
        // Before the transaction ends, whichever way it does.
        defer {
            for appender in appenders { appender?.abandon() }
            ids?.abandon()
        }
        for (index, row) in batch.rows.enumerated() {
            try row.read { header, cursor in
                if duplicates[index] {
                    ledger.add(.duplicate, header)
                    return
                }
                guard batch.tables.indices.contains(header.table) else {
                    throw RowMismatch(table: "number \(header.table)", column: nil, problem: "there is no such table")
                }
                if appenders[header.table] == nil {
                    let table = batch.tables[header.table]
                    appenders[header.table] = try appender(table.name, table.allColumns, on: connection)
                }
                try appenders[header.table]!.append(&cursor)
                ledger.add(.stored, header)
                if let id = header.eventID {
                    if ids == nil { ids = try appender("ingest_event_ids", Self.eventIDColumns, on: connection) }
                    try ids!.append(Int64(header.project), header.hour, id.high, id.low)
                }
            }
        }
        for appender in appenders { try appender?.finish() }
        try ids?.finish()
    }

    private static let eventIDColumns = [
        Column("project", .int32), Column("at", .int64), Column("id_high", .int64), Column("id_low", .int64),
    ]

    private func appender(_ table: String, _ columns: [Column], on connection: Connection) throws -> TableAppender {
        let chunk: AppenderChunk
        if let kept = chunks[table], kept.columns == columns {
            chunk = kept
        } else {
            chunk = AppenderChunk(columns)
            chunks[table] = chunk
        }
        return try TableAppender(connection, table: table, chunk: chunk)
    }
}

/// The counts that a batch adds to the ledger, one for each of its keys.
private struct Ledger {
    private struct Key: Hashable {
        let project: Int32
        let hour: Int64
        let outcome: LedgerEntry.Outcome
        let reason: String
    }

    private var counts: [Key: Int64] = [:]
    /// Rows mostly come in runs of one project and hour.
    private var run: (outcome: LedgerEntry.Outcome, project: Int32, hour: Int64, count: Int64)?

    init(_ entries: [LedgerEntry]) {
        for entry in entries {
            counts[Key(project: entry.project, hour: entry.hour, outcome: entry.outcome, reason: entry.reason), default: 0] += entry.count
        }
    }

    mutating func add(_ outcome: LedgerEntry.Outcome, _ header: EncodedRow.Header) {
        if let current = run, current.outcome == outcome, current.project == header.project, current.hour == header.hour {
            run!.count += 1
        } else {
            endRun()
            run = (outcome, header.project, header.hour, 1)
        }
    }

    private mutating func endRun() {
        guard let run else { return }
        counts[Key(project: run.project, hour: run.hour, outcome: run.outcome, reason: ""), default: 0] += run.count
        self.run = nil
    }

    mutating func store(on connection: Connection) throws {
        endRun()
        if counts.isEmpty { return }
        let entries = Array(counts)
        _ = try connection.runLists(
            """
            INSERT INTO ingest_ledger (project, hour, outcome, reason, count)
            SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::text[]), unnest($5::bigint[])
            ON CONFLICT (project, hour, outcome, reason) DO UPDATE SET count = count + excluded.count
            """,
            [
                .ints(entries.map { Int64($0.key.project) }), .ints(entries.map(\.key.hour)),
                .ints(entries.map { Int64($0.key.outcome.rawValue) }), .texts(entries.map(\.key.reason)),
                .ints(entries.map(\.value)),
            ]
        )
    }
}

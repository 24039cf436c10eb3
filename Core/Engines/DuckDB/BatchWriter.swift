import CDuckDB
import Storage

/// Adds batches of facts to the database; what it keeps from one to the next belongs to the writer's thread.
final class BatchWriter: @unchecked Sendable {
    // `@unchecked`: `ConnectionThreads` of one thread are the only ones to call it.

    /// Chunks by table, as making one costs more than a row does.
    private var chunks: [String: AppenderChunk] = [:]

    /// Nil before `isSeenLoaded`, and when there are too many ids. An id is added before its transaction ends: should that
    /// fail, the id is looked up in vain when it comes again.
    private var seen: SeenEvents?
    private var isSeenLoaded = false

    /// For after another database has taken the place of this one.
    func forget() {
        seen = nil
        isSeenLoaded = false
    }

    func apply(_ batch: FactBatch, on connection: Connection) throws -> AppliedBatch {
        try connection.transaction {
            guard try advance(batch.journal, to: batch.position, on: connection) else {
                return AppliedBatch(duplicates: Array(repeating: false, count: batch.rows.count))
            }
            let duplicates = try findDuplicates(batch, on: connection)
            var ledger = Ledger(batch.ledger)
            try append(batch, duplicates, &ledger, on: connection)
            try ledger.store(on: connection)
            return AppliedBatch(duplicates: duplicates)
        }
    }

    // MARK: Position

    static func position(of journal: String, on connection: Connection) throws -> JournalPosition? {
        let rows = try connection.run(
            "SELECT segment, byte_offset FROM ingest_positions WHERE journal = $1::text", [.text(journal)]
        )
        return rows.first.map { JournalPosition(segment: $0.int("segment"), offset: $0.int("byte_offset")) }
    }

    /// False when the journal is applied that far already.
    private func advance(_ journal: String, to position: JournalPosition, on connection: Connection) throws -> Bool {
        let values: [Value] = [.text(journal), .int(position.segment), .int(position.offset)]
        // An UPDATE costs a third of an INSERT ... ON CONFLICT, and tells at once whether the position is behind.
        let updated = try connection.run(
            """
            UPDATE ingest_positions SET segment = $2::bigint, byte_offset = $3::bigint
            WHERE journal = $1::text AND (segment < $2::bigint OR (segment = $2::bigint AND byte_offset < $3::bigint))
            """,
            values
        )
        if updated.changedCount == 1 { return true }
        if try Self.position(of: journal, on: connection) != nil { return false }
        _ = try connection.run(
            "INSERT INTO ingest_positions (journal, segment, byte_offset) VALUES ($1::text, $2::bigint, $3::bigint)", values
        )
        return true
    }

    // MARK: Duplicates

    /// For each row whether it is left out: an event whose id was seen before, and what follows such an event.
    private func findDuplicates(_ batch: FactBatch, on connection: Connection) throws -> [Bool] {
        var duplicates = Array(repeating: false, count: batch.rows.count)
        var roles: [EncodedRow.Role] = [], places: [EncodedRow.EventID: Int] = [:]
        roles.reserveCapacity(batch.rows.count)
        for (index, row) in batch.rows.enumerated() {
            let header = row.read { header, _ in header }
            roles.append(header.role)
            guard header.role == .event, let id = header.eventID else { continue }
            if places[id] == nil { places[id] = index } else { duplicates[index] = true }
        }
        for id in try known(places.keys, on: connection) {
            if let place = places[id] { duplicates[place] = true }
        }
        var isLeftOut = false
        for (index, role) in roles.enumerated() {
            switch role {
            case .event: isLeftOut = duplicates[index]
            case .follower: duplicates[index] = isLeftOut
            case .note: break
            }
        }
        return duplicates
    }

    /// Those of the ids that the table has.
    private func known(_ ids: some Collection<EncodedRow.EventID>, on connection: Connection) throws -> [EncodedRow.EventID] {
        if ids.isEmpty { return [] }
        if !isSeenLoaded || seen?.isFull == true {
            seen = nil
            seen = try SeenEvents.load(from: connection)
            isSeenLoaded = true
        }
        let candidates = seen == nil ? Array(ids) : ids.filter { seen!.mayContain($0) }
        if candidates.isEmpty { return [] }
        // One column decides nearly always, and halves the time of the scan; the other is compared by the caller.
        let rows = try connection.runLists(
            "SELECT id_high, id_low FROM ingest_event_ids WHERE id_low IN (SELECT unnest($1::bigint[]))", [.ints(candidates.map(\.low))]
        )
        return rows.map { EncodedRow.EventID(high: $0.int("id_high"), low: $0.int("id_low")) }
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
        func store(_ header: EncodedRow.Header, _ cursor: inout EncodedRow.Cursor) throws {
            guard batch.tables.indices.contains(header.table) else {
                throw RowMismatch(table: "number \(header.table)", column: nil, problem: "there is no such table")
            }
            if appenders[header.table] == nil {
                let table = batch.tables[header.table]
                appenders[header.table] = try appender(table.name, table.allColumns, on: connection)
            }
            try appenders[header.table]!.append(&cursor)
        }
        for (index, row) in batch.rows.enumerated() {
            if duplicates[index] {
                if let trace = batch.trace(row) { try trace.read { try store($0, &$1) } }
                row.read { header, _ in ledger.add(.duplicate, header) }
                continue
            }
            try row.read { header, cursor in
                try store(header, &cursor)
                ledger.add(.stored, header)
                if header.role == .event, let id = header.eventID {
                    if ids == nil { ids = try appender("ingest_event_ids", Self.eventIDColumns, on: connection) }
                    try ids!.append(Int64(header.project), header.hour, id.high, id.low)
                    seen?.insert(id)
                }
            }
        }
        for appender in appenders { try appender?.finish() }
        try ids?.finish()
    }

    private static let eventIDColumns = [
        Column("project", .int32), Column("hour", .int64), Column("id_high", .int64), Column("id_low", .int64),
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

    /// Counts the row, if it is an event.
    mutating func add(_ outcome: LedgerEntry.Outcome, _ header: EncodedRow.Header) {
        guard header.role == .event else { return }
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
        // For the few keys that most batches have, an UPDATE each is faster.
        let entries = counts.map { ($0.key, $0.value) }
        let missing = entries.count > 4 ? entries : try entries.filter { try !update($0.0, $0.1, on: connection) }
        if !missing.isEmpty { try upsert(missing, on: connection) }
    }

    /// False when the ledger does not have the key yet.
    private func update(_ key: Key, _ count: Int64, on connection: Connection) throws -> Bool {
        let updated = try connection.run(
            """
            UPDATE ingest_ledger SET count = count + $5::bigint
            WHERE project = $1::bigint AND hour = $2::bigint AND outcome = $3::bigint AND reason = $4::text
            """,
            [.int(Int64(key.project)), .int(key.hour), .int(Int64(key.outcome.rawValue)), .text(key.reason), .int(count)]
        )
        return updated.changedCount == 1
    }

    private func upsert(_ entries: [(Key, Int64)], on connection: Connection) throws {
        _ = try connection.runLists(
            """
            INSERT INTO ingest_ledger (project, hour, outcome, reason, count)
            SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::text[]), unnest($5::bigint[])
            ON CONFLICT (project, hour, outcome, reason) DO UPDATE SET count = count + excluded.count
            """,
            [
                .ints(entries.map { Int64($0.0.project) }), .ints(entries.map(\.0.hour)),
                .ints(entries.map { Int64($0.0.outcome.rawValue) }), .texts(entries.map(\.0.reason)), .ints(entries.map(\.1)),
            ]
        )
    }
}

extension Rows {
    /// How many rows a statement changed.
    fileprivate var changedCount: Int64 { first?.values.first?.int ?? 0 }
}

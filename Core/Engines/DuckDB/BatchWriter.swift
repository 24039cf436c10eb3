import CDuckDB
import Storage

/// Adds batches of facts to the database.
///
/// `@unchecked Sendable`: its variables are touched by jobs of `DuckDBEventStore.writer` alone, which has one thread, by the
/// statement that such a job waits for (`RowFeed`), or while the writer is paused, as `pause` waits until no job runs; what others
/// read, `visitorBounds`, is a constant with a lock of its own.
final class BatchWriter: @unchecked Sendable {
    /// By table, as making one costs more than a row does.
    private var chunks: [String: ChunkWriter] = [:]

    /// Nil before `isSeenLoaded`, and when there are too many ids. An id is added before its transaction ends: should that
    /// fail, the id is looked up in vain when it comes again.
    private var seen: SeenEvents?
    private var isSeenLoaded = false

    private var visitors: VisitorNumbers
    let visitorBounds = VisitorBounds()

    init() { visitors = VisitorNumbers(bounds: visitorBounds) }

    /// For after another database has taken the place of this one.
    func forget() {
        seen = nil
        isSeenLoaded = false
        visitors.forget()
        visitorBounds.forget()
    }

    /// For after statements of others, who may have erased visitors.
    func forgetVisitors() { visitors.forget() }

    func apply(_ batch: FactBatch, on connection: Connection) throws -> AppliedBatch {
        do {
            return try connection.transaction {
                guard try advance(batch.journal, to: batch.position, on: connection) else {
                    return AppliedBatch(duplicates: Array(repeating: false, count: batch.rows.count), wasApplied: true)
                }
                try move(batch, on: connection)
                let headings = batch.rows.map(Heading.init)
                let duplicates = try findDuplicates(headings, on: connection)
                var ledger = Ledger(batch.ledger)
                let facts = try sort(batch, headings, duplicates, &ledger, on: connection)
                try append(facts, of: batch.tables, on: connection)
                try ledger.store(on: connection)
                return AppliedBatch(duplicates: duplicates)
            }
        } catch {
            // New visitors have numbers that the table does not know.
            visitors.forget()
            throw error
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

    // MARK: Sessions

    private func move(_ batch: FactBatch, on connection: Connection) throws {
        for statement in SessionMove.statements(batch.moves, in: batch.tables, .duckdb) {
            let (text, values) = statement.rendered(for: .duckdb)
            _ = try connection.run(text, values)
        }
    }

    // MARK: Duplicates

    /// For each row whether it is left out: an event whose id was seen before, and what follows such an event.
    private func findDuplicates(_ headings: [Heading], on connection: Connection) throws -> [Bool] {
        var duplicates = Array(repeating: false, count: headings.count)
        var places: [EncodedRow.EventID: Int] = [:]
        for (index, heading) in headings.enumerated() {
            guard let id = heading.id else { continue }
            if places[id] == nil { places[id] = index } else { duplicates[index] = true }
        }
        for id in try known(places.keys, on: connection) {
            if let place = places[id] { duplicates[place] = true }
        }
        var isLeftOut = false
        for (index, heading) in headings.enumerated() {
            switch heading.header.role {
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
        if !isSeenLoaded || seen?.hasRoom(for: ids.count) == false {
            seen = nil
            seen = try SeenEvents.load(from: connection, roomFor: ids.count)
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

    /// What is stored of the batch, with visitors by number. A visitor's rows stand together, as values compress better
    /// beside those of the same visitor; visitors in order of arrival, and so nearly of time (`docs/decisions.md`). Ids and
    /// new visitors are stored on the way, and the ledger learns of each row.
    private func sort(
        _ batch: FactBatch, _ headings: [Heading], _ duplicates: [Bool], _ ledger: inout Ledger, on connection: Connection
    ) throws -> [Fact] {
        var facts: [Fact] = []
        facts.reserveCapacity(batch.rows.count)
        var ids: [EncodedRow.Header] = []
        for (index, row) in batch.rows.enumerated() {
            let header = headings[index].header
            if duplicates[index] {
                if let trace = batch.trace(row) { facts.append(Fact(row: trace, heading: Heading(trace))) }
                ledger.add(.duplicate, header)
            } else {
                facts.append(Fact(row: row, heading: headings[index]))
                ledger.add(.stored, header)
                if headings[index].id != nil { ids.append(header) }
            }
        }
        try store(ids, on: connection)
        try number(&facts, on: connection)
        // Of rows that are equal in this the one that came first stays first.
        let order = facts.indices.sorted { facts[$0].isBefore(facts[$1]) ?? ($0 < $1) }
        return order.map { facts[$0] }
    }

    private func store(_ ids: [EncodedRow.Header], on connection: Connection) throws {
        let chunk = chunk(of: "ingest_event_ids", Self.eventIDColumns)
        try connection.feed.insert(ids.count, into: "ingest_event_ids", chunk, on: connection) { index in
            let header = ids[index], id = header.eventID!
            chunk.write(Int64(header.project), header.hour, id.high, id.low)
            seen?.insert(id)
        }
    }

    private func number(_ facts: inout [Fact], on connection: Connection) throws {
        var new: [(project: Int32, number: Int32, key: Int64)] = []
        let keys = facts.map { ($0.heading.header.project, $0.heading.visitor) }
        let numbers = try visitors.numbers(of: keys, on: connection) { new.append(($0, $1, $2)) }
        let chunk = chunk(of: "ingest_visitors", Self.visitorColumns)
        try connection.feed.insert(new.count, into: "ingest_visitors", chunk, on: connection) { index in
            chunk.write(Int64(new[index].project), Int64(new[index].number), new[index].key)
        }
        var first: [Int64: Int] = [:]
        for index in facts.indices {
            facts[index].visitor = numbers[index]
            let visitor = Int64(facts[index].heading.header.project) << 32 | Int64(numbers[index])
            facts[index].place = first[visitor] ?? index
            if facts[index].place == index { first[visitor] = index }
        }
    }

    /// - Parameter facts: those of a table one after the other.
    private func append(_ facts: [Fact], of tables: [FactTable], on connection: Connection) throws {
        var start = 0
        while start < facts.count {
            let number = facts[start].heading.header.table
            guard tables.indices.contains(number) else {
                throw RowMismatch(table: "number \(number)", column: nil, problem: "there is no such table")
            }
            let end = facts[start...].firstIndex { $0.heading.header.table != number } ?? facts.endIndex
            let name = tables[number].name, chunk = chunk(of: name, tables[number].storedColumns(in: .duckdb))
            try connection.feed.insert(end - start, into: name, chunk, on: connection) { index in
                let fact = facts[start + index]
                if let (column, problem) = fact.row.read({ _, cursor in chunk.write(&cursor, visitor: fact.visitor) }) {
                    throw RowMismatch(table: name, column: column, problem: problem)
                }
            }
            start = end
        }
    }

    private static let visitorColumns = [Column("project", .int32), Column("number", .int32), Column("key", .int64)]
    private static let eventIDColumns = [
        Column("project", .int32), Column("hour", .int64), Column("id_high", .int64), Column("id_low", .int64),
    ]

    private func chunk(of table: String, _ columns: [Column]) -> ChunkWriter {
        if let kept = chunks[table], kept.columns == columns { return kept }
        let chunk = ChunkWriter(columns)
        chunks[table] = chunk
        return chunk
    }
}

/// What the writer asks of a row before it stores it.
private struct Heading {
    let header: EncodedRow.Header
    var at: Int64 = 0
    var visitor: Int64 = 0

    init(_ row: EncodedRow) {
        // What stands in the place of the common columns and is no integer is refused with the row.
        (header, at, visitor) = row.read { header, cursor in
            _ = cursor.next()
            let at = cursor.next(), visitor = cursor.next()
            return (header, at?.int ?? 0, visitor?.int ?? 0)
        }
    }

    /// Of an event that is told from others by it.
    var id: EncodedRow.EventID? { header.role == .event ? header.eventID : nil }
}

/// A row that is stored.
private struct Fact {
    let row: EncodedRow
    let heading: Heading
    /// The number that stands for the visitor's key.
    var visitor: Int32 = 0
    /// Where in the batch the visitor's first row is.
    var place = 0

    /// By table, project, visitor and time; nil when all of these are equal.
    func isBefore(_ other: Fact) -> Bool? {
        let (mine, others) = (heading.header, other.heading.header)
        if mine.table != others.table { return mine.table < others.table }
        if mine.project != others.project { return mine.project < others.project }
        if place != other.place { return place < other.place }
        return heading.at == other.heading.at ? nil : heading.at < other.heading.at
    }
}

extension EncodedRow.Column {
    fileprivate var int: Int64? { if case .int(let value) = self { value } else { nil } }
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

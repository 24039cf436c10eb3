import CDuckDB
@_spi(Host) import Storage

/// Adds batches of facts to the database.
///
/// `@unchecked Sendable`: only three places touch its variables: jobs of `DuckDBEventStore.writer`, which has one thread; the
/// statement that such a job is waiting for (`RowFeed`); and code that has paused the writer (`pause` waits until no job is
/// running). Other threads read only `visitorBounds`, a constant with its own lock.
final class BatchWriter: @unchecked Sendable {
    /// The chunk writers, by table name. They are kept because creating one costs more than writing a row.
    private var chunks: [String: ChunkWriter] = [:]

    /// The filter of stored event ids. Nil until it is loaded (`isSeenLoaded`), and if there are too many ids. Ids are added before
    /// their transaction commits. If the commit fails, an id that is sent again costs one unnecessary lookup.
    private var seen: SeenEvents?
    private var isSeenLoaded = false

    private var visitors: VisitorNumbers
    let visitorBounds = VisitorBounds()

    init() { visitors = VisitorNumbers(bounds: visitorBounds) }

    /// Drops all caches. Call after a restore has replaced the database.
    func forget() {
        seen = nil
        isSeenLoaded = false
        visitors.forget()
        visitorBounds.forget()
    }

    /// Drops the cached visitors. Call after running other statements, because they may have erased visitors.
    func forgetVisitors() { visitors.forget() }

    /// Adds the batch in one transaction. Adds nothing if the batch was applied before.
    func apply(_ batch: FactBatch, on connection: Connection) throws -> AppliedBatch {
        do {
            return try connection.transaction {
                guard try advance(batch.journal, to: batch.position, on: connection) else {
                    return AppliedBatch(duplicates: Array(repeating: false, count: batch.rows.count), wasApplied: true)
                }
                let (text, values) = ErasedVisitors.last.rendered(for: .duckdb)
                try batch.check(try connection.run(text, values))
                try move(batch, on: connection)
                let headings = batch.rows.map(Heading.init)
                let (duplicates, ids) = try findDuplicates(batch, headings, on: connection)
                var ledger = Ledger(batch.ledger)
                try store(ids, headings, on: connection)
                let facts = try sort(batch, headings, duplicates, &ledger, on: connection)
                try append(facts, of: batch.tables, on: connection)
                try ledger.store(on: connection)
                for statement in batch.alongside(duplicates) {
                    let (text, values) = statement.sql.rendered(for: .duckdb)
                    try statement.check(Int(try connection.run(text, values).changedCount))
                }
                return AppliedBatch(duplicates: duplicates)
            }
        } catch {
            // The cache may hold numbers of new visitors that were never stored.
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

    /// Stores the journal's new position. Returns false if the stored position is the same or later.
    private func advance(_ journal: String, to position: JournalPosition, on connection: Connection) throws -> Bool {
        let values: [Value] = [.text(journal), .int(position.segment), .int(position.offset)]
        // An UPDATE costs a third of an INSERT ... ON CONFLICT. It also shows whether the stored position is behind the new one.
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

    /// An event id that was not seen before, and its first row in the batch.
    private typealias NewID = (row: Int, id: EncodedRow.EventID)

    /// Returns, for each row, whether to leave it out: an event of which an id was seen before, or a follower of such an event. Also
    /// returns the new ids in the order of their rows, including those of events that are left out because of another id.
    private func findDuplicates(
        _ batch: FactBatch, _ headings: [Heading], on connection: Connection
    ) throws -> (duplicates: [Bool], new: [NewID]) {
        var duplicates = Array(repeating: false, count: headings.count)
        var firstRows: [EncodedRow.EventID: Int] = [:], several: [Int: [EncodedRow.EventID]] = [:]
        func note(_ id: EncodedRow.EventID, _ index: Int) {
            if firstRows[id] == nil { firstRows[id] = index } else { duplicates[index] = true }
        }
        for (index, heading) in headings.enumerated() {
            guard let id = heading.id else { continue }
            note(id, index)
            guard heading.header.idCount > 1 else { continue }
            let ids = batch.rows[index].eventIDs
            several[index] = ids
            for id in ids.dropFirst() { note(id, index) }
        }
        for id in try storedIDs(among: firstRows.keys, on: connection) {
            guard let index = firstRows[id] else { continue }
            duplicates[index] = true
            // No row has a negative index, so the id counts as known.
            firstRows[id] = -1
        }
        var new: [NewID] = []
        for (index, heading) in headings.enumerated() {
            guard let id = heading.id else { continue }
            if heading.header.idCount > 1, let ids = several[index] {
                for id in ids where firstRows[id] == index { new.append((index, id)) }
            } else if !duplicates[index] {
                new.append((index, id))
            }
        }
        var isLeftOut = false
        for (index, heading) in headings.enumerated() {
            switch heading.header.role {
            case .event: isLeftOut = duplicates[index]
            case .follower: duplicates[index] = isLeftOut
            case .note: break
            }
        }
        return (duplicates, new)
    }

    /// Returns the ids that are already stored. The result may include other stored ids with the same low half.
    private func storedIDs(among ids: some Collection<EncodedRow.EventID>, on connection: Connection) throws -> [EncodedRow.EventID] {
        if ids.isEmpty { return [] }
        if !isSeenLoaded || seen?.hasRoom(for: ids.count) == false {
            seen = nil
            seen = try SeenEvents.load(from: connection, roomFor: ids.count)
            isSeenLoaded = true
        }
        let candidates = seen == nil ? Array(ids) : ids.filter { seen!.mayContain($0) }
        if candidates.isEmpty { return [] }
        // Compare only the low half here: it is nearly always unique, and scanning one column takes half the time. The caller
        // compares whole ids.
        let rows = try connection.runLists(
            "SELECT id_high, id_low FROM ingest_event_ids WHERE id_low IN (SELECT unnest($1::bigint[]))", [.ints(candidates.map(\.low))]
        )
        return rows.map { EncodedRow.EventID(high: $0.int("id_high"), low: $0.int("id_low")) }
    }

    // MARK: Rows

    /// Returns the facts to store, with their visitor numbers, in storage order. Also stores new visitors, and counts each event in the
    /// ledger.
    ///
    /// Each visitor's rows are adjacent, so they compress better. Visitors are in order of arrival, which is nearly time order
    /// (`docs/tuning.md`, "Order of rows in a batch").
    private func sort(
        _ batch: FactBatch, _ headings: [Heading], _ duplicates: [Bool], _ ledger: inout Ledger, on connection: Connection
    ) throws -> [Fact] {
        var facts: [Fact] = []
        facts.reserveCapacity(batch.rows.count)
        for (index, row) in batch.rows.enumerated() {
            let header = headings[index].header
            if duplicates[index] {
                if let trace = batch.trace(row) { facts.append(Fact(row: trace, heading: Heading(trace))) }
                ledger.add(.duplicate, header)
            } else {
                facts.append(Fact(row: row, heading: headings[index]))
                ledger.add(.stored, header)
            }
        }
        try number(&facts, on: connection)
        // Rows that compare equal stay in order of arrival.
        let order = facts.indices.sorted { facts[$0].isBefore(facts[$1]) ?? ($0 < $1) }
        return order.map { facts[$0] }
    }

    private func store(_ ids: [NewID], _ headings: [Heading], on connection: Connection) throws {
        let chunk = chunk(of: "ingest_event_ids", Self.eventIDColumns)
        try connection.feed.insert(ids.count, into: "ingest_event_ids", chunk, on: connection) { index in
            let (row, id) = ids[index], header = headings[row].header
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

    /// Inserts the facts into their tables.
    /// - Parameter facts: the facts to insert, grouped by table.
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

/// The values of a row that the writer needs before it stores the row.
private struct Heading {
    let header: EncodedRow.Header
    var at: Int64 = 0
    var visitor: Int64 = 0

    init(_ row: EncodedRow) {
        // If a common column is not an integer, 0 is good enough here, because `append` rejects the row.
        (header, at, visitor) = row.read { header, cursor in
            _ = cursor.next()
            let at = cursor.next(), visitor = cursor.next()
            return (header, at?.int ?? 0, visitor?.int ?? 0)
        }
    }

    /// The event's first id; nil for other rows, and for an event without an id.
    var id: EncodedRow.EventID? { header.role == .event ? header.eventID : nil }
}

/// A row to store.
private struct Fact {
    let row: EncodedRow
    let heading: Heading
    /// The visitor's number, stored instead of its key.
    var visitor: Int32 = 0
    /// The index of the visitor's first row, in order of arrival. Orders the visitors.
    var place = 0

    /// Orders by table, project, visitor (in order of arrival) and time. Returns nil if all of these are equal.
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

/// The counts that a batch adds to the ledger.
private struct Ledger {
    private struct Key: Hashable {
        let project: Int32
        let hour: Int64
        let outcome: LedgerEntry.Outcome
        let reason: String
    }

    private var counts: [Key: Int64] = [:]
    /// The current run of consecutive rows with the same key. Consecutive rows usually share project and hour.
    private var run: (outcome: LedgerEntry.Outcome, project: Int32, hour: Int64, count: Int64)?

    init(_ entries: [LedgerEntry]) {
        for entry in entries {
            counts[Key(project: entry.project, hour: entry.hour, outcome: entry.outcome, reason: entry.reason), default: 0] += entry.count
        }
    }

    /// Counts the row if it is an event.
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
        // Most batches have few ledger keys. For those, one UPDATE per key is faster.
        let entries = counts.map { ($0.key, $0.value) }
        let missing = entries.count > 4 ? entries : try entries.filter { try !update($0.0, $0.1, on: connection) }
        if !missing.isEmpty { try upsert(missing, on: connection) }
    }

    /// Adds to a stored count. Returns false when the ledger doesn't have the key yet.
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
    /// The number of rows that a statement changed.
    fileprivate var changedCount: Int64 { first?.values.first?.int ?? 0 }
}

@_spi(Host) import Storage

/// What the event store needs to know about a batch: which events to deduplicate, and which months need a partition.
struct FactPlan {
    /// A month of a table's rows.
    struct Month: Hashable {
        let table: String
        let month: CalendarMonth
    }

    /// An event id, and the index of its first row in the batch.
    struct Identity {
        let id: EncodedRow.EventID
        let row: Int
    }

    let batch: FactBatch
    let headers: [EncodedRow.Header]
    let months: Set<Month>
    /// Each event id once, including those of events that are duplicates because of another id. The ids are sorted, so hosts that store
    /// the same ids wait for each other but never deadlock.
    let identities: [Identity]

    /// - Throws: `RowMismatch` for a row with an unknown table, without a timestamp, or outside the years 1 to 9999.
    init(_ batch: FactBatch) throws {
        var headers: [EncodedRow.Header] = [], months: Set<Month> = [], first: [EncodedRow.EventID: Int] = [:]
        headers.reserveCapacity(batch.rows.count)
        var latest: (table: Int, milliseconds: Range<Int64>)?
        for (index, row) in batch.rows.enumerated() {
            let (header, instant) = row.read { header, cursor in
                _ = cursor.next()
                return (header, cursor.next())
            }
            guard batch.tables.indices.contains(header.table) else {
                throw RowMismatch(table: "number \(header.table)", column: nil, problem: "there is no such table")
            }
            guard case .int(let milliseconds)? = instant else {
                throw RowMismatch(table: batch.tables[header.table].name, column: "occurred_at", problem: "the row has no time")
            }
            headers.append(header)
            if header.role == .event, let id = header.eventID {
                if first[id] == nil { first[id] = index }
                if header.idCount > 1 { for id in row.eventIDs.dropFirst() where first[id] == nil { first[id] = index } }
            }
            // Consecutive rows are usually in the same month.
            if let latest, latest.table == header.table, latest.milliseconds.contains(milliseconds) { continue }
            guard let month = CalendarMonth(containing: milliseconds) else {
                throw RowMismatch(
                    table: batch.tables[header.table].name, column: "occurred_at", problem: "it is outside the years 1 to 9999")
            }
            latest = (header.table, month.milliseconds)
            months.insert(Month(table: batch.tables[header.table].name, month: month))
        }
        self.batch = batch
        self.headers = headers
        self.months = months
        identities = first.map { Identity(id: $0.key, row: $0.value) }
            .sorted { ($0.id.high, $0.id.low) < ($1.id.high, $1.id.low) }
    }

    /// Returns, for each row in order, whether to leave it out as a duplicate: an event of which an id is not new, or occurs earlier in
    /// the batch, or a follower of such an event.
    /// - Parameter new: the batch's ids that were not stored before.
    func duplicates(new: Set<EncodedRow.EventID>) -> [Bool] {
        // How many ids of each row are new.
        var fresh: [Int: UInt8] = [:]
        for identity in identities where new.contains(identity.id) { fresh[identity.row, default: 0] += 1 }
        var isDuplicate = false
        return headers.enumerated().map { index, header in
            switch header.role {
            case .event:
                isDuplicate = header.idCount > 0 && fresh[index] != header.idCount
                return isDuplicate
            case .follower: return isDuplicate
            case .note: return false
            }
        }
    }

    /// The ledger rows to add: the batch's own entries, and the counts of stored and duplicate events. Each key occurs once. Like
    /// `identities`, the keys are sorted so hosts never deadlock.
    func ledger(duplicates: [Bool]) -> [LedgerEntry] {
        var counts: [LedgerEntry: Int64] = [:]
        func add(_ project: Int32, _ hour: Int64, _ outcome: LedgerEntry.Outcome, _ reason: String, _ count: Int64) {
            counts[LedgerEntry(project: project, hour: hour, outcome: outcome, reason: reason, count: 0), default: 0] += count
        }
        for entry in batch.ledger { add(entry.project, entry.hour, entry.outcome, entry.reason, entry.count) }
        for (header, isDuplicate) in zip(headers, duplicates) where header.role == .event {
            add(header.project, header.hour, isDuplicate ? .duplicate : .stored, "", 1)
        }
        return
            counts
            .map { LedgerEntry(project: $0.project, hour: $0.hour, outcome: $0.outcome, reason: $0.reason, count: $1) }
            .sorted { ($0.project, $0.hour, $0.outcome.rawValue, $0.reason) < ($1.project, $1.hour, $1.outcome.rawValue, $1.reason) }
    }

    /// The rows to store, including the traces of duplicates, by table number.
    func stored(duplicates: [Bool]) -> [Int: [EncodedRow]] {
        var stored: [Int: [EncodedRow]] = [:]
        for (index, row) in batch.rows.enumerated() {
            if !duplicates[index] {
                stored[headers[index].table, default: []].append(row)
            } else if let trace = batch.trace(row) {
                stored[trace.read { header, _ in header.table }, default: []].append(trace)
            }
        }
        return stored
    }
}

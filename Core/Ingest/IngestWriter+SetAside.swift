import Common
import Logging
@_spi(Host) import Storage
import Synchronization

/// Facts that can't be stored in their own table: `SetAside`.
extension IngestWriter {
    /// How many rows are set aside, by the table that they belong to.
    public var setAsideRows: [String: Int] { state.withLock { $0.setAside } }

    /// Returns the batch with the rows that don't fit their tables set aside; nil if all of them fit.
    func setAside(in batch: FactBatch, after error: RowMismatch) -> FactBatch? {
        guard let number = tables.firstIndex(of: SetAside.table) else { return nil }
        var rows = batch.rows, misfits = 0
        for (index, row) in rows.enumerated() {
            let table = row.header.table
            guard tables.indices.contains(table) else { return nil }
            guard let mismatch = row.mismatch(with: tables[table]) else { continue }
            rows[index] = SetAside.row(
                row, number: number, of: tables[table].name, columns: tables[table].allColumns.map(\.name), problem: "\(mismatch)")
            misfits += 1
        }
        guard misfits > 0 else { return nil }
        logger.error(
            "facts don't fit their table and were set aside; this is a bug in the module that collects them",
            metadata: ["rows": "\(misfits)", "first": "\(error)"])
        return batch.with(rows)
    }

    /// Counts the rows of a stored batch that were set aside, and logs each table that had none before.
    func noteSetAside(_ rows: [EncodedRow], _ duplicates: [Bool]) {
        guard let number = tables.firstIndex(of: SetAside.table) else { return }
        var added: [String: Int] = [:]
        for (row, isDuplicate) in zip(rows, duplicates) where !isDuplicate {
            row.read { header, cursor in
                guard header.table == number else { return }
                cursor.skip(FactTable.commonColumns.count)
                // exact: tables are named in our source
                if case .text(let name)? = cursor.next() { added[String(decoding: name, as: UTF8.self), default: 0] += 1 }
            }
        }
        guard !added.isEmpty else { return }
        let new = state.withLock { state in
            defer { state.setAside.merge(added, uniquingKeysWith: +) }
            return added.keys.filter { state.setAside[$0] == nil }
        }
        for name in new.sorted() {
            logger.warning(
                "events are set aside: their module is not loaded, or they don't fit their table. `pulse doctor` says what to do",
                metadata: ["table": "\(name)"])
        }
    }

    /// Returns set-aside facts to their tables, if this host has them.
    func takeBack() async throws {
        guard tables.contains(SetAside.table) else { return }
        let names = try await counts()
        for (number, table) in tables.enumerated() where names[table.name] != nil && table != SetAside.table {
            while try await takeBack(to: table, number) {}
        }
        let left = names.isEmpty ? names : try await counts()
        state.withLock { $0.setAside = left }
    }

    private func counts() async throws -> [String: Int] {
        let rows = try await events.query(SetAside.counts, timeoutSeconds: Self.lookupSeconds)
        // exact: tables are named in our source
        return rows.reduce(into: [:]) { $0[$1.text("table_name"), default: 0] += Int($1.int("count")) }
    }

    static let lookupSeconds = 60.0

    /// Returns some of the rows. False if none of them waits.
    private func takeBack(to table: FactTable, _ number: Int) async throws -> Bool {
        let oldest = try await events.query(SetAside.lastOfNext(SetAside.takenTogether, of: table.name), timeoutSeconds: Self.lookupSeconds)
        guard let last = oldest.first?["last"].int else { return false }
        let waiting = try await events.query(SetAside.waiting(for: table.name, upTo: last), timeoutSeconds: Self.lookupSeconds)
        guard !waiting.isEmpty else { return false }
        let position = try await events.position(of: SetAside.journal) ?? .start, count = waiting.count
        let setAside = tables.firstIndex(of: SetAside.table)!
        let rows = try waiting.map { waiting in
            let row = try SetAside.restored(
                waiting.text("facts"), project: Int32(waiting.int("project")), to: table, number: number)
            guard let mismatch = row.mismatch(with: table) else { return row }
            return SetAside.row(
                row, number: setAside, of: table.name, columns: table.allColumns.map(\.name), problem: "\(mismatch)")
        }
        do {
            // The store applies each position once, so two hosts that start together don't both return the rows.
            _ = try await events.apply(
                FactBatch(
                    journal: SetAside.journal, position: JournalPosition(segment: position.segment + 1, offset: 0), tables: tables,
                    rows: rows, ledger: [],
                    alongside: { _ in [.init(SetAside.removal(from: table.name, upTo: last), changes: count)] }))
        } catch is FactBatch.OtherRowsChanged {
            return false  // another host set rows aside or erased some just now; the next start returns them
        }
        for project in Set(waiting.map { Int32($0.int("project")) }) { counters.changed(project: project) }
        logger.info("stored events that were set aside", metadata: ["table": "\(table.name)", "rows": "\(rows.count)"])
        return true
    }
}

/// How the rows of each segment become rows of this host's tables.
final class Translations: Sendable {
    private let tables: [FactTable]
    private let own: SegmentHeading
    private let unnamed: Mutex<Unnamed>
    private let latest = Mutex<(heading: SegmentHeading, translation: RowTranslation)?>(nil)

    /// What the numbers mean in segments without a heading.
    private enum Unnamed {
        case possible([[FactTable]])
        case known(RowTranslation?)
    }

    /// - Parameter unnamed: the tables that the numbers may mean in segments without a heading, the likeliest first.
    init(to tables: [FactTable], unnamed: [[FactTable]]) {
        self.tables = tables
        own = SegmentHeading(tables)
        self.unnamed = Mutex(.possible(unnamed))
    }

    /// Nil if the rows need no translation.
    /// - Throws: if nothing fits the rows of a segment without a heading.
    func translation(of reading: Journal.Reading, in journal: Journal) throws -> RowTranslation? {
        guard let heading = reading.heading else { return try unnamedTranslation(from: reading.start, in: journal) }
        guard heading != own else { return nil }
        return latest.withLock { latest in
            if let latest, latest.heading == heading { return latest.translation }
            let translation = RowTranslation(from: heading.shapes, to: tables)
            latest = (heading, translation)
            return translation
        }
    }

    private func unnamedTranslation(from position: JournalPosition, in journal: Journal) throws -> RowTranslation? {
        try unnamed.withLock { unnamed in
            switch unnamed {
            case .known(let translation): return translation
            case .possible(let lists):
                guard let list = try Self.fitting(lists, from: position, in: journal) else {
                    throw JournalError(
                        "the journal has events of an earlier version of Pulse that loaded other modules. Start once with the modules as they were "
                            + "then (modules in the configuration), stop, and start with those that you want")
                }
                // Mostly the beginning of the host's own tables.
                let translation = tables.starts(with: list) ? nil : RowTranslation(from: list.map(TableShape.init), to: tables)
                unnamed = .known(translation)
                return translation
            }
        }
    }

    /// The first of `lists` that fits all rows without a heading from `position` on; nil if none does.
    private static func fitting(_ lists: [[FactTable]], from position: JournalPosition, in journal: Journal) throws -> [FactTable]? {
        guard lists.count > 1 else { return lists.first }
        var lists = lists, position = position
        while !lists.isEmpty {
            let reading = try journal.read(from: position, maximumBytes: 8 << 20)
            guard reading.next > position, reading.heading == nil else { break }
            for row in try reading.records.flatMap({ try JournalRecord($0).rows }) {
                let number = row.header.table
                lists.removeAll { list in !list.indices.contains(number) || row.mismatch(with: list[number]) != nil }
            }
            position = reading.next
        }
        return lists.first
    }
}

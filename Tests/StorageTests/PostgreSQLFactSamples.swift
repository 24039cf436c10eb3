import Common
@_spi(Host) import Storage

/// Facts for tests of event stores: a table with one column of each type.
enum FactSamples {
    static let table = FactTable(
        "sample_fact",
        [
            Column("kind", .int16), Column("number", .int32, nullable: true), Column("ratio", .double, nullable: true),
            Column("path", .text), Column("note", .text, nullable: true, default: .text("none")), Column("flag", .bool, nullable: true),
        ])
    static let other = FactTable("sample_other", [Column("path", .text)])
    static let migration = Migration("001-create", on: .events, [.createFactTable(table), .createFactTable(other)])

    /// 2026-03-02T12:00:00Z
    static let noon: Int64 = 1_772_452_800_000
    static let hour = noon

    static func row(
        _ path: String, id: Int64? = nil, otherIDs: [Int64] = [], at: Int64 = noon, project: Int32 = 1, visitor: Int64 = 7,
        role: EncodedRow.Role = .event,
        kind: Int64 = 0, number: Value = .null, ratio: Value = .null, note: Value = .null, flag: Value = .null
    ) -> EncodedRow {
        encoded(
            0, project, role, id, otherIDs: otherIDs,
            [.int(Int64(project)), .int(at), .int(visitor), .int(kind), number, ratio, .text(path), note, flag])
    }

    static func otherRow(_ path: String, at: Int64 = noon, project: Int32 = 1, role: EncodedRow.Role = .follower) -> EncodedRow {
        encoded(1, project, role, nil, [.int(Int64(project)), .int(at), .int(7), .text(path)])
    }

    static func encoded(
        _ table: Int, _ project: Int32, _ role: EncodedRow.Role, _ id: Int64?, otherIDs: [Int64] = [], _ values: [Value]
    ) -> EncodedRow {
        func eventID(_ id: Int64) -> EncodedRow.EventID { EncodedRow.EventID(high: id &* 7_919, low: id) }
        var encoder = RowEncoder(
            .init(table: table, project: project, hour: hour, role: role, eventID: id.map(eventID)), otherIDs: otherIDs.map(eventID))
        for value in values { encoder.append(value) }
        return EncodedRow(encoder.bytes[...])
    }

    static func batch(
        _ rows: [EncodedRow], to offset: Int64, journal: String = "a", ledger: [LedgerEntry] = [],
        trace: @escaping @Sendable (EncodedRow) -> EncodedRow? = { _ in nil }
    ) -> FactBatch {
        FactBatch(
            journal: journal, position: JournalPosition(segment: 0, offset: offset), tables: [table, other], rows: rows, ledger: ledger,
            trace: trace)
    }
}

extension EventStore {
    /// The `path` of every row, sorted.
    func paths(of table: String = "sample_fact") async throws -> [String] {
        try await query("SELECT path FROM \(sql: table) ORDER BY path", timeoutSeconds: 10).map { $0.text("path") }
    }

    /// `project outcome reason count` for every line of the ledger.
    func ledgerLines() async throws -> [String] {
        try await query("SELECT * FROM ingest_ledger ORDER BY project, outcome, reason", timeoutSeconds: 10).map {
            "\($0.int("project")) \(LedgerEntry.Outcome(rawValue: Int16($0.int("outcome")))!) \($0.text("reason")) \($0.int("count"))"
        }
    }
}

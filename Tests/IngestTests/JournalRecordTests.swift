import AllModules
@_spi(Host) @testable import Ingest
@_spi(Host) import Storage
import Testing
import TestSupport

@Suite("Journal record", .modules(.all))
struct JournalRecordTests {
    @Test("decodes what was encoded")
    func roundTrip() throws {
        let rows = [row("one", project: -5, at: -1, hour: 7, id: 9), row("zwei 日本 🦆", role: .follower), row("", role: .note)]
        let bytes = JournalRecord.encode(
            project: .max, hour: .min, received: 1_000, refusals: ["bot": 70_000, "": 1], adjustments: ["too_long": 3, "bot": 1],
            rows: EncodedRows(rows))
        let record = try JournalRecord(bytes[...])
        #expect(record.project == .max)
        #expect(record.hour == .min)
        #expect(record.received == 1_000)
        #expect(Dictionary(uniqueKeysWithValues: record.refusals.map { ($0.reason, $0.count) }) == ["bot": 70_000, "": 1])
        #expect(Dictionary(uniqueKeysWithValues: record.adjustments.map { ($0.reason, $0.count) }) == ["too_long": 3, "bot": 1])
        #expect(
            record.ledger.map { "\($0.outcome) \($0.reason) \($0.count)" }.sorted() == [
                "adjusted bot 1", "adjusted too_long 3", "received  1000", "refused  1", "refused bot 70000",
            ])
        #expect(record.rows.map { Array($0.bytes) } == rows)
        #expect(
            record.rows[0].read { header, _ in header }
                == .init(table: 0, project: -5, hour: 7, role: .event, eventID: .init(high: 9, low: 0)))
        #expect(record.rows[1].values == [.int(1), .int(0), .int(7), .text("zwei 日本 🦆")])
    }

    @Test("an empty record is valid")
    func empty() throws {
        let record = try JournalRecord(JournalRecord.encode(project: 1, hour: 0, received: 0, refusals: [:], rows: EncodedRows())[...])
        #expect(record.rows.isEmpty && record.refusals.isEmpty && record.received == 0)
        #expect(record.ledger.map(\.count) == [0])
    }

    @Test("truncated bytes are an error wherever they end, except after a complete row")
    func tooShort() throws {
        let rows = [row("one"), row("two")]
        let bytes = JournalRecord.encode(project: 1, hour: 2, received: 3, refusals: ["bot": 1], rows: EncodedRows(rows))
        let ends = [bytes.count - rows.reduce(0) { $0 + $1.count + 4 }, bytes.count - rows[1].count - 4, bytes.count]
        for count in 0...bytes.count {
            // A slice in the middle of a buffer, as when records are read.
            let slice = ([1, 2, 3] + bytes)[3..<3 + count]
            if ends.contains(count) {
                #expect(throws: Never.self) { try JournalRecord(slice) }
            } else {
                #expect(throws: JournalError.self, "\(count) bytes") { try JournalRecord(slice) }
            }
        }
    }
}

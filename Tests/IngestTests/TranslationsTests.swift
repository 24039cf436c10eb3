import Common
@_spi(Host) @testable import Ingest
@_spi(Host) import Storage
import Testing

/// Segments of the journal that were written before segments had headings.
@Suite("Rows without a heading")
struct TranslationsTests {
    private static let probe = FactTable("probe", [Column("label", .text)])
    private static let count = FactTable("count", [Column("n", .int64)])
    private static let gone = FactTable("gone", [Column("label", .text)])
    private static let tables = [count, probe, SetAside.table]

    /// The tables of the rows labelled `a` and `b`, in two segments, if number 0 may mean the first of each list.
    private static func tables(_ lists: [[FactTable]]) async throws -> [String] {
        try await withFolder { folder in
            let journal = try Journal(folder: folder, segmentBytes: 50)
            try await journal.append(record("a"))
            try await journal.append(record("b"))
            let translations = Translations(to: tables, unnamed: lists)
            var found: [String] = [], position = JournalPosition.start
            while true {
                let reading = try journal.read(from: position, maximumBytes: 50)
                guard reading.next > position else { return found }
                position = reading.next
                let translation = try translations.translation(of: reading, in: journal)
                for row in try reading.records.flatMap({ try JournalRecord($0).rows }) {
                    found.append(tables[(translation?(row) ?? row).header.table].name)
                }
            }
        }
    }

    @Test("are those of the first list that fits all of them")
    func fitting() async throws {
        #expect(try await Self.tables([[Self.probe], [Self.gone]]) == ["probe", "probe"])
        #expect(try await Self.tables([[Self.count], [Self.probe, Self.count]]) == ["probe", "probe"])
        #expect(try await Self.tables([[], [Self.count], [Self.gone]]) == [SetAside.table.name, SetAside.table.name])
    }

    @Test("stop the start if nothing fits")
    func misfit() async throws {
        await #expect {
            try await Self.tables([[Self.count], []])
        } throws: {
            "\($0)".hasPrefix("the journal has events of an earlier version of Pulse that loaded other modules.")
        }
    }
}

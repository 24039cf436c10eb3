import Common
@_spi(Host) @testable import Ingest
@_spi(Host) import Storage

/// A fact for tests of journal and store: the three common columns and a label.
func row(
    _ label: String, project: Int32 = 1, at: Int64 = 0, hour: Int64 = 0, role: EncodedRow.Role = .event, id: Int64? = nil
) -> [UInt8] {
    var encoder = RowEncoder(.init(table: 0, project: project, hour: hour, role: role, eventID: id.map { .init(high: $0, low: 0) }))
    encoder.append(Int64(project))
    encoder.append(at)
    encoder.append(Int64(7))
    encoder.append(label)
    return encoder.bytes
}

/// A journal record with one fact per label.
func record(_ labels: String..., project: Int32 = 1, hour: Int64 = 0, refusals: [String: Int] = [:]) -> [UInt8] {
    JournalRecord.encode(
        project: project, hour: hour, received: labels.count + refusals.values.reduce(0, +), refusals: refusals,
        rows: EncodedRows(labels.map { row($0, project: project, hour: hour) }))
}

extension EncodedRow {
    var label: String { values.last?.text ?? "" }
}

extension Journal {
    func append(_ text: String) async throws { try await append(Array(text.utf8)) }

    /// All records from `position` on, as text, read `piece` bytes at a time.
    func texts(from position: JournalPosition = .start, piece: Int = 1 << 20) throws -> [String] {
        var at = position, texts: [String] = []
        while true {
            let reading = try read(from: at, maximumBytes: piece), records = reading.records, next = reading.next
            // The end of a segment is the start of the next one.
            guard !records.isEmpty || next > at else { return texts }
            texts += records.map { String(decoding: $0, as: UTF8.self) }
            at = next
        }
    }
}

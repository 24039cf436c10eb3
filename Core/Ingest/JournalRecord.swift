import Common
@_spi(Host) import Storage

/// The result of one collection request: the number of events received, the numbers refused and adjusted by reason, and the rows of the
/// accepted events.
///
/// Layout: project (i32), hour of arrival (i64), received (u32), number of reasons (u16) with reason (u8 length, text)
/// and count (u32) each, then the rows, each with its length (u32). Reasons of adjustments begin with `+`.
struct JournalRecord {
    let project: Int32
    let hour: Int64
    let received: Int
    let refusals: [(reason: String, count: Int)]
    let adjustments: [(reason: String, count: Int)]
    let rows: [EncodedRow]

    static func encode(
        project: Int32, hour: Int64, received: Int, refusals: [String: Int], adjustments: [String: Int] = [:], rows: EncodedRows
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64 + rows.bytes.count)
        append(project, to: &bytes)
        append(hour, to: &bytes)
        append(UInt32(received), to: &bytes)
        append(UInt16(refusals.count + adjustments.count), to: &bytes)
        for (reason, count) in refusals { append(reason, count, to: &bytes) }
        for (reason, count) in adjustments { append("+" + reason, count, to: &bytes) }
        bytes.append(contentsOf: rows.bytes)
        return bytes
    }

    private static func append(_ reason: String, _ count: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(reason.utf8.count))
        bytes.append(contentsOf: reason.utf8)
        append(UInt32(count), to: &bytes)
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// - Throws: `JournalError` if the bytes are shorter than their length fields say.
    init(_ bytes: ArraySlice<UInt8>) throws {
        var reader = RecordReader(bytes)
        project = try reader.number()
        hour = try reader.number()
        received = Int(try reader.number() as UInt32)
        var refusals: [(reason: String, count: Int)] = [], adjustments: [(reason: String, count: Int)] = []
        for _ in 0..<(try reader.number() as UInt16) {
            let text = try reader.take(Int(try reader.number() as UInt8))
            let isAdjustment = text.first == UInt8(ascii: "+"),
                reason = String(decoding: isAdjustment ? text.dropFirst() : text, as: UTF8.self)
            let count = Int(try reader.number() as UInt32)
            if isAdjustment { adjustments.append((reason, count)) } else { refusals.append((reason, count)) }
        }
        self.refusals = refusals
        self.adjustments = adjustments
        var rows: [EncodedRow] = []
        while !reader.isAtEnd { rows.append(EncodedRow(try reader.take(Int(try reader.number() as UInt32)))) }
        self.rows = rows
    }

    /// The ledger entries that are known before the store looks for duplicates.
    var ledger: [LedgerEntry] {
        [LedgerEntry(project: project, hour: hour, outcome: .received, reason: "", count: Int64(received))]
            + refusals.map { LedgerEntry(project: project, hour: hour, outcome: .refused, reason: $0.reason, count: Int64($0.count)) }
            + adjustments.map { LedgerEntry(project: project, hour: hour, outcome: .adjusted, reason: $0.reason, count: Int64($0.count)) }
    }
}

/// Reads the fields of a journal record in order.
struct RecordReader {
    private let bytes: ArraySlice<UInt8>
    private var at: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        at = bytes.startIndex
    }

    var isAtEnd: Bool { at >= bytes.endIndex }

    mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard at + count <= bytes.endIndex else { throw JournalError("a journal record is shorter than its length fields say") }
        defer { at += count }
        return bytes[at..<(at + count)]
    }

    mutating func number<Number: FixedWidthInteger>() throws -> Number {
        try take(MemoryLayout<Number>.size).withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(as: Number.self)) }
    }

    /// A text of at most 255 bytes, after its length.
    mutating func text() throws -> String { String(decoding: try take(Int(try number() as UInt8)), as: UTF8.self) }
}

/// Refused events of one project and hour, by reason. The ledger counts them; their data is not kept.
struct RefusedEvents: Sendable {
    struct Place: Hashable, Sendable {
        let project: Int32
        let hour: Int64
    }

    let place: Place
    let refusals: [String: Int]

    init(place: Place, refusals: [String: Int]) {
        self.place = place
        self.refusals = refusals
    }

    init(project: Int32, hour: Int64, refusals: [String: Int]) { self.init(place: Place(project: project, hour: hour), refusals: refusals) }

    var record: [UInt8] {
        JournalRecord.encode(
            project: place.project, hour: place.hour, received: refusals.values.reduce(0, +), refusals: refusals, rows: EncodedRows())
    }
}

import Foundation

/// A fact as bytes. The journal stores this form, and engines read it column by column without creating strings.
///
/// Layout, little-endian: table number (u8), project and hour of arrival (i64 each) for the ledger, role (u8; its highest bit is set if the
/// session is tentative), the number of event ids (u8) and the two halves of each (2 × i64), then the columns of `FactTable.allColumns` in
/// order. Each column is a tag and its value: 0 null, 1 integer (zigzag varint), 2 double (8 bytes), 3 text (varint length, UTF-8), 4 true,
/// 5 false.
@_spi(Host) public struct EncodedRow: Sendable {
    public let bytes: ArraySlice<UInt8>

    public init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// The part of the row before the columns.
    public struct Header: Sendable, Equatable {
        /// The index of the table in `FactBatch.tables`.
        public let table: Int
        public let project: Int32
        /// The start of the UTC hour in which the event arrived, in epoch milliseconds.
        public let hour: Int64
        /// How the row relates to its event.
        public let role: Role
        /// The event's first id, which identifies duplicates; nil if it has none.
        public let eventID: EventID?
        /// The number of its ids. `EncodedRow.eventIDs` has them all.
        public let idCount: UInt8
        /// Whether the session in the row's columns is only a proposal. Stored sessions decide which session the row belongs to.
        public let isTentative: Bool

        public init(table: Int, project: Int32, hour: Int64, role: Role = .event, eventID: EventID? = nil, isTentative: Bool = false) {
            self.init(
                table: table, project: project, hour: hour, role: role, eventID: eventID, idCount: eventID == nil ? 0 : 1,
                isTentative: isTentative)
        }

        fileprivate init(
            table: Int, project: Int32, hour: Int64, role: Role, eventID: EventID?, idCount: UInt8, isTentative: Bool
        ) {
            self.isTentative = isTentative
            self.table = table
            self.project = project
            self.hour = hour
            self.role = role
            self.eventID = eventID
            self.idCount = idCount
        }
    }

    /// How a row relates to the event it comes from.
    public enum Role: UInt8, Sendable {
        /// The event itself. Counted in the ledger, and left out if the event is a duplicate.
        case event = 0
        /// An additional row of the same event. Not counted, and left out if the event is a duplicate.
        case follower = 1
        /// A row that is stored even if the event is a duplicate. Not counted.
        case note = 2
    }

    /// A 128-bit hash of the project and an id: the `event_id` that was sent, or one that a module derived from the event.
    public struct EventID: Sendable, Hashable {
        public let high: Int64
        public let low: Int64
        public init(high: Int64, low: Int64) {
            self.high = high
            self.low = low
        }
    }

    /// The value of a column. Text points into the row's bytes.
    public enum Column {
        case null
        case int(Int64)
        case double(Double)
        case bool(Bool)
        case text(UnsafeBufferPointer<UInt8>)
    }

    /// Reads the row. `body` gets the header and a cursor over the columns, in order.
    public func read<Result>(_ body: (Header, inout Cursor) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBufferPointer { buffer in
            var cursor = Cursor(buffer)
            let table = Int(cursor.byte())
            let project = Int32(truncatingIfNeeded: cursor.fixed())
            let hour = cursor.fixed()
            let role = cursor.byte()
            let idCount = cursor.byte()
            let eventID = idCount > 0 ? EventID(high: cursor.fixed(), low: cursor.fixed()) : nil
            if idCount > 1 { cursor.skip(ids: Int(idCount) - 1) }
            let header = Header(
                table: table, project: project, hour: hour, role: Role(rawValue: role & 0x7F) ?? .event, eventID: eventID, idCount: idCount,
                isTentative: role & 0x80 != 0)
            return try body(header, &cursor)
        }
    }

    /// A copy of the row in which some columns have other values.
    /// - Parameter change: the new values, by column index.
    public func replacing(_ change: [Int: Value]) -> EncodedRow {
        var encoder = RowEncoder(headOf: self)
        for (index, value) in values.enumerated() { encoder.append(change[index] ?? value) }
        return EncodedRow(encoder.bytes[...])
    }

    /// The columns as values. For tests, and for engines that need strings.
    public var values: [Value] {
        read { _, cursor in
            var all: [Value] = []
            while let column = cursor.next() {
                switch column {
                case .null: all.append(.null)
                case .int(let value): all.append(.int(value))
                case .double(let value): all.append(.double(value))
                case .bool(let value): all.append(.bool(value))
                case .text(let utf8): all.append(.text(String(decoding: utf8, as: UTF8.self)))
                }
            }
            return all
        }
    }

    /// The part of the row before the columns.
    public var header: Header { read { header, _ in header } }

    /// The ids of the event, the first one first. An event is a duplicate if any of them was seen before.
    public var eventIDs: [EventID] {
        bytes.withUnsafeBufferPointer { buffer in
            var cursor = Cursor(buffer, at: Self.idCountPlace)
            return (0..<cursor.byte()).map { _ in EventID(high: cursor.fixed(), low: cursor.fixed()) }
        }
    }

    /// Where the number of ids is: after table, project, hour and role.
    private static let idCountPlace = 18

    /// The header's bytes.
    fileprivate var head: ArraySlice<UInt8> {
        bytes.prefix(Self.idCountPlace + 1 + 16 * Int(bytes[bytes.startIndex + Self.idCountPlace]))
    }

    /// Appends a copy of the row to `rows`, with some columns replaced.
    /// - Parameters:
    ///   - places: the ranges of columns to replace, in order and without overlap.
    ///   - write: appends the new columns for a range. Gets the range's index in `places`.
    public func append(to rows: inout RowEncoder, replacing places: [Range<Int>], with write: (Int, inout RowEncoder) -> Void) {
        read { _, cursor in
            var column = 0, kept = bytes.startIndex
            for (index, place) in places.enumerated() {
                cursor.skip(place.lowerBound - column)
                rows.bytes += bytes[kept..<(bytes.startIndex + cursor.at)]
                write(index, &rows)
                cursor.skip(place.count)
                column = place.upperBound
                kept = bytes.startIndex + cursor.at
            }
            rows.bytes += bytes[kept...]
        }
    }

    /// The values of the text columns among the encoded columns, in order.
    public static func texts(in columns: ArraySlice<UInt8>) -> [String] {
        columns.withUnsafeBufferPointer { buffer in
            var cursor = Cursor(buffer), texts: [String] = []
            while let column = cursor.next() { if case .text(let utf8) = column { texts.append(String(decoding: utf8, as: UTF8.self)) } }
            return texts
        }
    }

    /// Reads a row's columns in order.
    public struct Cursor {
        private let buffer: UnsafeBufferPointer<UInt8>
        /// The number of bytes of the row that have been read.
        public private(set) var at = 0

        init(_ buffer: UnsafeBufferPointer<UInt8>, at: Int = 0) {
            self.buffer = buffer
            self.at = at
        }

        fileprivate mutating func skip(ids count: Int) { at += 16 * count }

        /// Returns the next column; nil after the last.
        public mutating func next() -> Column? {
            guard at < buffer.count else { return nil }
            switch byte() {
            case 1:
                let zigzag = varint()
                return .int(Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1))
            case 2: return .double(Double(bitPattern: UInt64(bitPattern: fixed())))
            case 3:
                let count = Int(varint())
                defer { at += count }
                return .text(UnsafeBufferPointer(rebasing: buffer[at..<(at + count)]))
            case 4: return .bool(true)
            case 5: return .bool(false)
            default: return .null
            }
        }

        /// Skips the given number of columns.
        public mutating func skip(_ columns: Int) {
            for _ in 0..<columns where at < buffer.count {
                switch byte() {
                case 1: while byte() >= 0x80 {}
                case 2: at += 8
                case 3:
                    let count = Int(varint())
                    at += count
                default: break
                }
            }
        }

        mutating func byte() -> UInt8 {
            defer { at += 1 }
            return buffer[at]
        }

        mutating func fixed() -> Int64 {
            defer { at += 8 }
            precondition(at + 8 <= buffer.count)
            return Int64(littleEndian: UnsafeRawPointer(buffer.baseAddress! + at).loadUnaligned(as: Int64.self))
        }

        private mutating func varint() -> UInt64 {
            var value: UInt64 = 0, shift: UInt64 = 0
            while true {
                let next = byte()
                value |= UInt64(next & 0x7F) << shift
                if next < 0x80 { return value }
                shift += 7
            }
        }
    }
}

/// A sequence of rows. Each is preceded by its length (u32), as in a journal record.
@_spi(Host) public struct EncodedRows: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    /// Creates the sequence from encoded rows.
    public init(_ rows: [[UInt8]]) {
        for row in rows { append { $0.append(encoded: row) } }
    }

    public var isEmpty: Bool { bytes.isEmpty }

    /// Adds a row. `columns` appends the row's columns, in the table's order.
    /// - Parameter otherIDs: the ids of the event besides `header.eventID`.
    @inline(__always)
    public mutating func append(
        _ header: EncodedRow.Header, otherIDs: [EncodedRow.EventID] = [], _ columns: (inout RowEncoder) -> Void
    ) {
        append { row in
            row.append(header, otherIDs)
            columns(&row)
        }
    }

    @inline(__always)
    private mutating func append(_ write: (inout RowEncoder) -> Void) {
        // The bytes are swapped into the encoder and back, so nothing is copied.
        var encoder = RowEncoder()
        swap(&bytes, &encoder.bytes)
        let start = encoder.bytes.count
        encoder.bytes.append(contentsOf: repeatElement(0, count: 4))
        write(&encoder)
        swap(&bytes, &encoder.bytes)
        let length = UInt32(bytes.count - start - 4).littleEndian
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: length, toByteOffset: start, as: UInt32.self) }
    }
}

/// Writes one fact's bytes: the header, then each column in the table's order.
@_spi(Host) public struct RowEncoder: Sendable {
    public fileprivate(set) var bytes: [UInt8] = []

    /// Creates an encoder for columns without a header. The columns can be added to rows with `append(encoded:)`.
    public init() {}

    public init(_ header: EncodedRow.Header, otherIDs: [EncodedRow.EventID] = []) {
        bytes.reserveCapacity(256)
        append(header, otherIDs)
    }

    /// Begins a row with the header of `row`.
    /// - Parameter table: the number of the row's table; nil for the one of `row`.
    init(headOf row: EncodedRow, table: Int? = nil) {
        bytes.reserveCapacity(256)
        bytes += row.head
        if let table { bytes[0] = UInt8(table) }
    }

    fileprivate mutating func append(_ header: EncodedRow.Header, _ otherIDs: [EncodedRow.EventID]) {
        bytes.append(UInt8(header.table))
        append(fixed: Int64(header.project))
        append(fixed: header.hour)
        bytes.append(header.role.rawValue | (header.isTentative ? 0x80 : 0))
        guard let id = header.eventID else { return bytes.append(0) }
        bytes.append(UInt8(1 + otherIDs.count))
        append(fixed: id.high)
        append(fixed: id.low)
        for id in otherIDs {
            append(fixed: id.high)
            append(fixed: id.low)
        }
    }

    /// Appends a column.
    public mutating func append(_ value: Int64) {
        bytes.append(1)
        append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    public mutating func append(_ value: Double) {
        bytes.append(2)
        append(fixed: Int64(bitPattern: value.bitPattern))
    }

    /// Appends encoded columns.
    public mutating func append(encoded columns: [UInt8]) { bytes.append(contentsOf: columns) }
    public mutating func append(encoded columns: ArraySlice<UInt8>) { bytes.append(contentsOf: columns) }

    public mutating func append(_ value: Bool) { bytes.append(value ? 4 : 5) }
    public mutating func appendNull() { bytes.append(0) }

    public mutating func append(_ text: String) {
        bytes.append(3)
        append(varint: UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends a column with a value of any type.
    public mutating func append(_ value: Value) {
        switch value {
        case .null: appendNull()
        case .int(let value): append(value)
        case .double(let value): append(value)
        case .bool(let value): append(value)
        case .text(let value): append(value)
        }
    }

    private mutating func append(fixed value: Int64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}

extension ArraySlice<UInt8> {
    /// Whether the bytes are equal. Faster than `==`, which compares bytes one by one.
    public func isSame(as other: ArraySlice<UInt8>) -> Bool {
        withUnsafeBytes { mine in
            other.withUnsafeBytes {
                mine.count == $0.count && (mine.count == 0 || memcmp(mine.baseAddress!, $0.baseAddress!, mine.count) == 0)
            }
        }
    }
}

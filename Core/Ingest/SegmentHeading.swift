@_spi(Host) import Storage

/// The first record of each segment of the journal: the fact tables that the numbers in its rows stand for, with their columns. Because of
/// it, a host whose modules have changed since the rows were written still stores each row in the right table.
///
/// Layout: -1 (i32) where other records have their project, version 1 (u8), number of tables (u16); for each, its name (u8 length, text) and
/// number of columns (u16); for each column, its name and its type (u8).
@_spi(Host) public struct SegmentHeading: Sendable, Equatable {
    let shapes: [TableShape]

    init(shapes: [TableShape]) { self.shapes = shapes }

    /// - Parameter tables: all tables, in the order of their numbers.
    public init(_ tables: [FactTable]) {
        precondition(tables.count <= 256, "a row has one byte for its table's number")
        shapes = tables.map(TableShape.init)
    }

    private static let mark: Int32 = -1
    private static let version: UInt8 = 1
    private static let types: [ColumnType] = [.int16, .int32, .int64, .double, .text, .bool]

    /// The heading as a record.
    var record: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
        func append(_ text: String) {
            append(UInt8(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }
        append(Self.mark)
        append(Self.version)
        append(UInt16(shapes.count))
        for shape in shapes {
            append(shape.name)
            append(UInt16(shape.columns.count))
            for column in shape.columns {
                append(column.name)
                append(UInt8(Self.types.firstIndex(of: column.type)!))
            }
        }
        return bytes
    }

    /// Reads a record. Nil if it is not a heading, as in segments written before there were any.
    /// - Throws: `JournalError` for a heading of a newer version of Pulse.
    init?(_ record: ArraySlice<UInt8>) throws {
        var reader = RecordReader(record)
        guard record.count > 4, try reader.number() as Int32 == Self.mark else { return nil }
        guard try reader.number() == Self.version else {
            throw JournalError("the journal was written by a newer version of Pulse. Start that version, stop it, and start this one again")
        }
        shapes = try (0..<(try reader.number() as UInt16)).map { _ in
            let name = try reader.text()
            let columns = try (0..<(try reader.number() as UInt16)).map { _ in
                let name = try reader.text(), type = Int(try reader.number() as UInt8)
                guard Self.types.indices.contains(type) else { throw JournalError("the journal's heading has an unknown type of column") }
                return (name, Self.types[type])
            }
            return TableShape(name: name, columns: columns)
        }
    }
}

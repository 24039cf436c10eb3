import Common
@_spi(Host) import Storage

/// Writes the rows of one fact table with a binary COPY, straight from the journal's bytes.
///
/// The binary format is faster than the text format, and needs no escaping.
/// - Source: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"
struct FactCopy {
    /// The size at which the buffer is sent.
    private static let chunkBytes = 256 << 10

    private let table: String
    private let columns: [Column]
    private let statement: String

    init(_ table: FactTable) {
        self.table = table.name
        columns = table.allColumns
        statement = "COPY \(table.name) (\(columns.map(\.name).joined(separator: ", "))) FROM STDIN (FORMAT binary)"
    }

    /// Sends the rows to the server.
    /// - Throws: `RowMismatch` for a value that doesn't fit its column.
    func write(_ rows: [EncodedRow], to session: PostgreSQLSession) throws {
        let count = try session.copyIn(statement) { send in
            var buffer = CopyBuffer(capacity: Self.chunkBytes + (64 << 10))
            Self.header(&buffer)
            for row in rows {
                try append(row, to: &buffer)
                if buffer.count >= Self.chunkBytes {
                    try send(buffer.contents)
                    buffer.removeAll()
                }
            }
            buffer.append(Int16(-1))
            try send(buffer.contents)
        }
        guard count == rows.count else {
            throw PostgreSQLError.misuse("the server stored \(count) of \(rows.count) rows", statement: statement)
        }
    }

    /// Writes the signature, no flags and no header extension.
    private static func header(_ buffer: inout CopyBuffer) {
        // "PGCOPY\n\377\r\n\0"
        for byte in [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00] as [UInt8] { buffer.append(byte) }
        buffer.append(Int32(0))
        buffer.append(Int32(0))
    }

    /// Appends a row. A row written before the table got its newest columns has fewer values, so those columns get their defaults.
    private func append(_ row: EncodedRow, to buffer: inout CopyBuffer) throws {
        buffer.append(Int16(columns.count))
        try row.read { _, cursor in
            for column in columns {
                if let value = cursor.next() {
                    try append(value, to: &buffer, column)
                } else {
                    try appendDefault(of: column, to: &buffer)
                }
            }
            guard cursor.next() == nil else {
                throw RowMismatch(table: table, column: nil, problem: "the row has more values than the table's \(columns.count) columns")
            }
        }
    }

    private func append(_ value: EncodedRow.Column, to buffer: inout CopyBuffer, _ column: Column) throws {
        switch (column.type, value) {
        case (_, .null):
            guard column.isNullable else { throw misfit("null", column) }
            buffer.append(Int32(-1))
        case (.int64, .int(let value)):
            buffer.append(Int32(8))
            buffer.append(value)
        case (.int32, .int(let value)):
            guard let value = Int32(exactly: value) else { throw misfit("a number beyond 32 bits", column) }
            buffer.append(Int32(4))
            buffer.append(value)
        case (.int16, .int(let value)):
            guard let value = Int16(exactly: value) else { throw misfit("a number beyond 16 bits", column) }
            buffer.append(Int32(2))
            buffer.append(value)
        case (.double, .double(let value)):
            buffer.append(Int32(8))
            buffer.append(value.bitPattern)
        case (.double, .int(let value)):
            buffer.append(Int32(8))
            buffer.append(Double(value).bitPattern)
        case (.text, .text(let utf8)):
            buffer.append(Int32(utf8.count))
            buffer.append(UnsafeRawBufferPointer(utf8))
        case (.bool, .bool(let value)):
            buffer.append(Int32(1))
            buffer.append(UInt8(value ? 1 : 0))
        default: throw misfit("a value of another type", column)
        }
    }

    private func appendDefault(of column: Column, to buffer: inout CopyBuffer) throws {
        switch column.defaultValue ?? .null {
        case .null: try append(.null, to: &buffer, column)
        case .int(let value): try append(.int(value), to: &buffer, column)
        case .double(let value): try append(.double(value), to: &buffer, column)
        case .bool(let value): try append(.bool(value), to: &buffer, column)
        case .text(var value): try value.withUTF8 { try append(.text($0), to: &buffer, column) }
        }
    }

    private func misfit(_ what: String, _ column: Column?) -> RowMismatch {
        RowMismatch(table: table, column: column?.name, problem: "the column was given \(what)")
    }
}

import CDuckDB
@_spi(Host) import Storage

/// Writes rows into a DuckDB chunk, which stores its values by column.
final class ChunkWriter {
    /// The memory that a column's values are written to.
    private struct Target {
        let type: ColumnType
        let isNullable: Bool
        var vector: duckdb_vector?
        var data: UnsafeMutableRawPointer
        /// One bit per row, 0 for null. Nil while the chunk has no null in this column.
        var validity: UnsafeMutablePointer<UInt64>?
    }

    let columns: [Column]
    private var targets: [Target] = []
    private let capacity = Int(duckdb_vector_size())
    private var count = 0
    private var texts = TextArena()

    init(_ columns: [Column]) { self.columns = columns }

    var isFull: Bool { count == capacity }

    /// Starts an empty chunk. Frees the texts of the previous chunk, which DuckDB no longer needs once it asks for the next chunk.
    func begin(_ chunk: duckdb_data_chunk?) {
        count = 0
        texts.removeAll()
        targets = columns.enumerated().map { index, column in
            let vector = duckdb_data_chunk_get_vector(chunk, idx_t(index))
            return Target(type: column.type, isNullable: column.isNullable, vector: vector, data: duckdb_vector_get_data(vector)!)
        }
    }

    /// Sets the chunk's number of rows.
    func end(_ chunk: duckdb_data_chunk?) { duckdb_data_chunk_set_size(chunk, idx_t(count)) }

    /// Writes a fact, storing `visitor` instead of the visitor's key. A row written before the table got its newest columns has
    /// fewer values, so those columns get their defaults. Returns nil on success, or the column and the problem if the row doesn't fit.
    func write(_ cursor: inout EncodedRow.Cursor, visitor: Int32) -> (column: String?, problem: String)? {
        let row = count
        for index in 0..<targets.count {
            guard var value = cursor.next() else {
                // The row was written before the table got its newest columns.
                guard index >= FactTable.commonColumns.count, writeDefault(of: columns[index], &targets[index], row) else {
                    return (columns[index].name, "the row has no value for it")
                }
                continue
            }
            if index == FactTable.visitorIndex, case .int = value { value = .int(Int64(visitor)) }
            guard write(value, &targets[index], row) else {
                return (columns[index].name, "\(Self.described(value)) doesn't fit into \(columns[index].type)")
            }
        }
        if cursor.next() != nil { return (nil, "the row has more columns than the table's \(columns.count)") }
        count += 1
        return nil
    }

    /// Writes a row of integers, one per column.
    func write(_ values: Int64...) {
        for (index, value) in values.enumerated() {
            let fits = write(.int(value), &targets[index], count)
            precondition(fits, "an ingest table's columns differ from what the engine writes")
        }
        count += 1
    }

    @inline(__always)
    private func write(_ value: EncodedRow.Column, _ target: inout Target, _ row: Int) -> Bool {
        switch (value, target.type) {
        case (.int(let value), .int64):
            target.data.storeBytes(of: value, toByteOffset: row &* 8, as: Int64.self)
        case (.text(let utf8), .text):
            write(utf8, target.data + row &* 16)
        case (.null, _):
            guard target.isNullable else { return false }
            setNull(&target, row)
        case (.int(let value), .int32):
            guard let value = Int32(exactly: value) else { return false }
            target.data.storeBytes(of: value, toByteOffset: row &* 4, as: Int32.self)
        case (.int(let value), .int16):
            guard let value = Int16(exactly: value) else { return false }
            target.data.storeBytes(of: value, toByteOffset: row &* 2, as: Int16.self)
        case (.double(let value), .double):
            target.data.storeBytes(of: value, toByteOffset: row &* 8, as: Double.self)
        case (.int(let value), .double):
            target.data.storeBytes(of: Double(value), toByteOffset: row &* 8, as: Double.self)
        case (.bool(let value), .bool):
            target.data.storeBytes(of: value, toByteOffset: row, as: Bool.self)
        default:
            return false
        }
        return true
    }

    private func writeDefault(of column: Column, _ target: inout Target, _ row: Int) -> Bool {
        switch column.defaultValue ?? .null {
        case .null: write(.null, &target, row)
        case .int(let value): write(.int(value), &target, row)
        case .double(let value): write(.double(value), &target, row)
        case .bool(let value): write(.bool(value), &target, row)
        case .text(var value): value.withUTF8 { write(.text($0), &target, row) }
        }
    }

    private func setNull(_ target: inout Target, _ row: Int) {
        if target.validity == nil {
            duckdb_vector_ensure_validity_writable(target.vector)
            target.validity = duckdb_vector_get_validity(target.vector)
        }
        target.validity![row >> 6] &= ~(1 << UInt64(row & 63))
        // Even a null text must be a valid string, because code that copies the vector reads it.
        if target.type == .text { (target.data + row &* 16).initializeMemory(as: UInt8.self, repeating: 0, count: 16) }
    }

    /// Writes a `duckdb_string_t`.
    @inline(__always)
    private func write(_ utf8: UnsafeBufferPointer<UInt8>, _ target: UnsafeMutableRawPointer) {
        let length = utf8.count
        if length <= 12 {
            // DuckDB compares all 16 bytes, so unused bytes must be zero.
            target.storeBytes(of: UInt64(length), as: UInt64.self)
            target.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
            if length > 0 { (target + 4).copyMemory(from: utf8.baseAddress!, byteCount: length) }
        } else {
            let kept = texts.copy(utf8)
            target.storeBytes(of: UInt32(length), as: UInt32.self)
            (target + 4).copyMemory(from: kept, byteCount: 4)
            target.storeBytes(of: UnsafeRawPointer(kept), toByteOffset: 8, as: UnsafeRawPointer.self)
        }
    }

    private static func described(_ value: EncodedRow.Column) -> String {
        switch value {
        case .null: "null"
        case .int: "an integer"
        case .double: "a double"
        case .bool: "a boolean"
        case .text: "text"
        }
    }
}

/// Memory for the long texts of a chunk. Texts never move, and all of them are freed together.
private struct TextArena: ~Copyable {
    private static let blockSize = 256 << 10

    private var blocks: [UnsafeMutableRawBufferPointer] = []
    /// The index of the block in use.
    private var current = 0
    /// The number of bytes used in the current block.
    private var used = 0

    mutating func copy(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeMutableRawPointer {
        while current < blocks.count, blocks[current].count - used < bytes.count {
            current += 1
            used = 0
        }
        if current == blocks.count {
            blocks.append(.allocate(byteCount: max(Self.blockSize, bytes.count), alignment: 16))
            used = 0
        }
        let place = blocks[current].baseAddress! + used
        place.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
        used += bytes.count
        return place
    }

    /// Frees all texts, but keeps one block for reuse.
    mutating func removeAll() {
        while blocks.count > 1 || (blocks.first?.count ?? 0) > Self.blockSize { blocks.removeLast().deallocate() }
        current = 0
        used = 0
    }

    deinit {
        for block in blocks { block.deallocate() }
    }
}

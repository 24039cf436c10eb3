/// The name and columns of a fact table, as they were when rows of it were encoded.
@_spi(Host) public struct TableShape: Sendable, Equatable {
    public let name: String
    /// The names and types of all columns, in order.
    public let columns: [(name: String, type: ColumnType)]

    public init(name: String, columns: [(name: String, type: ColumnType)]) {
        self.name = name
        self.columns = columns
    }

    public init(_ table: FactTable) { self.init(name: table.name, columns: table.allColumns.map { ($0.name, $0.type) }) }

    public static func == (left: TableShape, right: TableShape) -> Bool {
        // exact: names of tables and columns are in our source
        left.name == right.name && left.columns.elementsEqual(right.columns) { $0.name == $1.name && $0.type == $1.type }
    }
}

/// Turns rows that were encoded for other tables, such as those of an earlier version or of a host with other modules, into rows of this
/// host's tables. Tables and columns are matched by name.
@_spi(Host) public struct RowTranslation: Sendable {
    private enum Target: Sendable {
        /// The table as it was, perhaps with another number.
        case table(Int)
        /// The table with other columns: for each, the index of its value in the row, and the value if the row has none.
        case columns(Int, [(index: Int?, filler: Value)])
        /// There is no such table.
        case none(TableShape)
    }

    private let targets: [Target]
    private let setAside: Int

    /// - Parameters:
    ///   - shapes: the tables for which the rows were encoded.
    ///   - tables: this host's tables, with `SetAside.table` among them.
    public init(from shapes: [TableShape], to tables: [FactTable]) {
        setAside = tables.firstIndex(of: SetAside.table)!
        targets = shapes.map { shape in
            guard let number = tables.firstIndex(where: { $0.name == shape.name }) else { return .none(shape) }
            guard TableShape(tables[number]) != shape else { return .table(number) }
            return .columns(
                number,
                tables[number].allColumns.map { column in
                    (shape.columns.firstIndex { $0.name == column.name }, column.filler)
                })
        }
    }

    /// Returns the row for this host's tables. A row whose table is missing becomes a row of `SetAside.table`.
    public func callAsFunction(_ row: EncodedRow) -> EncodedRow {
        let header = row.header
        guard targets.indices.contains(header.table) else {
            return SetAside.row(row, number: setAside, of: "number \(header.table)", columns: [])
        }
        switch targets[header.table] {
        case .table(let number): return number == header.table ? row : row.renumbered(number)
        case .columns(let number, let sources):
            let values = row.values
            var encoder = RowEncoder(headOf: row, table: number)
            for (index, filler) in sources {
                if let index, values.indices.contains(index) { encoder.append(values[index]) } else { encoder.append(filler) }
            }
            return EncodedRow(encoder.bytes[...])
        case .none(let shape): return SetAside.row(row, number: setAside, of: shape.name, columns: shape.columns.map(\.name))
        }
    }
}

extension EncodedRow {
    /// A copy of the row for the table with another number.
    func renumbered(_ number: Int) -> EncodedRow {
        var copy = Array(bytes)
        copy[0] = UInt8(number)
        return EncodedRow(copy[...])
    }

    /// Why the row can't be stored in `table`; nil if it can. Engines find the same when they write it, but stop at the first such row.
    public func mismatch(with table: FactTable) -> RowMismatch? {
        let columns = table.allColumns
        return read { _, cursor in
            for (index, column) in columns.enumerated() {
                guard let value = cursor.next() else {
                    // The row was encoded before the table got its newest columns.
                    if index >= FactTable.commonColumns.count, column.isNullable || column.defaultValue != nil { continue }
                    return RowMismatch(table: table.name, column: column.name, problem: "the row has no value for it")
                }
                if !column.takes(value) || index == Self.timeIndex && !value.isInCalendar {
                    return RowMismatch(table: table.name, column: column.name, problem: "the value doesn't fit into \(column.type)")
                }
            }
            guard cursor.next() == nil else {
                return RowMismatch(table: table.name, column: nil, problem: "the row has more values than the table's columns")
            }
            return nil
        }
    }

    private static let timeIndex = 1
}

extension EncodedRow.Column {
    /// Whether the value is a time between the years 1 and 9999, in epoch milliseconds.
    fileprivate var isInCalendar: Bool {
        if case .int(let milliseconds) = self { (-62_135_596_800_000..<253_402_300_800_000).contains(milliseconds) } else { false }
    }
}

extension Column {
    fileprivate func takes(_ value: EncodedRow.Column) -> Bool {
        switch (type, value) {
        case (_, .null): isNullable
        case (.int64, .int), (.double, .int), (.double, .double), (.text, .text), (.bool, .bool): true
        case (.int32, .int(let value)): Int32(exactly: value) != nil
        case (.int16, .int(let value)): Int16(exactly: value) != nil
        default: false
        }
    }
}

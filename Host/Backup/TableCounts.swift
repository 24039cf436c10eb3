@_spi(Host) import Storage

/// The number of rows in each table of a plane.
///
/// Pulse counts the rows in the copy itself, so the counts are exact. Older versions counted the rows in the store, before and
/// after copying, and recorded a range. Rows deleted in the meantime may be missing from such a backup, so ranges are not compared.
struct TableCounts: Codable, Sendable, Equatable {
    private(set) var tables: [String: ClosedRange<Int64>]

    init(_ tables: [String: ClosedRange<Int64>]) { self.tables = tables }

    init(exactly tables: [String: Int64]) { self.tables = tables.mapValues { $0...$0 } }

    /// The maximum number of rows in all tables together.
    var total: Int64 { tables.values.reduce(0) { $0 + $1.upperBound } }

    /// Describes each table that differs from `expected`, sorted by name. Empty if no table differs.
    func differences(from expected: TableCounts) -> [String] {
        expected.tables.sorted { $0.key < $1.key }.compactMap { table, range in
            let wanted = range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
            guard let actual = tables[table] else { return "table \(table), which had \(wanted) rows, is missing" }
            guard range.lowerBound == range.upperBound, actual != range else { return nil }
            return "table \(table) has \(actual.lowerBound) rows instead of \(wanted)"
        }
    }

    // MARK: Counting

    static func of(_ store: any ControlEngine) async throws -> TableCounts {
        TableCounts(exactly: try await TableRows.count(store.dialect) { try await store.read($0) })
    }

    static func of(_ store: any EventStore) async throws -> TableCounts {
        TableCounts(exactly: try await TableRows.count(store.dialect) { try await store.query($0, timeoutSeconds: 600) })
    }

    // MARK: JSON: `{"access_keys": 4, "core_activity": [1000, 1200]}`

    private enum Count: Codable {
        case exact(Int64)
        case range(ClosedRange<Int64>)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int64.self) {
                self = .exact(number)
            } else {
                let ends = try container.decode([Int64].self)
                guard ends.count == 2, ends[0] <= ends[1] else {
                    throw DecodingError.dataCorruptedError(in: container, debugDescription: "a count is a number or a range of two")
                }
                self = .range(ends[0]...ends[1])
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .exact(let number): try container.encode(number)
            case .range(let range): try container.encode([range.lowerBound, range.upperBound])
            }
        }
    }

    init(from decoder: any Decoder) throws {
        tables = try [String: Count](from: decoder).mapValues { count in
            switch count {
            case .exact(let number): number...number
            case .range(let range): range
            }
        }
    }

    func encode(to encoder: any Encoder) throws {
        try tables.mapValues { $0.lowerBound == $0.upperBound ? Count.exact($0.lowerBound) : .range($0) }.encode(to: encoder)
    }
}

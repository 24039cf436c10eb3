import Storage

/// How many rows the tables of a plane have.
///
/// A store counts while others write, so a table of a busy host is known to have had at least so many rows and at most
/// so many when it was copied.
struct TableCounts: Codable, Sendable, Equatable {
    private(set) var tables: [String: ClosedRange<Int64>]

    init(_ tables: [String: ClosedRange<Int64>]) { self.tables = tables }

    /// For a copy that was made between two counts.
    init(between before: TableCounts, and after: TableCounts) {
        tables = before.tables.merging(after.tables) { min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound) }
    }

    /// At most so many, over all tables.
    var total: Int64 { tables.values.reduce(0) { $0 + $1.upperBound } }

    /// What is not as `expected` says; empty when all is.
    func differences(from expected: TableCounts) -> [String] {
        expected.tables.sorted { $0.key < $1.key }.compactMap { table, range in
            let wanted = range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
            guard let found = tables[table] else { return "table \(table) is missing, which had \(wanted) rows" }
            guard !range.contains(found.lowerBound) else { return nil }
            return "table \(table) has \(found.lowerBound) rows instead of \(wanted)"
        }
    }

    // MARK: Counting

    static func of(_ store: any ControlStore) async throws -> TableCounts {
        try await count(store.dialect) { try await store.read($0) }
    }

    static func of(_ store: any EventStore) async throws -> TableCounts {
        try await count(store.dialect) { try await store.query($0, timeoutSeconds: 600) }
    }

    /// All tables in one statement, and so at one instant.
    private static func count(_ dialect: Dialect, _ read: (SQL) async throws -> Rows) async throws -> TableCounts {
        let names = try await read(catalog(dialect)).map { $0.text("name") }
        guard !names.isEmpty else { return TableCounts([:]) }
        let counts = names.map { SQL(sql: "SELECT '\($0)' AS name, count(*) AS n FROM \"\($0)\"") }
        let rows = try await read("/* backup.count */ \(SQL.joined(counts, separator: " UNION ALL "))")
        return TableCounts(Dictionary(uniqueKeysWithValues: rows.map { ($0.text("name"), $0.int("n")...$0.int("n")) }))
    }

    /// The names of the store's own tables.
    private static func catalog(_ dialect: Dialect) -> SQL {
        switch dialect {
        case .sqlite: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        case .duckdb:
            """
            SELECT table_name AS name FROM information_schema.tables
            WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name
            """
        case .postgresql:
            """
            SELECT relname::text AS name FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
            """
        }
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
                    throw DecodingError.dataCorruptedError(in: container, debugDescription: "a count is a number or two of them")
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

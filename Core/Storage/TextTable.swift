extension Dialect {
    private static let endOfRow = "\u{1E}", endOfColumn = "\u{1F}"

    /// A query that returns `rows`, with text columns that have these names. It binds a single value, no matter how many rows there are.
    /// `VALUES` would bind every value separately, and PostgreSQL accepts only 65,535.
    ///
    /// Rows that contain one of the two separators (U+001E, U+001F), or only empty text, are left out.
    public func table(_ columns: [String], of rows: [[String]]) -> SQL {
        let lines = rows.filter { row in
            row.contains { !$0.isEmpty } && !row.contains { $0.contains(Self.endOfRow) || $0.contains(Self.endOfColumn) }
        }
        let text = lines.map { $0.joined(separator: Self.endOfColumn) }.joined(separator: Self.endOfRow)
        let split: SQL = self == .duckdb ? "string_split(\(text), \(Self.endOfRow))" : "string_to_array(\(text), \(Self.endOfRow))"
        let parts = columns.enumerated().map { index, name in
            "split_part(line, \(Self.endOfColumn), \(sql: String(index + 1))) AS \(sql: name)" as SQL
        }
        return "SELECT \(SQL.joined(parts)) FROM (SELECT unnest(\(split)) AS line) lines WHERE line <> ''"
    }
}

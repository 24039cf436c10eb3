extension Dialect {
    private static let endOfRow = "\u{1E}", endOfColumn = "\u{1F}"

    /// A query whose rows are `rows`, with text columns of these names: for what a program knows of each of many values. It
    /// is one bound value however many rows there are, where `VALUES` would need one for each (PostgreSQL takes 65,535).
    ///
    /// A row with one of the two separators in it (U+001E, U+001F) is left out, and one with nothing but empty text.
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

import Common

/// Facts that the host can't store in their own table at the moment: a module was removed while the journal still held its facts, or a row
/// doesn't fit its table. They are kept in a table of their own, so that they don't stop the facts behind them.
///
/// It is a fact table like any other, so the rows of a visitor or a project are exported and erased with all others, and a row that is
/// set aside counts once, like any stored event. Facts return to their table when a host starts that has the table again.
@_spi(Host) public enum SetAside {
    /// `table_name` is the table that the fact belongs to. `facts` has the fact's columns by name, as a JSON object without nulls. `problem`
    /// is empty if the table was missing; otherwise it says why the row doesn't fit, and the row stays here.
    public static let table = FactTable(
        "ingest_set_aside", [Column("table_name", .text), Column("problem", .text), Column("facts", .text)])

    public static let migrations = [Migration("003-set-aside", on: .events, [.createFactTable(table)])]

    /// The row to store in place of `row`.
    /// - Parameters:
    ///   - number: the number of `SetAside.table`.
    ///   - name: the table that the row belongs to.
    ///   - columns: the names of the row's columns, in order. Columns beyond them are kept as `column 17`.
    ///   - problem: why the row doesn't fit its table; empty if there is no such table.
    public static func row(_ row: EncodedRow, number: Int, of name: String, columns: [String], problem: String = "") -> EncodedRow {
        let header = row.header, values = row.values
        func common(_ index: Int) -> Int64 {
            if values.indices.contains(index), case .int(let value) = values[index] { return value }
            return 0
        }
        var encoder = RowEncoder(headOf: row, table: number)
        encoder.append(Int64(header.project))
        encoder.append(common(1))
        encoder.append(common(FactTable.visitorIndex))
        encoder.append(name)
        encoder.append(problem)
        encoder.append(text(values, columns))
        return EncodedRow(encoder.bytes[...])
    }

    private static func text(_ values: [Value], _ columns: [String]) -> String {
        var facts: [ExactText: Value] = [:]
        for (index, value) in values.enumerated() where !value.isNull {
            facts[text: columns.indices.contains(index) ? columns[index] : "column \(index + 1)"] = value
        }
        return (try? Shape.map(.any).text(facts).string) ?? "{}"
    }

    /// How many rows are set aside, by table and problem.
    public static let counts: SQL = """
        /* ingest.set_aside */ SELECT table_name, problem, COUNT(*) AS count FROM ingest_set_aside
        GROUP BY table_name, problem ORDER BY table_name, problem
        """

    /// The rows that wait for `table` and occurred no later than `last`.
    public static func waiting(for table: String, upTo last: Int64) -> SQL {
        """
        /* ingest.take_back */ SELECT project, facts FROM ingest_set_aside
        WHERE table_name = \(table) AND problem = '' AND occurred_at <= \(last) ORDER BY occurred_at
        """
    }

    /// The time of the last row among the oldest `limit` rows that wait for `table`; no row if none waits.
    public static func lastOfNext(_ limit: Int64, of table: String) -> SQL {
        """
        /* ingest.take_back_until */ SELECT MAX(occurred_at) AS last FROM (
            SELECT occurred_at FROM ingest_set_aside WHERE table_name = \(table) AND problem = '' ORDER BY occurred_at LIMIT \(limit)
        ) AS oldest
        """
    }

    public static func removal(from table: String, upTo last: Int64) -> SQL {
        """
        /* ingest.taken_back */ DELETE FROM ingest_set_aside
        WHERE table_name = \(table) AND problem = '' AND occurred_at <= \(last)
        """
    }

    /// The fact as a row of `table`. A column that the table got later has its default.
    public static func restored(_ text: String, project: Int32, to table: FactTable, number: Int) throws -> EncodedRow {
        let facts = try JSON.parse(text)
        // The row has been counted and compared with other events' ids already.
        var encoder = RowEncoder(EncodedRow.Header(table: number, project: project, hour: 0, role: .note))
        for column in table.allColumns { encoder.append(facts[column.name].flatMap(value) ?? column.filler) }
        return EncodedRow(encoder.bytes[...])
    }

    private static func value(_ json: JSON) -> Value? {
        switch json.kind {
        case .string: json.string.map(Value.text)
        case .number: json.integer.map(Value.int) ?? json.number.map(Value.double)
        case .boolean: json.boolean.map(Value.bool)
        case .null, .array, .object: nil
        }
    }

    /// How many rows return to their table in one transaction.
    public static let takenTogether: Int64 = 10_000
    /// The journal whose position counts the transactions that return rows, so that two hosts don't return the same rows.
    public static let journal = "set-aside"
}

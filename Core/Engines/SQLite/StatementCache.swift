import GRDB
import Storage
import Synchronization

/// Runs statements, and keeps the first `capacity` different statements prepared on each connection.
///
/// The cache is bounded because a list of values (`IN (?1, ?2, ...)`) produces a different text for each length.
final class StatementCache: Sendable {
    static let capacity = 512
    private let kept = Mutex<Set<String>>([])

    /// The number of rows in a batch.
    static let batchRows = 1_000

    /// Runs `text` and returns its rows. A statement without a result returns no rows.
    /// - Throws: `DatabaseError`; `SQLiteError` for a value with a NUL character, because SQLite would cut the value off there.
    func run(_ text: String, _ values: [Value], in database: Database) throws -> Rows {
        let (statement, arguments) = try prepare(text, values, in: database)
        guard statement.columnCount > 0 else {
            try statement.execute(arguments: arguments)
            return Rows()
        }
        var rows: [[Value]] = []
        let cursor = try GRDB.Row.fetchCursor(statement, arguments: arguments)
        while let row = try cursor.next() { rows.append(Value.all(of: row)) }
        return Rows(columns: statement.columnNames, values: rows)
    }

    /// Runs the query `text`, and gives its rows to `body` in batches, in order.
    func run(_ text: String, _ values: [Value], in database: Database, inBatches body: (Rows) throws -> Void) throws {
        let (statement, arguments) = try prepare(text, values, in: database)
        let columns = statement.columnNames
        var rows: [[Value]] = []
        let cursor = try GRDB.Row.fetchCursor(statement, arguments: arguments)
        while let row = try cursor.next() {
            rows.append(Value.all(of: row))
            guard rows.count == Self.batchRows else { continue }
            try body(Rows(columns: columns, values: rows))
            rows.removeAll(keepingCapacity: true)
        }
        if !rows.isEmpty { try body(Rows(columns: columns, values: rows)) }
    }

    private func prepare(_ text: String, _ values: [Value], in database: Database) throws -> (Statement, StatementArguments) {
        (
            try shouldKeep(text) ? database.cachedStatement(sql: text) : database.makeStatement(sql: text),
            try StatementArguments(values.map { try $0.databaseValue(for: text) })
        )
    }

    private func shouldKeep(_ text: String) -> Bool {
        kept.withLock { kept in
            if kept.contains(text) { return true }
            guard kept.count < Self.capacity else { return false }
            kept.insert(text)
            return true
        }
    }
}

extension Value {
    /// SQLite has no booleans: they are stored as 0 and 1, and `Value.bool` reads them back.
    fileprivate func databaseValue(for statement: String) throws -> DatabaseValue {
        switch self {
        case .null: return .null
        case .int(let value): return value.databaseValue
        case .double(let value): return value.databaseValue
        case .bool(let value): return (value ? 1 : 0).databaseValue
        case .text(let value):
            guard !value.utf8.contains(0) else {
                throw SQLiteError.misuse("text with a NUL character can't be stored", statement: statement)
            }
            return value.databaseValue
        }
    }

    /// The values of a row. By index, because GRDB's collections of values also look up the columns' names.
    fileprivate static func all(of row: GRDB.Row) -> [Value] {
        (0..<row.count).map { index in
            let value: DatabaseValue = row[index]
            return Value(value)
        }
    }

    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let value): self = .int(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .text(value)
        // None of our columns has this type, but a function such as randomblob() returns it.
        case .blob(let value): self = .text(String(decoding: value, as: UTF8.self))
        }
    }
}

/// A migration in the history of a module's schema. A migration that has shipped never changes; new ones are added at the end.
///
/// A module's migration has an id such as `001-create-definition`. In the ledger, the module's name precedes the id, because all modules
/// share one ledger.
public struct Migration: Sendable {
    /// A change to the schema.
    public enum Step: Sendable {
        case createTable(Table)
        case createFactTable(FactTable)
        case addColumn(table: String, Column)
        case createIndex(table: String, columns: [String])
        case statements(@Sendable (Dialect) -> [SQL])
        /// What SQL can't do, such as moving content into blobs. Only for the control plane. It is done before the transaction of the other
        /// steps, and again if that fails or the host crashes, and several hosts may do it at the same time.
        case work(@Sendable (any MigrationWork) async throws -> Void)
    }

    /// The store that a migration applies to.
    public enum Plane: String, Sendable { case control, events }

    /// The migration's id, without the module's name.
    public let id: String
    public let plane: Plane
    /// The steps, in order. All of them run in one transaction.
    public let steps: [Step]

    public init(_ id: String, on plane: Plane, _ steps: [Step]) {
        self.id = id
        self.plane = plane
        self.steps = steps
    }
}

/// What the work of a migration may use.
public protocol MigrationWork: Sendable {
    /// Runs a statement on the control store.
    func read(_ statement: SQL) async throws -> Rows
    func write(_ statement: SQL) async throws
    /// Stores content that is about no visitor as a blob of the migration's module. Replaces what has the name.
    func storeBlob(_ name: String, _ content: [UInt8], in project: String) async throws
}

extension Migration.Step {
    /// The statements that perform this step, in order.
    public func statements(for dialect: Dialect) -> [SQL] {
        switch self {
        case .createTable(let table):
            [SQL(sql: table.creation(dialect))] + table.indexes.map { Self.index(table.name, $0) }
        case .createFactTable(let table): table.creation(dialect)
        case .addColumn(let table, let column):
            [SQL(sql: "ALTER TABLE \(table) ADD COLUMN \(column.definition(dialect, adding: true))")]
        case .createIndex(let table, let columns): [Self.index(table, columns)]
        case .statements(let make): make(dialect)
        case .work: []
        }
    }

    private static func index(_ table: String, _ columns: [String]) -> SQL {
        SQL(sql: "CREATE INDEX \(table)_\(columns.joined(separator: "_")) ON \(table) (\(columns.joined(separator: ", ")))")
    }
}

extension Column {
    /// The column's definition in SQL. DuckDB can't add a column with a constraint, so an added column is always nullable there.
    func definition(_ dialect: Dialect, adding: Bool = false) -> String {
        var text = "\(name) \(dialect.typeName(type))"
        if !isNullable, !(adding && dialect == .duckdb) { text += " NOT NULL" }
        switch defaultValue {
        case .none, .some(.null): break
        case .some(.int(let value)): text += " DEFAULT \(value)"
        case .some(.double(let value)): text += " DEFAULT \(value)"
        case .some(.bool(let value)):
            text += dialect == .sqlite ? " DEFAULT \(value ? 1 : 0)" : " DEFAULT \(value)"
        case .some(.text(let value)):
            text += " DEFAULT '\(value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
        }
        return text
    }
}

extension Table {
    func creation(_ dialect: Dialect) -> String {
        let lines =
            columns.map { $0.definition(dialect) }
            + ["PRIMARY KEY (\(primaryKey.joined(separator: ", ")))"]
            + unique.map { "UNIQUE (\($0.joined(separator: ", ")))" }
        return "CREATE TABLE \(name) (\(lines.joined(separator: ", ")))"
    }
}

extension FactTable {
    /// The statements that create the table. DuckDB skips blocks by their minimum and maximum, so it needs no index. PostgreSQL gets
    /// partitions by time (which the engine creates as facts arrive), an index on project and time, and an index on project and visitor for
    /// exports and erasure.
    func creation(_ dialect: Dialect) -> [SQL] {
        let body = storedColumns(in: dialect).map { $0.definition(dialect) }.joined(separator: ", ")
        switch dialect {
        case .duckdb, .sqlite: return [SQL(sql: "CREATE TABLE \(name) (\(body))")]
        case .postgresql:
            return [
                SQL(sql: "CREATE TABLE \(name) (\(body)) PARTITION BY RANGE (occurred_at)"),
                SQL(sql: "CREATE INDEX \(name)_project_time ON \(name) (project, occurred_at)"),
                SQL(sql: "CREATE INDEX \(name)_project_visitor ON \(name) (project, visitor)"),
            ]
        }
    }
}

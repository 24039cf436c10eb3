/// Column types that all engines support.
public enum ColumnType: Sendable, Equatable {
    case int16, int32, int64, double, text, bool
}

/// A column of a table.
public struct Column: Sendable, Equatable {
    public let name: String
    public let type: ColumnType
    public let isNullable: Bool
    /// The value for rows that exist when the column is added, and for inserts that leave the column out.
    public let defaultValue: Value?
    /// How the column names the visitor whom a row of a control table is about; nil if it doesn't.
    public private(set) var visitor: VisitorReference?

    /// How a column of a control table names a visitor.
    public enum VisitorReference: Sendable, Equatable {
        /// By the id that was sent.
        case id
        /// By the visitor's key.
        case key
        /// By what follows `prefix` in the id that was sent.
        case suffix(prefix: String)
        /// By UUIDs in an array that is a member of the JSON object in the column. Each is what follows `prefix` in a visitor's id. Erasure
        /// removes the UUID and keeps the row.
        case list(member: String, prefix: String)
    }

    /// For a column with a JSON object: names of members in it, at any depth, as far as they are declared.
    public private(set) var members: [String] = []

    /// A column of a control table with the `visitor_id` of the visitor whom the row is about. The visitor's export then has the row, and
    /// erasure deletes it. The table needs a `project_id`.
    public static func visitorID(_ name: String = "visitor_id", nullable: Bool = false) -> Column {
        var column = Column(name, .text, nullable: nullable)
        column.visitor = .id
        return column
    }

    /// Like `visitorID`, for the visitor's key (`Visit.visitor`).
    public static func visitorKey(_ name: String = "visitor", nullable: Bool = false) -> Column {
        var column = Column(name, .int64, nullable: nullable)
        column.visitor = .key
        return column
    }

    /// A text column with JSON whose members are declared.
    @_spi(Definitions) public static func json(_ name: String, members: [String]) -> Column {
        var column = Column(name, .text)
        column.members = members
        return column
    }

    /// The column of a control table, where it says which visitor a row is about.
    @_spi(Definitions) public func naming(_ visitor: VisitorReference?) -> Column {
        var column = self
        column.visitor = visitor
        return column
    }

    /// A fact table's last column, which orders rows of the same instant: a number that grows as rows arrive. Collection writes it, not the
    /// module. It is 0 in rows stored before the table had the column.
    public static let arrival = Column("arrival", .int64, default: .int(0))

    /// The value for a fact that was collected before the table had the column: the default or, if there is none, null or the type's zero.
    var filler: Value {
        if let defaultValue, !defaultValue.isNull { return defaultValue }
        guard !isNullable else { return .null }
        return switch type {
        case .int16, .int32, .int64: .int(0)
        case .double: .double(0)
        case .text: .text("")
        case .bool: .bool(false)
        }
    }

    public init(_ name: String, _ type: ColumnType, nullable: Bool = false, default defaultValue: Value? = nil) {
        self.name = name
        self.type = type
        self.isNullable = nullable
        self.defaultValue = defaultValue
    }
}

/// A table of the control plane.
public struct Table: Sendable, Equatable {
    public let name: String
    public let columns: [Column]
    /// The columns of the primary key, in order.
    public let primaryKey: [String]
    /// The columns of each unique constraint, and of each index.
    public let unique: [[String]]
    public let indexes: [[String]]

    public init(
        _ name: String, _ columns: [Column], primaryKey: [String], unique: [[String]] = [], indexes: [[String]] = []
    ) {
        self.name = name
        self.columns = columns
        self.primaryKey = primaryKey
        self.unique = unique
        self.indexes = indexes
    }
}

/// A table of the event plane: append-only rows about what visitors did.
///
/// Every fact table starts with the same three columns: `project` (the project's number), `occurred_at` (epoch milliseconds, UTC) and
/// `visitor` (the visitor's 64-bit key, or what the engine stores instead; 0 for a fact about no visitor). Because of them, scopes,
/// retention, export and erasure work on every fact table without any code in the module.
public struct FactTable: Sendable, Equatable {
    public let name: String
    /// The module's own columns, which follow the three common ones.
    public let columns: [Column]

    public init(_ name: String, _ columns: [Column]) {
        self.name = name
        self.columns = columns
    }

    /// The three columns that every fact table starts with.
    public static let commonColumns = [
        Column("project", .int32), Column("occurred_at", .int64), Column("visitor", .int64),
    ]

    /// The index of `visitor` in `allColumns`.
    public static let visitorIndex = 2

    /// Whether the table's rows record the order in which they arrived.
    public var recordsArrival: Bool { columns.last == .arrival }

    /// The table as it was before `column` was added. Older migrations create it in that form.
    public func without(_ column: Column) -> FactTable { FactTable(name, columns.filter { $0 != column }) }

    /// All columns of a fact, as they are sent to an engine.
    public var allColumns: [Column] { Self.commonColumns + columns }

    /// All columns as the engine stores them. They differ on DuckDB, which numbers visitors.
    public func storedColumns(in dialect: Dialect) -> [Column] {
        var stored = allColumns
        if dialect == .duckdb { stored[Self.visitorIndex] = Column("visitor", .int32) }
        return stored
    }
}

extension FactTable {
    /// Columns with attributes of a fact's session. Because of them, reports can break facts down and apply common filters without looking
    /// up the session. Only for tables of frequent facts. `Visit.sessionValues` has their values.
    public static let sessionColumns = [
        /// Together with `visitor`, it identifies the session. If the fact has no session, this is the fact's own time.
        Column("session_at", .int64),
        Column("source", .text), Column("country", .text), Column("device", .text), Column("browser", .text), Column("os", .text),
    ]
}

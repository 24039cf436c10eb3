import Core

/// An expression of a statement, as a tree.
indirect enum SQLExpression: Equatable, Sendable {
    case text(String), integer(Int64), decimal(Double), boolean(Bool), null
    /// `{{project_id}}`
    case project
    case column(table: String?, name: String, SQLPlace)
    case unary(String, Self, SQLPlace)
    case binary(String, Self, Self, SQLPlace)
    case isNull(Self, negated: Bool)
    case inList(Self, [Self], negated: Bool, SQLPlace)
    case inSelect(Self, SQLSelect, negated: Bool, SQLPlace)
    case exists(SQLSelect)
    case between(Self, Self, Self, negated: Bool, SQLPlace)
    case like(Self, Self, negated: Bool, ignoresCase: Bool, SQLPlace)
    case conditional(operand: Self?, [SQLCase], otherwise: Self?, SQLPlace)
    case cast(Self, SQLType, SQLPlace)
    case call(SQLCall)

    /// Compares everything except places. Two subqueries are never equal.
    static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.text(let a), .text(let b)): a.isExactly(b)
        case (.integer(let a), .integer(let b)): a == b
        case (.decimal(let a), .decimal(let b)): a == b
        case (.boolean(let a), .boolean(let b)): a == b
        case (.null, .null), (.project, .project): true
        case (.column(let a, let b, _), .column(let c, let d, _)): a == c && b == d
        case (.unary(let a, let b, _), .unary(let c, let d, _)): a == c && b == d
        case (.binary(let a, let b, let c, _), .binary(let d, let e, let f, _)): a == d && b == e && c == f
        case (.isNull(let a, let b), .isNull(let c, let d)): a == c && b == d
        case (.inList(let a, let b, let c, _), .inList(let d, let e, let f, _)): a == d && b == e && c == f
        case (.between(let a, let b, let c, let d, _), .between(let e, let f, let g, let h, _)): a == e && b == f && c == g && d == h
        case (.like(let a, let b, let c, let d, _), .like(let e, let f, let g, let h, _)): a == e && b == f && c == g && d == h
        case (.conditional(let a, let b, let c, _), .conditional(let d, let e, let f, _)): a == d && b == e && c == f
        case (.cast(let a, let b, _), .cast(let c, let d, _)): a == c && b == d
        case (.call(let a), .call(let b)): a == b
        default: false
        }
    }
}

struct SQLCase: Equatable, Sendable {
    let condition, result: SQLExpression
}

struct SQLCall: Equatable, Sendable {
    let name: String
    let arguments: [SQLExpression]
    var isStar = false
    var isDistinct = false
    var filter: SQLExpression?
    var window: SQLWindow?
    let place: SQLPlace

    static func == (left: Self, right: Self) -> Bool {
        left.name == right.name && left.arguments == right.arguments && left.isStar == right.isStar && left.isDistinct == right.isDistinct
            && left.filter == right.filter && left.window == right.window
    }
}

struct SQLWindow: Equatable, Sendable {
    let partition: [SQLExpression]
    let order: [SQLOrder]
}

struct SQLOrder: Equatable, Sendable {
    let expression: SQLExpression
    let isDescending: Bool
    let nullsFirst: Bool
}

enum SQLType: String, Sendable {
    case integer, double, text, boolean
    /// A visitor: can be counted, grouped by and compared with other visitors, but never shown.
    case visitor
    case null

    /// The type in words, for error messages.
    var words: String {
        switch self {
        case .integer: "a whole number"
        case .double: "a number"
        case .text: "text"
        case .boolean: "true or false"
        case .visitor: "a visitor"
        case .null: "null"
        }
    }

    var isNumber: Bool { self == .integer || self == .double || self == .null }
}

/// A `SELECT` with everything that may surround it: WITH, UNION, ORDER BY, LIMIT and OFFSET.
final class SQLSelect: Equatable, Sendable {
    struct CTE: Sendable {
        let name: String, select: SQLSelect, place: SQLPlace
    }

    enum Item: Sendable {
        case star(table: String?, SQLPlace)
        case expression(SQLExpression, alias: String?, SQLPlace)
    }

    indirect enum Source: Sendable {
        case table(String, alias: String, SQLPlace)
        case select(SQLSelect, alias: String, SQLPlace)
        case join(Source, Source, kind: String, on: SQLExpression, SQLPlace)
    }

    struct Core: Sendable {
        var isDistinct = false
        var items: [Item] = []
        var source: Source?
        var condition: SQLExpression?
        var groups: [SQLExpression] = []
        var having: SQLExpression?
        var place = SQLPlace()
    }

    let ctes: [CTE]
    /// The selects that UNION combines. `all[i]` says whether the one at index `i` is combined with the next by UNION ALL.
    let cores: [Core]
    let all: [Bool]
    let order: [SQLOrder]
    let limit: Int64?
    let offset: Int64?

    init(ctes: [CTE] = [], cores: [Core], all: [Bool] = [], order: [SQLOrder] = [], limit: Int64? = nil, offset: Int64? = nil) {
        self.ctes = ctes
        self.cores = cores
        self.all = all
        self.order = order
        self.limit = limit
        self.offset = offset
    }

    static func == (left: SQLSelect, right: SQLSelect) -> Bool { left === right }
}

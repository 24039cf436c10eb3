import Core

/// Reads a statement, from the top down. Accepts what `SQLSyntax` can say and nothing else.
struct SQLParser {
    /// Expressions and selects inside each other.
    static let maximumDepth = 40
    /// Operators of one statement: they make trees deep too.
    static let maximumOperators = 300
    /// Of one GROUP BY, ORDER BY or PARTITION BY.
    static let maximumKeys = 50

    private let tokens: [SQLToken]
    private var at = 0
    private var depth = 0
    private var operators = 0

    private init(_ text: String) throws(SQLRefusal) { tokens = try SQLTokenizer.tokens(of: text) }

    /// A whole statement.
    static func statement(_ text: String) throws(SQLRefusal) -> (select: SQLSelect, namesProject: Bool) {
        var parser = try SQLParser(text)
        guard parser.isWord("select") || parser.isWord("with") else {
            throw SQLRefusal(what: "a statement starts with SELECT or WITH; got \(parser.token.described).", place: parser.token.place)
        }
        let select = try parser.select()
        guard parser.token.kind == .end else { throw parser.unexpected("the end of the statement") }
        return (select, parser.tokens.contains { $0.kind == .project })
    }

    /// A single expression, such as a metric's.
    static func expression(_ text: String) throws(SQLRefusal) -> SQLExpression {
        var parser = try SQLParser(text)
        let expression = try parser.expression()
        guard parser.token.kind == .end else { throw parser.unexpected("the end of the expression") }
        return expression
    }

    // MARK: Tokens

    private var token: SQLToken { tokens[at] }
    private func isWord(_ word: String) -> Bool { token.kind == .word(word) }
    private func isSign(_ sign: String) -> Bool { token.kind == .sign(sign) }
    private func follows(_ word: String) -> Bool { at + 1 < tokens.count && tokens[at + 1].kind == .word(word) }

    private mutating func take(_ word: String) -> Bool {
        guard isWord(word) else { return false }
        at += 1
        return true
    }

    private mutating func takeSign(_ sign: String) -> Bool {
        guard isSign(sign) else { return false }
        at += 1
        return true
    }

    private mutating func need(_ word: String) throws(SQLRefusal) { guard take(word) else { throw unexpected(word.uppercased()) } }
    private mutating func needSign(_ sign: String) throws(SQLRefusal) { guard takeSign(sign) else { throw unexpected("'\(sign)'") } }

    /// Words that begin something else than is asked for, said by name.
    private static let changing: Set<String> = [
        "insert", "update", "delete", "drop", "create", "alter", "truncate", "grant", "revoke", "copy", "attach", "detach", "install", "load",
        "call", "execute", "prepare", "pragma", "set", "reset", "vacuum", "merge", "into", "export", "import", "checkpoint", "begin", "commit",
        "rollback", "lock", "listen", "notify", "do", "explain", "analyze", "use", "comment", "returning",
    ]
    private static let reserved: Set<String> = changing.union([
        "select", "with", "from", "where", "group", "by", "having", "order", "limit", "offset", "union", "all", "distinct", "as", "on", "join",
        "inner", "left", "right", "full", "cross", "outer", "natural", "using", "lateral", "and", "or", "not", "in", "exists", "between", "like",
        "ilike", "is", "null", "true", "false", "case", "when", "then", "else", "end", "cast", "over", "partition", "filter", "asc", "desc",
        "nulls", "intersect", "except", "recursive", "values", "table", "window", "fetch", "for", "escape", "similar", "rows", "range", "array",
        "row", "interval", "collate", "any", "some",
    ])

    private func unexpected(_ expected: String) -> SQLRefusal {
        if case .word(let word) = token.kind, Self.changing.contains(word) {
            return SQLRefusal(what: "'\(word.uppercased())' is not accepted: statements read, and change nothing.", place: token.place)
        }
        return SQLRefusal(what: "expected \(expected); got \(token.described).", place: token.place)
    }

    private mutating func name(_ what: String) throws(SQLRefusal) -> String {
        switch token.kind {
        case .word(let word) where !Self.reserved.contains(word):
            at += 1
            return word
        case .quoted(let name):
            at += 1
            return name
        default: throw unexpected(what)
        }
    }

    /// The place of an operator, which is taken.
    private mutating func takeOperator() throws(SQLRefusal) -> SQLPlace {
        operators += 1
        guard operators <= Self.maximumOperators else {
            throw SQLRefusal(what: "a statement has at most \(Self.maximumOperators) operators.", place: token.place)
        }
        at += 1
        return tokens[at - 1].place
    }

    private mutating func nested<Result>(_ body: (inout SQLParser) throws(SQLRefusal) -> Result) throws(SQLRefusal) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw SQLRefusal(what: "nested deeper than \(Self.maximumDepth) levels.", place: token.place)
        }
        return try body(&self)
    }

    // MARK: SELECT

    private mutating func select() throws(SQLRefusal) -> SQLSelect {
        try nested { parser throws(SQLRefusal) in try parser.wholeSelect() }
    }

    private mutating func wholeSelect() throws(SQLRefusal) -> SQLSelect {
        var ctes: [SQLSelect.CTE] = []
        if take("with") {
            if isWord("recursive") { throw SQLRefusal(what: "WITH RECURSIVE is not accepted.", place: token.place) }
            repeat {
                let place = token.place, name = try name("a name")
                try need("as")
                try needSign("(")
                ctes.append(.init(name: name, select: try select(), place: place))
                try needSign(")")
            } while takeSign(",")
        }
        var cores = [try core()], all: [Bool] = []
        while take("union") {
            all.append(take("all"))
            cores.append(try core())
        }
        if isWord("intersect") || isWord("except") { throw SQLRefusal(what: "\(token.described) is not accepted; UNION is.", place: token.place) }
        var order: [SQLOrder] = []
        if take("order") {
            try need("by")
            order = try orders()
        }
        let limit = take("limit") ? try count("LIMIT") : nil
        let offset = take("offset") ? try count("OFFSET") : nil
        return SQLSelect(ctes: ctes, cores: cores, all: all, order: order, limit: limit, offset: offset)
    }

    private mutating func count(_ what: String) throws(SQLRefusal) -> Int64 {
        guard case .integer(let number) = token.kind, number <= 1_000_000_000 else {
            throw unexpected("a whole number up to 1000000000 after \(what)")
        }
        at += 1
        return number
    }

    private mutating func core() throws(SQLRefusal) -> SQLSelect.Core {
        var core = SQLSelect.Core()
        core.place = token.place
        try need("select")
        core.isDistinct = take("distinct")
        if !core.isDistinct { _ = take("all") }
        repeat { core.items.append(try item()) } while takeSign(",")
        if take("from") { core.source = try source() }
        if take("where") { core.condition = try expression() }
        if take("group") {
            try need("by")
            repeat {
                let value = try expression()
                try append(value, to: &core.groups, "GROUP BY")
            } while takeSign(",")
        }
        if take("having") { core.having = try expression() }
        return core
    }

    private mutating func item() throws(SQLRefusal) -> SQLSelect.Item {
        let place = token.place
        if takeSign("*") { return .star(table: nil, place) }
        if at + 2 < tokens.count, tokens[at + 1].kind == .sign("."), tokens[at + 2].kind == .sign("*") {
            let table = try name("a name")
            at += 2
            return .star(table: table, place)
        }
        let value = try expression()
        if take("as") { return .expression(value, alias: try name("a name"), place) }
        switch token.kind {
        case .word(let word) where !Self.reserved.contains(word): return .expression(value, alias: try name("a name"), place)
        case .quoted: return .expression(value, alias: try name("a name"), place)
        default: return .expression(value, alias: nil, place)
        }
    }

    private mutating func source() throws(SQLRefusal) -> SQLSelect.Source {
        var source = try table()
        while true {
            let place = token.place
            if isSign(",") || isWord("cross") || isWord("natural") {
                throw SQLRefusal(what: "tables are joined by JOIN ... ON alone.", place: place)
            }
            var kind = "JOIN"
            if take("inner") { kind = "JOIN" } else if take("left") { kind = "LEFT JOIN" } else if take("right") { kind = "RIGHT JOIN" }
            else if take("full") { kind = "FULL JOIN" } else if !isWord("join") { return source }
            if kind != "JOIN" { _ = take("outer") }
            try need("join")
            let right = try table()
            try need("on")
            source = .join(source, right, kind: kind, on: try expression(), place)
        }
    }

    private mutating func table() throws(SQLRefusal) -> SQLSelect.Source {
        let place = token.place
        if takeSign("(") {
            guard isWord("select") || isWord("with") else { throw unexpected("SELECT") }
            let select = try select()
            try needSign(")")
            _ = take("as")
            return .select(select, alias: try name("a name for the subquery"), place)
        }
        if case .text = token.kind { throw SQLRefusal(what: "a text is no dataset: files can't be read.", place: place) }
        let table = try name("a dataset")
        if isSign(".") { throw SQLRefusal(what: "schemas are not accepted; datasets are named alone.", place: place) }
        if isSign("(") { throw SQLRefusal(what: "'\(table.excerpt(40))(' is not accepted: functions are no datasets.", place: place) }
        if take("as") { return .table(table, alias: try name("a name"), place) }
        switch token.kind {
        case .word(let word) where !Self.reserved.contains(word): return .table(table, alias: try name("a name"), place)
        case .quoted: return .table(table, alias: try name("a name"), place)
        default: return .table(table, alias: table, place)
        }
    }

    /// What rows are sorted by is held for each of them.
    private func append<Element>(_ element: Element, to list: inout [Element], _ what: String) throws(SQLRefusal) {
        guard list.count < Self.maximumKeys else { throw SQLRefusal(what: "\(what) takes at most \(Self.maximumKeys) values.", place: token.place) }
        list.append(element)
    }

    private mutating func orders() throws(SQLRefusal) -> [SQLOrder] {
        var orders: [SQLOrder] = []
        repeat {
            let value = try expression()
            let isDescending = take("desc")
            if !isDescending { _ = take("asc") }
            var nullsFirst = false
            if take("nulls") {
                nullsFirst = take("first")
                if !nullsFirst { try need("last") }
            }
            try append(SQLOrder(expression: value, isDescending: isDescending, nullsFirst: nullsFirst), to: &orders, "ORDER BY")
        } while takeSign(",")
        return orders
    }

    // MARK: Expressions, from what binds least

    private mutating func expression() throws(SQLRefusal) -> SQLExpression {
        try nested { parser throws(SQLRefusal) in
            var left = try parser.conjunction()
            while parser.isWord("or") {
                let place = try parser.takeOperator()
                left = .binary("OR", left, try parser.conjunction(), place)
            }
            return left
        }
    }

    private mutating func conjunction() throws(SQLRefusal) -> SQLExpression {
        var left = try negation()
        while isWord("and") {
            let place = try takeOperator()
            left = .binary("AND", left, try negation(), place)
        }
        return left
    }

    private mutating func negation() throws(SQLRefusal) -> SQLExpression {
        guard isWord("not") else { return try comparison() }
        let place = token.place
        at += 1
        return try nested { parser throws(SQLRefusal) in .unary("NOT", try parser.negation(), place) }
    }

    private mutating func comparison() throws(SQLRefusal) -> SQLExpression {
        let left = try concatenation(), place = token.place
        if case .sign(let sign) = token.kind, ["=", "<>", "<", "<=", ">", ">="].contains(sign) {
            at += 1
            return .binary(sign, left, try concatenation(), place)
        }
        if take("is") {
            let negated = take("not")
            try need("null")
            return .isNull(left, negated: negated)
        }
        let negated = isWord("not")
        if negated { at += 1 }
        if take("in") { return try list(left, negated, place) }
        if take("between") {
            let low = try concatenation()
            try need("and")
            return .between(left, low, try concatenation(), negated: negated, place)
        }
        if take("like") { return .like(left, try concatenation(), negated: negated, ignoresCase: false, place) }
        if take("ilike") { return .like(left, try concatenation(), negated: negated, ignoresCase: true, place) }
        if negated { throw unexpected("IN, BETWEEN, LIKE or ILIKE after NOT") }
        return left
    }

    private mutating func list(_ left: SQLExpression, _ negated: Bool, _ place: SQLPlace) throws(SQLRefusal) -> SQLExpression {
        try needSign("(")
        if isWord("select") || isWord("with") {
            let inner = try select()
            try needSign(")")
            return .inSelect(left, inner, negated: negated, place)
        }
        var elements: [SQLExpression] = []
        repeat { elements.append(try expression()) } while takeSign(",")
        try needSign(")")
        return .inList(left, elements, negated: negated, place)
    }

    private mutating func concatenation() throws(SQLRefusal) -> SQLExpression {
        var left = try sum()
        while isSign("||") {
            let place = try takeOperator()
            left = .binary("||", left, try sum(), place)
        }
        return left
    }

    private mutating func sum() throws(SQLRefusal) -> SQLExpression {
        var left = try product()
        while case .sign(let sign) = token.kind, sign == "+" || sign == "-" {
            let place = try takeOperator()
            left = .binary(sign, left, try product(), place)
        }
        return left
    }

    private mutating func product() throws(SQLRefusal) -> SQLExpression {
        var left = try signed()
        while case .sign(let sign) = token.kind, ["*", "/", "%"].contains(sign) {
            let place = try takeOperator()
            left = .binary(sign, left, try signed(), place)
        }
        return left
    }

    private mutating func signed() throws(SQLRefusal) -> SQLExpression {
        guard isSign("-") || isSign("+") else { return try primary() }
        let isMinus = isSign("-"), place = token.place
        at += 1
        let value = try nested { parser throws(SQLRefusal) in try parser.signed() }
        return isMinus ? .unary("-", value, place) : value
    }

    private mutating func primary() throws(SQLRefusal) -> SQLExpression {
        let place = token.place
        switch token.kind {
        case .integer(let number): at += 1; return .integer(number)
        case .decimal(let number): at += 1; return .decimal(number)
        case .text(let text): at += 1; return .text(text)
        case .project: at += 1; return .project
        case .sign("("):
            at += 1
            if isWord("select") || isWord("with") {
                throw SQLRefusal(what: "a subquery stands in FROM, in EXISTS or behind IN, and not as a value.", place: place)
            }
            let inner = try expression()
            try needSign(")")
            return inner
        case .word("null"): at += 1; return .null
        case .word("true"): at += 1; return .boolean(true)
        case .word("false"): at += 1; return .boolean(false)
        case .word("case"): at += 1; return try conditional(place)
        case .word("cast"): at += 1; return try cast(place)
        case .word("exists"):
            at += 1
            try needSign("(")
            let inner = try select()
            try needSign(")")
            return .exists(inner)
        case .word(let word) where at + 1 < tokens.count && tokens[at + 1].kind == .sign("(") && Self.mayBeFunction(word):
            at += 2
            return try call(word, place)
        default: return try column(place)
        }
    }

    /// LEFT and RIGHT are joins, and functions.
    private static func mayBeFunction(_ word: String) -> Bool { word == "left" || word == "right" || !reserved.contains(word) }

    private mutating func column(_ place: SQLPlace) throws(SQLRefusal) -> SQLExpression {
        let first = try name("a value")
        guard takeSign(".") else { return .column(table: nil, name: first, place) }
        let second = try name("a column")
        if isSign(".") || isSign("(") { throw SQLRefusal(what: "schemas are not accepted.", place: place) }
        return .column(table: first, name: second, place)
    }

    private mutating func conditional(_ place: SQLPlace) throws(SQLRefusal) -> SQLExpression {
        let operand = isWord("when") ? nil : try expression()
        var cases: [SQLCase] = []
        while take("when") {
            let condition = try expression()
            try need("then")
            cases.append(SQLCase(condition: condition, result: try expression()))
        }
        guard !cases.isEmpty else { throw unexpected("WHEN") }
        let otherwise = take("else") ? try expression() : nil
        try need("end")
        return .conditional(operand: operand, cases, otherwise: otherwise, place)
    }

    private static let types: [String: SQLType] = [
        "integer": .integer, "int": .integer, "bigint": .integer, "smallint": .integer, "double": .double, "real": .double, "float": .double,
        "numeric": .double, "decimal": .double, "text": .text, "varchar": .text, "boolean": .boolean, "bool": .boolean,
    ]

    private mutating func cast(_ place: SQLPlace) throws(SQLRefusal) -> SQLExpression {
        try needSign("(")
        let value = try expression()
        try need("as")
        guard case .word(let word) = token.kind, let type = Self.types[word] else {
            throw SQLRefusal(what: "CAST to integer, bigint, double precision, numeric, text or boolean; got \(token.described).", place: token.place)
        }
        at += 1
        if word == "double" { _ = take("precision") }
        try needSign(")")
        return .cast(value, type, place)
    }

    private mutating func call(_ name: String, _ place: SQLPlace) throws(SQLRefusal) -> SQLExpression {
        var arguments: [SQLExpression] = [], isStar = false, isDistinct = false
        if takeSign("*") {
            isStar = true
        } else if !isSign(")") {
            isDistinct = take("distinct")
            repeat { arguments.append(try expression()) } while takeSign(",")
        }
        try needSign(")")
        var call = SQLCall(name: name, arguments: arguments, isStar: isStar, isDistinct: isDistinct, place: place)
        if isWord("filter"), at + 1 < tokens.count, tokens[at + 1].kind == .sign("(") {
            at += 2
            try need("where")
            call.filter = try expression()
            try needSign(")")
        }
        if take("over") { call.window = try window() }
        return .call(call)
    }

    private mutating func window() throws(SQLRefusal) -> SQLWindow {
        try needSign("(")
        var partition: [SQLExpression] = [], order: [SQLOrder] = []
        if take("partition") {
            try need("by")
            repeat {
                let value = try expression()
                try append(value, to: &partition, "PARTITION BY")
            } while takeSign(",")
        }
        if take("order") {
            try need("by")
            order = try orders()
        }
        try needSign(")")
        return SQLWindow(partition: partition, order: order)
    }
}

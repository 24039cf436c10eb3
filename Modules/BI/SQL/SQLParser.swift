import Core

/// A recursive descent parser for statements. Accepts only what the types in `SQLSyntax.swift` can express.
struct SQLParser {
    /// Maximum nesting of expressions and selects.
    static let maximumDepth = 40
    /// Maximum operators of one statement. Long chains of operators make the syntax tree deep, as nesting does.
    static let maximumOperators = 300
    /// Maximum keys of one GROUP BY, ORDER BY or PARTITION BY.
    static let maximumKeys = 50

    let tokens: [SQLToken]
    var at = 0
    private var depth = 0
    private var operators = 0

    private init(_ text: String) throws(SQLRefusal) { tokens = try SQLTokenizer.tokens(of: text) }

    /// Parses a whole statement. `namesProject` says whether it contains `{{project_id}}`.
    static func statement(_ text: String) throws(SQLRefusal) -> (select: SQLSelect, namesProject: Bool) {
        var parser = try SQLParser(text)
        guard parser.isWord("select") || parser.isWord("with") else {
            throw SQLRefusal(
                message: "a statement must start with SELECT or WITH; got \(parser.token.described).", place: parser.token.place)
        }
        let select = try parser.select()
        guard parser.token.kind == .end else { throw parser.unexpected("the end of the statement") }
        return (select, parser.tokens.contains { $0.kind == .project })
    }

    /// Parses a single expression, such as that of a metric.
    static func expression(_ text: String) throws(SQLRefusal) -> SQLExpression {
        var parser = try SQLParser(text)
        let expression = try parser.expression()
        guard parser.token.kind == .end else { throw parser.unexpected("the end of the expression") }
        return expression
    }

    // MARK: Tokens

    var token: SQLToken { tokens[at] }
    func isWord(_ word: String) -> Bool { token.kind == .word(word) }
    func isSign(_ sign: String) -> Bool { token.kind == .sign(sign) }

    mutating func take(_ word: String) -> Bool {
        guard isWord(word) else { return false }
        at += 1
        return true
    }

    mutating func takeSign(_ sign: String) -> Bool {
        guard isSign(sign) else { return false }
        at += 1
        return true
    }

    mutating func need(_ word: String) throws(SQLRefusal) { guard take(word) else { throw unexpected(word.uppercased()) } }
    mutating func needSign(_ sign: String) throws(SQLRefusal) { guard takeSign(sign) else { throw unexpected("'\(sign)'") } }

    /// Keywords of statements other than SELECT. Error messages name them.
    private static let changing: Set<String> = [
        "insert", "update", "delete", "drop", "create", "alter", "truncate", "grant", "revoke", "copy", "attach", "detach", "install",
        "load",
        "call", "execute", "prepare", "pragma", "set", "reset", "vacuum", "merge", "into", "export", "import", "checkpoint", "begin",
        "commit",
        "rollback", "lock", "listen", "notify", "do", "explain", "analyze", "use", "comment", "returning",
    ]
    static let reserved: Set<String> = changing.union([
        "select", "with", "from", "where", "group", "by", "having", "order", "limit", "offset", "union", "all", "distinct", "as", "on",
        "join",
        "inner", "left", "right", "full", "cross", "outer", "natural", "using", "lateral", "and", "or", "not", "in", "exists", "between",
        "like",
        "ilike", "is", "null", "true", "false", "case", "when", "then", "else", "end", "cast", "over", "partition", "filter", "asc", "desc",
        "nulls", "intersect", "except", "recursive", "values", "table", "window", "fetch", "for", "escape", "similar", "rows", "range",
        "array",
        "row", "interval", "collate", "any", "some",
    ])

    func unexpected(_ expected: String) -> SQLRefusal {
        if case .word(let word) = token.kind, Self.changing.contains(word) {
            return SQLRefusal(message: "'\(word.uppercased())' is not accepted: statements may only read.", place: token.place)
        }
        return SQLRefusal(message: "expected \(expected); got \(token.described).", place: token.place)
    }

    mutating func name(_ what: String) throws(SQLRefusal) -> String {
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

    /// Takes the next token, an operator, and returns its place.
    mutating func takeOperator() throws(SQLRefusal) -> SQLPlace {
        operators += 1
        guard operators <= Self.maximumOperators else {
            throw SQLRefusal(message: "a statement may have at most \(Self.maximumOperators) operators.", place: token.place)
        }
        at += 1
        return tokens[at - 1].place
    }

    mutating func nested<Result>(_ body: (inout SQLParser) throws(SQLRefusal) -> Result) throws(SQLRefusal) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw SQLRefusal(message: "nested deeper than \(Self.maximumDepth) levels.", place: token.place)
        }
        return try body(&self)
    }
}

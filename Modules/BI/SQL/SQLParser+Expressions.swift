/// Parses expressions. The functions are ordered by precedence, from the operators that bind loosest to those that bind tightest.
extension SQLParser {
    mutating func expression() throws(SQLRefusal) -> SQLExpression {
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
                throw SQLRefusal(message: "a subquery is accepted in FROM, in EXISTS and after IN, but not as a value.", place: place)
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

    /// LEFT and RIGHT are join keywords and function names.
    private static func mayBeFunction(_ word: String) -> Bool { word == "left" || word == "right" || !reserved.contains(word) }

    private mutating func column(_ place: SQLPlace) throws(SQLRefusal) -> SQLExpression {
        let first = try name("a value")
        guard takeSign(".") else { return .column(table: nil, name: first, place) }
        let second = try name("a column")
        if isSign(".") || isSign("(") { throw SQLRefusal(message: "schemas are not accepted.", place: place) }
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
        "integer": .integer, "int": .integer, "bigint": .integer, "smallint": .integer, "double": .double, "real": .double,
        "float": .double,
        "numeric": .double, "decimal": .double, "text": .text, "varchar": .text, "boolean": .boolean, "bool": .boolean,
    ]

    private mutating func cast(_ place: SQLPlace) throws(SQLRefusal) -> SQLExpression {
        try needSign("(")
        let value = try expression()
        try need("as")
        guard case .word(let word) = token.kind, let type = Self.types[word] else {
            throw SQLRefusal(
                message: "CAST accepts integer, bigint, double precision, numeric, text and boolean; got \(token.described).",
                place: token.place)
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

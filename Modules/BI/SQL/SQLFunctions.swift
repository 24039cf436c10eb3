import Core

/// The functions that statements may call, each written so that both engines give the same result.
struct SQLFunctions {
    static let aggregates: Set<String> = ["count", "sum", "avg", "min", "max"]
    static let windows: Set<String> = ["row_number", "rank", "dense_rank", "lag", "lead"]
    static let scalars: Set<String> = [
        "lower", "upper", "length", "substr", "substring", "trim", "ltrim", "rtrim", "replace", "left", "right", "strpos", "starts_with",
        "split_part",
        "abs", "round", "floor", "ceil", "ceiling", "sqrt", "ln", "mod", "greatest", "least", "coalesce", "nullif", "json_text",
    ]
    static var names: [String] { (aggregates.union(windows).union(scalars)).sorted() }

    /// Maximum characters of a text that a statement builds.
    static let maximumText = 10_000
    /// Maximum characters that `replace` inserts for one match.
    static let maximumReplacement = 100
    /// Maximum digits for `round`. A double has no more significant digits than this.
    static let maximumDigits = 15

    typealias Value = (sql: SQL, type: SQLType)

    let dialect: Dialect
    let call: SQLCall
    let values: [Value]

    private func refusal(_ what: String) -> SQLRefusal { SQLRefusal(message: "\(call.name)() \(what)", place: call.place) }

    /// - Throws: if the call has fewer or more arguments, or contains `*`.
    private func need(_ count: ClosedRange<Int>) throws(SQLRefusal) {
        guard count.contains(values.count), !call.isStar else {
            let accepted = count.lowerBound == count.upperBound ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
            throw refusal("takes \(accepted) \(accepted == "1" ? "value" : "values"); got \(call.isStar ? "*" : String(values.count)).")
        }
    }

    private func text(_ index: Int) throws(SQLRefusal) -> SQL {
        guard values[index].type == .text || values[index].type == .null else {
            throw refusal("takes text as value \(index + 1); got \(values[index].type.words).")
        }
        return values[index].sql
    }

    private func number(_ index: Int) throws(SQLRefusal) -> SQL {
        guard values[index].type.isNumber else { throw refusal("takes a number as value \(index + 1); got \(values[index].type.words).") }
        return values[index].sql
    }

    private func double(_ index: Int) throws(SQLRefusal) -> SQL { "CAST(\(try number(index)) AS double precision)" }

    /// Compiles a whole-number argument from `minimum` to 1,000,000, the range that the engines' functions accept.
    /// - Throws: for a literal less than `minimum`. A computed value is raised to `minimum` instead.
    private func small(_ index: Int, atLeast minimum: Int = -1_000_000) throws(SQLRefusal) -> SQL {
        guard values[index].type == .integer else {
            throw refusal("takes a whole number as value \(index + 1); got \(values[index].type.words).")
        }
        if let literal = literal(index), literal < minimum {
            throw refusal("takes a whole number of at least \(minimum) as value \(index + 1); got \(literal).")
        }
        return "CAST(least(greatest(\(values[index].sql), \(minimum)), 1000000) AS integer)"
    }

    /// The argument if it is a literal whole number; else nil.
    private func literal(_ index: Int) -> Int64? {
        switch call.arguments[index] {
        case .integer(let number): number
        case .unary("-", .integer(let number), _): -number
        default: nil
        }
    }

    // MARK: Aggregates and windows

    func aggregate() throws(SQLRefusal) -> Value {
        if call.isStar || values.isEmpty {
            guard call.name == "count", !call.isDistinct else { throw refusal("takes 1 value; got \(call.isStar ? "*" : "none").") }
            return ("count(*)", .integer)
        }
        guard values.count == 1 else { throw refusal("takes 1 value; got \(values.count).") }
        let (value, type) = values[0], distinct = call.isDistinct ? "DISTINCT " : ""
        if call.name == "count" {
            guard type != .visitor || call.isDistinct else { throw refusal("takes a visitor only with DISTINCT.") }
            return ("count(\(sql: distinct)\(value))", .integer)
        }
        if call.name == "min" || call.name == "max" {
            if type == .text { return ("\(sql: call.name)(\(dialect.byCodePoints(value)))", .text) }
            _ = try number(0)
            return ("\(sql: call.name)(\(value))", type)
        }
        _ = try number(0)
        return ("\(sql: call.name)(\(sql: distinct)\(value))", call.name == "sum" ? type : .double)
    }

    /// Casts the result of `sum` and `avg` to a fixed type, because the engines return different types.
    static func settled(_ value: SQL, _ name: String, _ type: SQLType) -> SQL {
        guard name == "sum" || name == "avg" else { return value }
        return type == .integer ? "CAST(\(value) AS bigint)" : "CAST(\(value) AS double precision)"
    }

    func window() throws(SQLRefusal) -> Value {
        guard let window = call.window, !call.isStar, !call.isDistinct else { throw refusal("takes neither * nor DISTINCT.") }
        guard !window.order.isEmpty else { throw refusal("needs ORDER BY in its OVER.") }
        switch call.name {
        case "lag", "lead":
            try need(1...2)
            guard values[0].type != .visitor else { throw refusal("can't show a visitor.") }
            let distance = values.count > 1 ? try small(1, atLeast: 0) : "1"
            return ("\(sql: call.name)(\(values[0].sql), \(distance))", values[0].type)
        default:
            try need(0...0)
            return ("\(sql: call.name)()", .integer)
        }
    }

    // MARK: Scalar functions

    func scalar() throws(SQLRefusal) -> Value {
        guard !call.isStar, !call.isDistinct, call.filter == nil else { throw refusal("takes no *, DISTINCT or FILTER.") }
        switch call.name {
        case "lower":
            try need(1...1)
            return (Self.lowered(try text(0)), .text)
        case "upper":
            try need(1...1)
            return ("translate(\(try text(0)), 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')", .text)
        case "length":
            try need(1...1)
            return ("CAST(length(\(try text(0))) AS bigint)", .integer)
        case "trim":
            try need(1...1)
            return ("rtrim(ltrim(\(try text(0)), ' '), ' ')", .text)
        case "ltrim", "rtrim":
            try need(1...1)
            // Trim only spaces, because engines disagree about other white space.
            return ("\(sql: call.name)(\(try text(0)), ' ')", .text)
        case "substr", "substring":
            try need(2...3)
            return (try part(), .text)
        case "left", "right":
            try need(2...2)
            // A negative count means all characters except that many.
            return ("\"\(sql: call.name)\"(\(try text(0)), \(try small(1)))", .text)
        case "replace":
            try need(3...3)
            return (
                Self.clipped("replace(\(try text(0)), \(try text(1)), \"left\"(\(try text(2)), \(sql: String(Self.maximumReplacement))))"),
                .text
            )
        case "strpos":
            try need(2...2)
            return ("CAST(strpos(\(try text(0)), \(try text(1))) AS bigint)", .integer)
        case "starts_with":
            try need(2...2)
            return ("starts_with(\(try text(0)), \(try text(1)))", .boolean)
        case "split_part":
            try need(3...3)
            // With an empty separator, one engine splits the text into characters and the other doesn't split it, so the result is null.
            guard literal(2) != 0 else { throw refusal("counts parts from the start with 1, or from the end with -1; got 0.") }
            return ("split_part(\(try text(0)), nullif(\(try text(1)), ''), nullif(\(try small(2)), 0))", .text)
        case "json_text": return try jsonText()
        case "coalesce", "greatest", "least", "nullif": return try choice()
        default: return try arithmetic()
        }
    }

    private func arithmetic() throws(SQLRefusal) -> Value {
        switch call.name {
        case "abs":
            try need(1...1)
            return ("abs(\(try number(0)))", values[0].type)
        case "round":
            try need(1...2)
            return (dialect.rounded(try double(0), digits: values.count > 1 ? try roundingDigits() : 0), .double)
        case "floor", "ceil", "ceiling":
            try need(1...1)
            return ("\(sql: call.name == "floor" ? "floor" : "ceil")(\(try double(0)))", .double)
        case "sqrt":
            try need(1...1)
            return ("CASE WHEN \(try number(0)) >= 0 THEN sqrt(\(try double(0))) END", .double)
        case "ln":
            try need(1...1)
            return ("CASE WHEN \(try number(0)) > 0 THEN ln(\(try double(0))) END", .double)
        case "mod":
            try need(2...2)
            guard values.allSatisfy({ $0.type == .integer }) else { throw refusal("takes whole numbers.") }
            return ("((\(values[0].sql)) % nullif(\(values[1].sql), 0))", .integer)
        default: throw refusal("is not accepted; accepted are \(Self.names.joined(separator: ", ")).")
        }
    }

    private func roundingDigits() throws(SQLRefusal) -> Int {
        guard let digits = literal(1), abs(digits) <= Self.maximumDigits else {
            throw refusal(
                "takes a literal whole number of digits from -\(Self.maximumDigits) to \(Self.maximumDigits); "
                    + "got \(literal(1).map(String.init) ?? "something else").")
        }
        return Int(digits)
    }

    /// Compiles `substr`. Positions before the first character count towards the length, but contribute no characters.
    private func part() throws(SQLRefusal) -> SQL {
        guard values.count == 3 else { return "substr(\(try text(0)), greatest(\(try small(1)), 1))" }
        let start = try small(1), length = try small(2, atLeast: 0)
        // DuckDB would count a negative start from the end.
        return dialect == .postgresql
            ? "substr(\(try text(0)), \(start), \(length))"
            : "substr(\(try text(0)), greatest(\(start), 1), greatest(\(length) + least(\(start), 1) - 1, 0))"
    }

    private func choice() throws(SQLRefusal) -> Value {
        try need(call.name == "nullif" ? 2...2 : 1...20)
        guard let type = SQLCompiler.common(values.map(\.type)) else {
            throw refusal("takes values of one type; got \(values.map(\.type.words).joined(separator: ", ")).")
        }
        guard type != .visitor else { throw refusal("can't take a visitor.") }
        let list = SQL.joined(values.map { $0.type == .text && dialect == .postgresql ? dialect.byCodePoints($0.sql) : $0.sql })
        return ("\(sql: call.name)(\(list))", call.name == "nullif" ? values[0].type : type)
    }

    /// Compiles the reading of an event's property. A dot in the name selects a member of an object, as in segment and funnel conditions.
    private func jsonText() throws(SQLRefusal) -> Value {
        guard values.count >= 2, case .column(_, "data", _) = call.arguments[0] else {
            throw refusal(
                "takes the data column of events and the path of a property: json_text(data, 'plan'), json_text(data, 'order.id').")
        }
        var steps: [String] = []
        for argument in call.arguments.dropFirst() {
            guard case .text(let name) = argument else { throw refusal("takes names in single quotes.") }
            steps.append(name)
        }
        return (dialect.jsonText(values[0].sql, PropertyPath(steps)), .text)
    }

    static func lowered(_ text: SQL) -> SQL { "translate(\(text), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')" }
    static func clipped(_ text: SQL) -> SQL { "\"left\"(\(text), \(sql: String(maximumText)))" }
}

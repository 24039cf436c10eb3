import Core

/// Compiles the expressions of a `SELECT` and checks their types.
extension SQLCoreCompiler {
    /// The place of an expression in the statement. The place decides what the expression may contain.
    enum Context { case row, output, having, aggregate }

    func render(_ expression: SQLExpression, _ context: Context, _ subquery: Subquery) throws(SQLRefusal) -> SQLFunctions.Value {
        func again(_ part: SQLExpression) throws(SQLRefusal) -> SQLFunctions.Value { try render(part, context, subquery) }
        switch expression {
        case .text(let text): return ("\(text)", .text)
        case .integer(let number): return ("\(number)", .integer)
        case .decimal(let number): return ("\(number)", .double)
        case .boolean(let boolean): return (boolean ? "TRUE" : "FALSE", .boolean)
        case .null: return ("NULL", .null)
        case .project: return ("\(project)", .text)
        case .column(let own, let key, _): return ("\(sql: own ?? "").\"\(sql: key)\"", column(own ?? "", key)?.type ?? .null)
        case .unary(let sign, let value, let place): return try unary(sign, try again(value), place)
        case .binary(let sign, let left, let right, let place): return try binary(sign, try again(left), try again(right), place)
        case .isNull(let value, let negated): return ("(\(try again(value).sql) IS \(sql: negated ? "NOT " : "")NULL)", .boolean)
        case .inList(let value, let list, let negated, let place):
            let subject = try again(value)
            var elements: [SQLFunctions.Value] = []
            for element in list { elements.append(try again(element)) }
            try Self.compare([subject] + elements, "IN", place)
            return ("(\(subject.sql) \(sql: negated ? "NOT " : "")IN (\(SQL.joined(elements.map(\.sql)))))", .boolean)
        case .inSelect(let value, let select, let negated, let place):
            let subject = try again(value), (query, outputs) = try subquery(select)
            guard outputs.count == 1 else {
                throw SQLRefusal(message: "the subquery after IN must have 1 column; it has \(outputs.count).", place: place)
            }
            try Self.compare([subject, ("", outputs[0].type)], "IN", place)
            return ("(\(subject.sql) \(sql: negated ? "NOT " : "")IN (\(query)))", .boolean)
        case .exists(let select): return ("EXISTS (\(try subquery(select).0))", .boolean)
        case .between(let value, let low, let high, let negated, let place):
            let all = [try again(value), try again(low), try again(high)]
            try Self.compare(all, "BETWEEN", place, ordered: true)
            return ("(\(ordered(all[0])) \(sql: negated ? "NOT " : "")BETWEEN \(all[1].sql) AND \(all[2].sql))", .boolean)
        case .like(let value, let pattern, let negated, let ignoresCase, let place):
            let subject = try again(value), pattern = try again(pattern)
            guard [.text, .null].contains(subject.type), [.text, .null].contains(pattern.type) else {
                throw SQLRefusal(message: "LIKE compares text; got \(subject.type.words) and \(pattern.type.words).", place: place)
            }
            let sides = ignoresCase ? [SQLFunctions.lowered(subject.sql), SQLFunctions.lowered(pattern.sql)] : [subject.sql, pattern.sql]
            // LIKE has no escape character here, regardless of the engine's default.
            return ("(\(sides[0]) \(sql: negated ? "NOT " : "")LIKE replace(\(sides[1]), '!', '!!') ESCAPE '!')", .boolean)
        case .conditional(let operand, let cases, let otherwise, let place):
            return try conditional(operand.map { value throws(SQLRefusal) in try again(value) }, cases, otherwise, place, again)
        case .cast(let value, let type, let place): return (try cast(try again(value), type, place), type)
        case .call(let call): return try self.call(call, context, subquery)
        }
    }

    private func unary(_ sign: String, _ value: SQLFunctions.Value, _ place: SQLPlace) throws(SQLRefusal) -> SQLFunctions.Value {
        if sign == "NOT" {
            guard [.boolean, .null].contains(value.type) else {
                throw SQLRefusal(message: "NOT takes a condition; got \(value.type.words).", place: place)
            }
            return ("(NOT \(value.sql))", .boolean)
        }
        guard value.type.isNumber else { throw SQLRefusal(message: "'-' takes a number; got \(value.type.words).", place: place) }
        return ("(- \(value.sql))", value.type)
    }

    private func binary(
        _ sign: String, _ left: SQLFunctions.Value, _ right: SQLFunctions.Value, _ place: SQLPlace
    ) throws(SQLRefusal) -> SQLFunctions.Value {
        func refusal(_ accepted: String) -> SQLRefusal {
            SQLRefusal(message: "'\(sign)' takes \(accepted); got \(left.type.words) and \(right.type.words).", place: place)
        }
        switch sign {
        case "AND", "OR":
            guard [left.type, right.type].allSatisfy({ $0 == .boolean || $0 == .null }) else { throw refusal("conditions") }
            return ("(\(left.sql) \(sql: sign) \(right.sql))", .boolean)
        case "||":
            guard [left.type, right.type].allSatisfy({ $0 == .text || $0 == .null }) else { throw refusal("text") }
            return (SQLFunctions.clipped("(\(left.sql) || \(right.sql))"), .text)
        case "=", "<>", "<", "<=", ">", ">=":
            try Self.compare([left, right], "'\(sign)'", place, ordered: sign != "=" && sign != "<>")
            return ("(\(ordered(left)) \(sql: sign) \(right.sql))", .boolean)
        default:
            guard left.type.isNumber, right.type.isNumber else { throw refusal("numbers") }
            if sign == "/" {
                return ("(CAST(\(left.sql) AS double precision) / nullif(CAST(\(right.sql) AS double precision), 0))", .double)
            }
            if sign == "%" {
                guard left.type == .integer, right.type == .integer else { throw refusal("whole numbers") }
                return ("(\(left.sql) % nullif(\(right.sql), 0))", .integer)
            }
            return ("(\(left.sql) \(sql: sign) \(right.sql))", SQLCompiler.common([left.type, right.type]) ?? .double)
        }
    }

    /// Returns the left operand of a comparison. Text is compared by code points, regardless of the database's collation.
    private func ordered(_ value: SQLFunctions.Value) -> SQL {
        [.text, .null].contains(value.type) ? dialect.byCodePoints(value.sql) : value.sql
    }

    private static func compare(_ values: [SQLFunctions.Value], _ what: String, _ place: SQLPlace, ordered: Bool = false) throws(SQLRefusal)
    {
        guard let type = SQLCompiler.common(values.map(\.type)) else {
            let words = values.map(\.type.words).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            throw SQLRefusal(message: "\(what) compares values of one type; got \(words.joined(separator: " and ")).", place: place)
        }
        guard type != .visitor || !ordered else { throw SQLCompiler.hiddenVisitor(place) }
    }

    private func conditional(
        _ operand: SQLFunctions.Value?, _ cases: [SQLCase], _ otherwise: SQLExpression?, _ place: SQLPlace,
        _ render: (SQLExpression) throws(SQLRefusal) -> SQLFunctions.Value
    ) throws(SQLRefusal) -> SQLFunctions.Value {
        var parts: [SQL] = [], types: [SQLType] = []
        for each in cases {
            let condition = try render(each.condition), result = try render(each.result)
            if let operand {
                try Self.compare([operand, condition], "CASE", place)
            } else if condition.type != .boolean, condition.type != .null {
                throw SQLRefusal(message: "WHEN takes a condition; got \(condition.type.words).", place: place)
            }
            parts.append("WHEN \(condition.sql) THEN \(result.sql)")
            types.append(result.type)
        }
        if let otherwise {
            let value = try render(otherwise)
            parts.append("ELSE \(value.sql)")
            types.append(value.type)
        }
        guard let type = SQLCompiler.common(types), type != .visitor else {
            throw SQLRefusal(
                message: "the results of CASE must be of one type; got \(types.map(\.words).joined(separator: ", ")).", place: place)
        }
        return ("CASE \(operand?.sql ?? "") \(SQL.joined(parts, separator: " ")) END", type)
    }

    private func cast(_ value: SQLFunctions.Value, _ type: SQLType, _ place: SQLPlace) throws(SQLRefusal) -> SQL {
        switch (value.type, type) {
        case (.null, _): return "CAST(NULL AS \(sql: Self.typeName(type)))"
        case (.integer, .integer), (.double, .double), (.text, .text), (.boolean, .boolean): return value.sql
        case (.double, .integer): return dialect.nearestInteger(value.sql)
        case (.text, .integer): return dialect.integer(value.sql)
        case (.boolean, .integer): return "CASE WHEN \(value.sql) THEN 1 WHEN NOT \(value.sql) THEN 0 END"
        case (.integer, .double): return "CAST(\(value.sql) AS double precision)"
        case (.text, .double): return dialect.number(value.sql)
        case (.integer, .text): return "CAST(\(value.sql) AS text)"
        case (.boolean, .text): return "CASE WHEN \(value.sql) THEN 'true' WHEN NOT \(value.sql) THEN 'false' END"
        case (.integer, .boolean): return "(\(value.sql) <> 0)"
        default: throw SQLRefusal(message: "\(value.type.words) can't be cast to \(type.words).", place: place)
        }
    }

    private static func typeName(_ type: SQLType) -> String {
        switch type {
        case .integer: "bigint"
        case .double: "double precision"
        case .boolean: "boolean"
        case .text, .visitor, .null: "text"
        }
    }

    private func call(_ call: SQLCall, _ context: Context, _ subquery: Subquery) throws(SQLRefusal) -> SQLFunctions.Value {
        let isAggregate = SQLFunctions.aggregates.contains(call.name), isWindow = SQLFunctions.windows.contains(call.name)
        guard isAggregate || isWindow || SQLFunctions.scalars.contains(call.name) else {
            throw SQLRefusal(
                message:
                    "the function '\(call.name.excerpt(40))' is not accepted; accepted are \(SQLFunctions.names.joined(separator: ", ")).",
                place: call.place)
        }
        var inner = context
        if call.window != nil {
            guard context == .output else { throw SQLRefusal(message: "OVER is accepted only in SELECT and ORDER BY.", place: call.place) }
            guard isAggregate || isWindow else { throw SQLRefusal(message: "\(call.name)() has no OVER.", place: call.place) }
            guard !call.isDistinct else { throw SQLRefusal(message: "DISTINCT is not accepted with OVER.", place: call.place) }
        } else if isWindow {
            throw SQLRefusal(message: "\(call.name)() needs OVER.", place: call.place)
        } else if isAggregate {
            guard context == .output || context == .having else {
                let why =
                    context == .row ? "an aggregate is not accepted in WHERE or ON" : "an aggregate is not accepted inside another one"
                throw SQLRefusal(message: why + ".", place: call.place)
            }
            inner = .aggregate
        }
        var values: [SQLFunctions.Value] = []
        for argument in call.arguments { values.append(try render(argument, inner, subquery)) }
        // Sum the stored whole millionths and divide once. Summing units would add up binary rounding errors.
        let isExact = ["sum", "avg"].contains(call.name) && values.count == 1 && isStoredInMillionths(call.arguments[0])
        if isExact { values[0] = ("CAST(round(\(values[0].sql) * 1000000.0) AS bigint)", .double) }
        let functions = SQLFunctions(dialect: dialect, call: call, values: values)
        guard isAggregate || isWindow else { return try functions.scalar() }
        var (sql, type) = isAggregate ? try functions.aggregate() : try functions.window()
        if let filter = call.filter {
            guard isAggregate else { throw SQLRefusal(message: "\(call.name)() has no FILTER.", place: call.place) }
            let condition = try render(filter, .aggregate, subquery)
            guard condition.type == .boolean else {
                throw SQLRefusal(message: "FILTER takes a condition; got \(condition.type.words).", place: call.place)
            }
            sql = "\(sql) FILTER (WHERE \(condition.sql))"
        }
        if let window = call.window { sql = "\(sql) OVER (\(try over(window, call.place, subquery)))" }
        let settled = SQLFunctions.settled(sql, call.name, type)
        return (isExact ? "(\(settled) / 1000000.0)" : settled, type)
    }

    private func over(_ window: SQLWindow, _ place: SQLPlace, _ subquery: Subquery) throws(SQLRefusal) -> SQL {
        var parts: [SQL] = []
        if !window.partition.isEmpty {
            var keys: [SQL] = []
            for value in window.partition { keys.append(try windowKey(value, place, subquery).sql) }
            parts.append("PARTITION BY \(SQL.joined(keys))")
        }
        if !window.order.isEmpty {
            var keys: [SQL] = []
            for order in window.order {
                let (sql, type) = try windowKey(order.expression, place, subquery)
                guard type != .visitor else { throw SQLCompiler.hiddenVisitor(place) }
                let direction = (order.isDescending ? " DESC" : "") + (order.nullsFirst ? " NULLS FIRST" : " NULLS LAST")
                keys.append("\(type == .text ? dialect.byCodePoints(sql) : sql)\(sql: direction)")
            }
            parts.append("ORDER BY \(SQL.joined(keys))")
        }
        return SQL.joined(parts, separator: " ")
    }

    /// Compiles a key of PARTITION BY or ORDER BY inside OVER.
    /// - Throws: if the key itself contains OVER.
    private func windowKey(_ value: SQLExpression, _ place: SQLPlace, _ subquery: Subquery) throws(SQLRefusal) -> SQLFunctions.Value {
        guard !value.hasWindow else { throw SQLRefusal(message: "OVER is not accepted inside OVER.", place: place) }
        return try render(value, isGrouped ? .having : .row, subquery)
    }
}

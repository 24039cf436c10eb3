import Core

/// Compiles one `SELECT ... FROM ... WHERE ... GROUP BY ... HAVING`: finds what its names mean, checks types and grouping.
struct SQLCoreCompiler {
    typealias Subquery = (SQLSelect) throws(SQLRefusal) -> (SQL, [SQLCompiler.Output])

    let core: SQLSelect.Core
    let dialect: Dialect
    let project: String
    /// Rows at most of the whole answer.
    let limit: Int
    var source: SQL?
    /// Characters of the texts that it makes for each row.
    private(set) var textLength = 0
    private var relations: [(alias: String, own: String, relation: SQLCompiler.Relation)] = []
    /// What is selected, with columns resolved.
    private var items: [(expression: SQLExpression, name: String, place: SQLPlace)] = []
    private var keys: [SQLExpression] = []
    private var isGrouped = false

    init(core: SQLSelect.Core, dialect: Dialect, project: String, limit: Int) {
        self.core = core
        self.dialect = dialect
        self.project = project
        self.limit = limit
    }

    // MARK: Names

    /// Our names for what it reads from.
    var aliases: [String] { relations.map(\.own) }

    mutating func add(_ relation: SQLCompiler.Relation, as alias: String, named own: String, _ place: SQLPlace) throws(SQLRefusal) -> String {
        guard !relations.contains(where: { $0.alias == alias }) else {
            throw SQLRefusal(what: "the name '\(alias.excerpt(40))' stands for two things; give one another name with AS.", place: place)
        }
        relations.append((alias, own, relation))
        return own
    }

    /// The tree with our names in place of the author's.
    private func resolved(_ expression: SQLExpression) throws(SQLRefusal) -> SQLExpression {
        do {
            return try expression.rewritten { part in
                guard case .column(let table, let name, let place) = part else { return nil }
                return try find(table, name, place)
            }
        } catch let refusal as SQLRefusal { throw refusal } catch { preconditionFailure("only refusals are thrown") }
    }

    private func find(_ table: String?, _ name: String, _ place: SQLPlace) throws(SQLRefusal) -> SQLExpression {
        let candidates = relations.filter { table == nil || $0.alias == table }
        if let table, candidates.isEmpty { throw SQLRefusal(what: "there is no '\(table.excerpt(40))' in FROM.", place: place) }
        let found = candidates.flatMap { candidate in candidate.relation.columns.filter { $0.name == name }.map { (candidate.own, $0.key) } }
        guard let first = found.first else {
            let known = candidates.flatMap { $0.relation.columns.map(\.name) }
            throw SQLRefusal(
                what: "there is no column '\(name.excerpt(40))'"
                    + (known.isEmpty ? "." : "; accepted are \(known.prefix(40).joined(separator: ", "))."), place: place)
        }
        guard found.count == 1 else { throw SQLRefusal(what: "'\(name.excerpt(40))' may be a column of two tables; write table.column.", place: place) }
        return .column(table: first.0, name: first.1, place)
    }

    private func column(_ own: String, _ key: String) -> SQLCompiler.Relation.Column? {
        relations.first { $0.own == own }?.relation.columns.first { $0.key == key }
    }

    /// Counts the texts that an expression makes, and answers how long its value may be.
    @discardableResult
    private mutating func measure(_ expression: SQLExpression) -> Int {
        var lengths = SQLTextLengths { [self] own, key in column(own, key)?.length ?? 0 }
        let length = lengths.add(expression)
        textLength += lengths.made
        return length
    }

    // MARK: SELECT

    mutating func select(isTop: Bool, subquery: Subquery) throws(SQLRefusal) -> (SQL, [SQLCompiler.Output]) {
        try expandItems()
        let shown = min(SQLCompiler.maximumShownText, SQLCompiler.maximumAnswer / max(1, limit * items.count))
        let groups = try group()
        let having = try core.having.map { value throws(SQLRefusal) in try resolved(value) }
        isGrouped = !groups.isEmpty || having != nil || items.contains { $0.expression.aggregates }
        var parts: [SQL] = [], outputs: [SQLCompiler.Output] = []
        for (index, item) in items.enumerated() {
            if isGrouped { try checkGrouped(item.expression, isWhole: true) }
            let (sql, type) = try render(item.expression, .output, subquery)
            guard type != .null else { throw SQLRefusal(what: "NULL needs a type here; write CAST(NULL AS text).", place: item.place) }
            guard type != .visitor || !isTop else { throw SQLCompiler.hiddenVisitor(item.place) }
            let length = measure(item.expression)
            if isTop { textLength += min(length, shown) }
            var value = type == .text ? dialect.byCodePoint(isTop ? "\"left\"(\(sql), \(sql: String(shown)))" : sql) : sql
            // Bound values of one column must be of one type in all rows of a UNION.
            if type == .integer { value = "CAST(\(sql) AS bigint)" }
            parts.append("\(value) AS c\(sql: String(index + 1))")
            outputs.append(.init(name: item.name, type: type, length: length))
        }
        var query: SQL = "SELECT \(sql: core.isDistinct ? "DISTINCT " : "")\(SQL.joined(parts))"
        if let source { query = "\(query) FROM \(source)" }
        if let condition = core.condition { query = "\(query) WHERE \(try restriction(condition, subquery))" }
        if !groups.isEmpty { query = "\(query) GROUP BY \(SQL.joined(groups))" }
        if let having {
            try checkGrouped(having, isWhole: false)
            measure(having)
            let (sql, type) = try render(having, .having, subquery)
            guard type == .boolean else { throw SQLRefusal(what: "HAVING takes a condition; got \(type.words).", place: core.place) }
            query = "\(query) HAVING \(sql)"
        }
        return (query, outputs)
    }

    private mutating func restriction(_ condition: SQLExpression, _ subquery: Subquery) throws(SQLRefusal) -> SQL {
        let value = try resolved(condition)
        measure(value)
        let (sql, type) = try render(value, .row, subquery)
        guard type == .boolean || type == .null else { throw SQLRefusal(what: "WHERE takes a condition; got \(type.words).", place: core.place) }
        return sql
    }

    private mutating func expandItems() throws(SQLRefusal) {
        for item in core.items {
            switch item {
            case .star(let table, let place):
                let chosen = relations.filter { table == nil || $0.alias == table }
                guard !chosen.isEmpty else { throw SQLRefusal(what: "'*' needs something in FROM.", place: place) }
                for relation in chosen {
                    for column in relation.relation.columns where !column.isHidden && column.type != .visitor {
                        items.append((.column(table: relation.own, name: column.key, place), column.name, place))
                    }
                    try checkCount()
                }
            case .expression(let expression, let alias, let place):
                items.append((try resolved(expression), alias ?? Self.name(of: expression, items.count + 1), place))
                try checkCount()
            }
        }
        guard !items.isEmpty else { throw SQLRefusal(what: "'*' has no column here that may be shown.", place: core.place) }
        // Names of an answer differ, as rows are objects.
        var met: Set<String> = []
        for index in items.indices {
            var name = items[index].name, number = 2
            while !met.insert(name).inserted {
                name = "\(items[index].name)_\(number)"
                number += 1
            }
            items[index].name = name
        }
    }

    /// At each step: a statement may hold two thousand stars.
    private func checkCount() throws(SQLRefusal) {
        guard items.count <= SQLCompiler.maximumColumns else {
            throw SQLRefusal(what: "an answer has at most \(SQLCompiler.maximumColumns) columns.", place: core.place)
        }
    }

    private static func name(of expression: SQLExpression, _ number: Int) -> String {
        switch expression {
        case .column(_, let name, _): name
        case .call(let call): call.name
        default: "column\(number)"
        }
    }

    // MARK: Grouping

    private mutating func group() throws(SQLRefusal) -> [SQL] {
        var groups: [SQL] = []
        for expression in core.groups {
            if let index = try groupedItem(expression) {
                let value = items[index].expression
                guard !value.aggregates, !value.hasWindow else { throw SQLRefusal(what: "GROUP BY can't name an aggregate.", place: items[index].place) }
                keys.append(value)
                // By its number, as the values in it are bound anew wherever it is written.
                groups.append(Self.column(value) ?? "\(sql: String(index + 1))")
                continue
            }
            let value = try resolved(expression)
            guard let column = Self.column(value) else {
                throw SQLRefusal(what: "GROUP BY names a column, or something that is selected in the same words.", place: core.place)
            }
            keys.append(value)
            groups.append(column)
        }
        return groups
    }

    private static func column(_ value: SQLExpression) -> SQL? {
        if case .column(let own?, let key, _) = value { "\(sql: own).\"\(sql: key)\"" } else { nil }
    }

    private func groupedItem(_ expression: SQLExpression) throws(SQLRefusal) -> Int? {
        if case .integer(let number) = expression {
            guard (1...Int64(items.count)).contains(number) else {
                throw SQLRefusal(what: "GROUP BY \(number): the answer has \(items.count) columns.", place: core.place)
            }
            return Int(number) - 1
        }
        if case .column(nil, let name, _) = expression, !relations.contains(where: { $0.relation.columns.contains { $0.name == name } }) {
            return items.firstIndex { $0.name == name }
        }
        let value = try resolved(expression)
        return items.firstIndex { $0.expression == value }
    }

    /// - Parameter isWhole: an expression that is grouped by may stand only as a whole, as its values are bound anew where it is repeated.
    private func checkGrouped(_ expression: SQLExpression, isWhole: Bool) throws(SQLRefusal) {
        if isWhole, keys.contains(expression) { return }
        var missing: (String, SQLPlace)?
        _ = expression.rewritten { part in
            if case .call(let call) = part, call.window == nil, SQLFunctions.aggregates.contains(call.name) { return part }
            if case .column(_, let name, let place) = part {
                if !keys.contains(part), missing == nil { missing = (name, place) }
                return part
            }
            return nil
        }
        if let (name, place) = missing {
            throw SQLRefusal(what: "the column '\(shown(name, place))' must be in GROUP BY or inside an aggregate.", place: place)
        }
    }

    /// The name that the author used for a column of ours.
    private func shown(_ key: String, _ place: SQLPlace) -> String {
        relations.flatMap { $0.relation.columns }.first { $0.key == key }?.name ?? key
    }

    // MARK: ORDER BY and ON

    /// The column of the answer that is the same expression.
    func index(of expression: SQLExpression) throws(SQLRefusal) -> Int? {
        let value = try resolved(expression)
        return items.firstIndex { $0.expression == value }
    }

    mutating func orderValue(_ expression: SQLExpression) throws(SQLRefusal) -> SQL {
        let value = try resolved(expression)
        measure(value)
        if isGrouped { try checkGrouped(value, isWhole: false) }
        let (sql, type) = try render(value, .output) { _ throws(SQLRefusal) in
            throw SQLRefusal(what: "ORDER BY takes no subquery.", place: core.place)
        }
        guard type != .visitor else { throw SQLCompiler.hiddenVisitor(core.place) }
        return type == .text ? dialect.byCodePoint(sql) : sql
    }

    /// The condition, and whether it binds the two sides to each other.
    mutating func joinCondition(_ expression: SQLExpression, left: Set<String>) throws(SQLRefusal) -> (SQL, Bool) {
        let value = try resolved(expression)
        measure(value)
        let (sql, type) = try render(value, .row) { _ throws(SQLRefusal) in
            throw SQLRefusal(what: "ON takes no subquery.", place: core.place)
        }
        guard type == .boolean else { throw SQLRefusal(what: "ON takes a condition; got \(type.words).", place: core.place) }
        return (sql, Self.binds(value, left))
    }

    private static func binds(_ expression: SQLExpression, _ left: Set<String>) -> Bool {
        switch expression {
        case .binary("AND", let a, let b, _): binds(a, left) || binds(b, left)
        case .binary("=", .column(let a?, let name, _), .column(let b?, _, _), _): name != "project_id" && left.contains(a) != left.contains(b)
        default: false
        }
    }

    // MARK: Expressions

    enum Context { case row, output, having, aggregate }

    private func render(_ expression: SQLExpression, _ context: Context, _ subquery: Subquery) throws(SQLRefusal) -> SQLFunctions.Value {
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
            guard outputs.count == 1 else { throw SQLRefusal(what: "the subquery behind IN has \(outputs.count) columns; 1 is accepted.", place: place) }
            try Self.compare([subject, ("", outputs[0].type)], "IN", place)
            return ("(\(subject.sql) \(sql: negated ? "NOT " : "")IN (\(query)))", .boolean)
        case .exists(let select): return ("EXISTS (\(try subquery(select).0))", .boolean)
        case .between(let value, let low, let high, let negated, let place):
            let all = [try again(value), try again(low), try again(high)]
            try Self.compare(all, "BETWEEN", place, ordered: true)
            return ("(\(all[0].sql) \(sql: negated ? "NOT " : "")BETWEEN \(all[1].sql) AND \(all[2].sql))", .boolean)
        case .like(let value, let pattern, let negated, let ignoresCase, let place):
            let subject = try again(value), pattern = try again(pattern)
            guard [.text, .null].contains(subject.type), [.text, .null].contains(pattern.type) else {
                throw SQLRefusal(what: "LIKE compares texts; got \(subject.type.words) and \(pattern.type.words).", place: place)
            }
            let sides = ignoresCase ? [SQLFunctions.lowered(subject.sql), SQLFunctions.lowered(pattern.sql)] : [subject.sql, pattern.sql]
            // No sign takes the meaning from another, whatever the engine's default.
            return ("(\(sides[0]) \(sql: negated ? "NOT " : "")LIKE replace(\(sides[1]), '!', '!!') ESCAPE '!')", .boolean)
        case .conditional(let operand, let cases, let otherwise, let place):
            return try conditional(operand.map { value throws(SQLRefusal) in try again(value) }, cases, otherwise, place, again)
        case .cast(let value, let type, let place): return (try cast(try again(value), type, place), type)
        case .call(let call): return try self.call(call, context, subquery)
        }
    }

    private func unary(_ sign: String, _ value: SQLFunctions.Value, _ place: SQLPlace) throws(SQLRefusal) -> SQLFunctions.Value {
        if sign == "NOT" {
            guard [.boolean, .null].contains(value.type) else { throw SQLRefusal(what: "NOT takes a condition; got \(value.type.words).", place: place) }
            return ("(NOT \(value.sql))", .boolean)
        }
        guard value.type.isNumber else { throw SQLRefusal(what: "'-' takes a number; got \(value.type.words).", place: place) }
        return ("(- \(value.sql))", value.type)
    }

    private func binary(
        _ sign: String, _ left: SQLFunctions.Value, _ right: SQLFunctions.Value, _ place: SQLPlace
    ) throws(SQLRefusal) -> SQLFunctions.Value {
        func refusal(_ accepted: String) -> SQLRefusal {
            SQLRefusal(what: "'\(sign)' takes \(accepted); got \(left.type.words) and \(right.type.words).", place: place)
        }
        switch sign {
        case "AND", "OR":
            guard [left.type, right.type].allSatisfy({ $0 == .boolean || $0 == .null }) else { throw refusal("conditions") }
            return ("(\(left.sql) \(sql: sign) \(right.sql))", .boolean)
        case "||":
            guard [left.type, right.type].allSatisfy({ $0 == .text || $0 == .null }) else { throw refusal("texts") }
            return (SQLFunctions.clipped("(\(left.sql) || \(right.sql))"), .text)
        case "=", "<>", "<", "<=", ">", ">=":
            try Self.compare([left, right], "'\(sign)'", place, ordered: sign != "=" && sign != "<>")
            return ("(\(left.sql) \(sql: sign) \(right.sql))", .boolean)
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

    private static func compare(_ values: [SQLFunctions.Value], _ what: String, _ place: SQLPlace, ordered: Bool = false) throws(SQLRefusal) {
        guard let type = SQLCompiler.common(values.map(\.type)) else {
            let words = values.map(\.type.words).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            throw SQLRefusal(what: "\(what) compares values of one type; got \(words.joined(separator: " and ")).", place: place)
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
                throw SQLRefusal(what: "WHEN takes a condition; got \(condition.type.words).", place: place)
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
            throw SQLRefusal(what: "the results of CASE must be of one type; got \(types.map(\.words).joined(separator: ", ")).", place: place)
        }
        return ("CASE \(operand?.sql ?? "") \(SQL.joined(parts, separator: " ")) END", type)
    }

    private func cast(_ value: SQLFunctions.Value, _ type: SQLType, _ place: SQLPlace) throws(SQLRefusal) -> SQL {
        switch (value.type, type) {
        case (.null, _): return "CAST(NULL AS \(sql: Self.typeName(type)))"
        case (.integer, .integer), (.double, .double), (.text, .text), (.boolean, .boolean): return value.sql
        case (.double, .integer): return "CAST(trunc(\(value.sql)) AS bigint)"
        case (.text, .integer): return dialect.integer(value.sql)
        case (.boolean, .integer): return "CASE WHEN \(value.sql) THEN 1 WHEN NOT \(value.sql) THEN 0 END"
        case (.integer, .double): return "CAST(\(value.sql) AS double precision)"
        case (.text, .double): return dialect.number(value.sql)
        case (.integer, .text): return "CAST(\(value.sql) AS text)"
        case (.boolean, .text): return "CASE WHEN \(value.sql) THEN 'true' WHEN NOT \(value.sql) THEN 'false' END"
        case (.integer, .boolean): return "(\(value.sql) <> 0)"
        default: throw SQLRefusal(what: "\(value.type.words) can't be cast to \(type.words).", place: place)
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
                what: "the function '\(call.name.excerpt(40))' is not accepted; accepted are \(SQLFunctions.names.joined(separator: ", ")).", place: call.place)
        }
        var inner = context
        if call.window != nil {
            guard context == .output else { throw SQLRefusal(what: "OVER is possible only in what is selected or ordered by.", place: call.place) }
            guard isAggregate || isWindow else { throw SQLRefusal(what: "\(call.name)() has no OVER.", place: call.place) }
            guard !call.isDistinct else { throw SQLRefusal(what: "DISTINCT is not possible with OVER.", place: call.place) }
        } else if isWindow {
            throw SQLRefusal(what: "\(call.name)() needs OVER.", place: call.place)
        } else if isAggregate {
            guard context == .output || context == .having else {
                let why = context == .row ? "an aggregate is not possible in WHERE or ON" : "an aggregate is not possible inside another one"
                throw SQLRefusal(what: why + ".", place: call.place)
            }
            inner = .aggregate
        }
        var values: [SQLFunctions.Value] = []
        for argument in call.arguments { values.append(try render(argument, inner, subquery)) }
        let functions = SQLFunctions(dialect: dialect, call: call, values: values)
        guard isAggregate || isWindow else { return try functions.scalar() }
        var (sql, type) = isAggregate ? try functions.aggregate() : try functions.window()
        if let filter = call.filter {
            guard isAggregate else { throw SQLRefusal(what: "\(call.name)() has no FILTER.", place: call.place) }
            let condition = try render(filter, .aggregate, subquery)
            guard condition.type == .boolean else { throw SQLRefusal(what: "FILTER takes a condition; got \(condition.type.words).", place: call.place) }
            sql = "\(sql) FILTER (WHERE \(condition.sql))"
        }
        if let window = call.window { sql = "\(sql) OVER (\(try over(window, call.place, subquery)))" }
        return (SQLFunctions.settled(sql, call.name, type), type)
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
                keys.append("\(type == .text ? dialect.byCodePoint(sql) : sql)\(sql: direction)")
            }
            parts.append("ORDER BY \(SQL.joined(keys))")
        }
        return SQL.joined(parts, separator: " ")
    }

    /// A window inside a window is none.
    private func windowKey(_ value: SQLExpression, _ place: SQLPlace, _ subquery: Subquery) throws(SQLRefusal) -> SQLFunctions.Value {
        guard !value.hasWindow else { throw SQLRefusal(what: "OVER is not possible inside OVER.", place: place) }
        return try render(value, isGrouped ? .having : .row, subquery)
    }
}

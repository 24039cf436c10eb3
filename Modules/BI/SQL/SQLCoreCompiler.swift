import Core

/// Compiles one `SELECT ... FROM ... WHERE ... GROUP BY ... HAVING`: resolves its names, and checks types and grouping.
struct SQLCoreCompiler {
    typealias Subquery = (SQLSelect) throws(SQLRefusal) -> (SQL, [SQLCompiler.Output])

    let core: SQLSelect.Core
    let dialect: Dialect
    let project: String
    /// Maximum rows of the whole result.
    let limit: Int
    /// The prefix of its columns' names.
    let columns: String
    var source: SQL?
    /// Characters of all texts that this select builds for each row.
    private(set) var textLength = 0
    private var relations: [(alias: String, own: String, relation: SQLCompiler.Relation)] = []
    /// The selected expressions, with columns resolved.
    private var items: [(expression: SQLExpression, name: String, place: SQLPlace)] = []
    private var keys: [SQLExpression] = []
    private(set) var isGrouped = false

    init(core: SQLSelect.Core, dialect: Dialect, project: String, limit: Int, columns: String) {
        self.core = core
        self.dialect = dialect
        self.project = project
        self.limit = limit
        self.columns = columns
    }

    // MARK: Names

    /// The generated names of the relations in FROM.
    var aliases: [String] { relations.map(\.own) }

    mutating func add(_ relation: SQLCompiler.Relation, as alias: String, named own: String, _ place: SQLPlace) throws(SQLRefusal) -> String
    {
        guard !relations.contains(where: { $0.alias.isExactly(alias) }) else {
            throw SQLRefusal(message: "the name '\(alias.excerpt(40))' is used twice; rename one with AS.", place: place)
        }
        relations.append((alias, own, relation))
        return own
    }

    /// Returns the expression with generated column names in place of the author's.
    private func resolved(_ expression: SQLExpression) throws(SQLRefusal) -> SQLExpression {
        guard expression.renderedParts <= SQLCompiler.maximumParts else {
            throw SQLRefusal(
                message: "CAST, sqrt, ln and substr are nested too deeply; use a subquery for some of them.", place: core.place)
        }
        do {
            return try expression.rewritten { part in
                guard case .column(let table, let name, let place) = part else { return nil }
                return try find(table, name, place)
            }
        } catch let refusal as SQLRefusal { throw refusal } catch { preconditionFailure("only refusals are thrown") }
    }

    private func find(_ table: String?, _ name: String, _ place: SQLPlace) throws(SQLRefusal) -> SQLExpression {
        let candidates = relations.filter { relation in table.map { relation.alias.isExactly($0) } ?? true }
        if let table, candidates.isEmpty { throw SQLRefusal(message: "there is no '\(table.excerpt(40))' in FROM.", place: place) }
        let found = candidates.flatMap { candidate in
            candidate.relation.columns.filter { $0.name.isExactly(name) }.map { (candidate.own, $0.key) }
        }
        guard let first = found.first else {
            let accepted = candidates.flatMap { $0.relation.columns.map(\.name) }
            throw SQLRefusal(
                message: "there is no column '\(name.excerpt(40))'"
                    + (accepted.isEmpty ? "." : "; accepted are \(accepted.prefix(40).joined(separator: ", "))."), place: place)
        }
        guard found.count == 1 else {
            throw SQLRefusal(message: "'\(name.excerpt(40))' is ambiguous; write table.column.", place: place)
        }
        return .column(table: first.0, name: first.1, place)
    }

    func column(_ own: String, _ key: String) -> SQLCompiler.Relation.Column? {
        relations.first { $0.own == own }?.relation.columns.first { $0.key == key }
    }

    /// Whether the expression is just a column whose values are stored as whole millionths of a unit.
    func isStoredInMillionths(_ expression: SQLExpression) -> Bool {
        guard case .column(let own?, let key, _) = expression else { return false }
        return column(own, key)?.isStoredInMillionths == true
    }

    /// Adds the length of the text that an expression builds to `textLength`, and returns the maximum length of its value.
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
            guard type != .null else { throw SQLRefusal(message: "NULL needs a type here; write CAST(NULL AS text).", place: item.place) }
            guard type != .visitor || !isTop else { throw SQLCompiler.hiddenVisitor(item.place) }
            let length = measure(item.expression)
            if isTop { textLength += min(length, shown) }
            var value = type == .text ? dialect.byCodePoints(isTop ? "\"left\"(\(sql), \(sql: String(shown)))" : sql) : sql
            // A column needs the same type in all parts of a UNION, even if its values are bound.
            if type == .integer { value = "CAST(\(sql) AS bigint)" }
            let key = "\(columns)_\(index + 1)"
            parts.append("\(value) AS \(sql: key)")
            outputs.append(
                .init(
                    name: item.name, key: key, type: type, length: length, isStoredInMillionths: isStoredInMillionths(item.expression)))
        }
        var query: SQL = "SELECT \(sql: core.isDistinct ? "DISTINCT " : "")\(SQL.joined(parts))"
        if let source { query = "\(query) FROM \(source)" }
        if let condition = core.condition { query = "\(query) WHERE \(try restriction(condition, subquery))" }
        if !groups.isEmpty { query = "\(query) GROUP BY \(SQL.joined(groups))" }
        if let having {
            try checkGrouped(having, isWhole: false)
            measure(having)
            let (sql, type) = try render(having, .having, subquery)
            guard type == .boolean else { throw SQLRefusal(message: "HAVING takes a condition; got \(type.words).", place: core.place) }
            query = "\(query) HAVING \(sql)"
        }
        return (query, outputs)
    }

    private mutating func restriction(_ condition: SQLExpression, _ subquery: Subquery) throws(SQLRefusal) -> SQL {
        let value = try resolved(condition)
        measure(value)
        let (sql, type) = try render(value, .row, subquery)
        guard type == .boolean || type == .null else {
            throw SQLRefusal(message: "WHERE takes a condition; got \(type.words).", place: core.place)
        }
        return sql
    }

    private mutating func expandItems() throws(SQLRefusal) {
        for item in core.items {
            switch item {
            case .star(let table, let place):
                let chosen = relations.filter { relation in table.map { relation.alias.isExactly($0) } ?? true }
                guard !chosen.isEmpty else { throw SQLRefusal(message: "'*' must refer to a table in FROM.", place: place) }
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
        guard !items.isEmpty else { throw SQLRefusal(message: "'*' selects no column that may be shown here.", place: core.place) }
        // Column names must be unique, because rows are JSON objects.
        var used: Set<ExactText> = []
        for index in items.indices {
            var name = items[index].name, number = 2
            while !used.insert(ExactText(name)).inserted {
                name = "\(items[index].name)_\(number)"
                number += 1
            }
            items[index].name = name
        }
    }

    /// Checks the number of columns. This runs after each item, not only at the end, because a statement may contain thousands of `*`.
    private func checkCount() throws(SQLRefusal) {
        guard items.count <= SQLCompiler.maximumColumns else {
            throw SQLRefusal(message: "a result may have at most \(SQLCompiler.maximumColumns) columns.", place: core.place)
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
                guard !value.aggregates, !value.hasWindow else {
                    throw SQLRefusal(message: "GROUP BY can't name an aggregate.", place: items[index].place)
                }
                keys.append(value)
                // Group by number. Repeating the expression would bind its values again, as different parameters.
                groups.append(Self.column(value) ?? "\(sql: String(index + 1))")
                continue
            }
            let value = try resolved(expression)
            guard let column = Self.column(value) else {
                throw SQLRefusal(message: "GROUP BY must name a column, or repeat a selected expression.", place: core.place)
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
                throw SQLRefusal(
                    message: "GROUP BY \(number) is out of range: the result has \(items.count.counting("column")).", place: core.place)
            }
            return Int(number) - 1
        }
        if case .column(nil, let name, _) = expression,
            !relations.contains(where: { $0.relation.columns.contains { $0.name.isExactly(name) } })
        {
            return items.firstIndex { $0.name.isExactly(name) }
        }
        let value = try resolved(expression)
        return items.firstIndex { $0.expression == value }
    }

    /// Checks that every column outside an aggregate is in GROUP BY.
    /// - Parameter isWhole: whether the expression may itself be one of the GROUP BY expressions. Such an expression is accepted only as an
    ///   entire selected item, because repeating it elsewhere would bind its values again, as different parameters.
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
            throw SQLRefusal(message: "the column '\(shown(name, place))' must be in GROUP BY or inside an aggregate.", place: place)
        }
    }

    /// Returns the author's name of the column whose generated name is `key`.
    private func shown(_ key: String, _ place: SQLPlace) -> String {
        relations.flatMap { $0.relation.columns }.first { $0.key == key }?.name ?? key
    }

    // MARK: ORDER BY and ON

    /// Returns the index of the result's column that has the same expression; nil if there is none.
    func index(of expression: SQLExpression) throws(SQLRefusal) -> Int? {
        let value = try resolved(expression)
        return items.firstIndex { $0.expression == value }
    }

    mutating func orderValue(_ expression: SQLExpression) throws(SQLRefusal) -> SQL {
        let value = try resolved(expression)
        measure(value)
        if isGrouped { try checkGrouped(value, isWhole: false) }
        let (sql, type) = try render(value, .output) { _ throws(SQLRefusal) in
            throw SQLRefusal(message: "ORDER BY takes no subquery.", place: core.place)
        }
        guard type != .visitor else { throw SQLCompiler.hiddenVisitor(core.place) }
        return type == .text ? dialect.byCodePoints(sql) : sql
    }

    /// Compiles the condition of a join. The flag says whether the condition requires a column of one side to equal a column of the other;
    /// `project_id` doesn't count.
    mutating func joinCondition(_ expression: SQLExpression, left: Set<String>) throws(SQLRefusal) -> (SQL, Bool) {
        let value = try resolved(expression)
        measure(value)
        let (sql, type) = try render(value, .row) { _ throws(SQLRefusal) in
            throw SQLRefusal(message: "ON takes no subquery.", place: core.place)
        }
        guard type == .boolean else { throw SQLRefusal(message: "ON takes a condition; got \(type.words).", place: core.place) }
        return (sql, Self.binds(value, left))
    }

    private static func binds(_ expression: SQLExpression, _ left: Set<String>) -> Bool {
        switch expression {
        case .binary("AND", let a, let b, _): binds(a, left) || binds(b, left)
        case .binary("=", .column(let a?, let name, _), .column(let b?, _, _), _):
            name != "project_id" && left.contains(a) != left.contains(b)
        default: false
        }
    }
}

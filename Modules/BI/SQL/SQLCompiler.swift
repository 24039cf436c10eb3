import Core

/// Compiles a parsed statement into the SQL that runs. All names in that SQL are generated and all values are bound, so none of the
/// author's text remains.
struct SQLCompiler {
    /// Maximum datasets, common tables and subqueries that a statement may read. A dataset that is read twice counts twice.
    static let maximumSources = 12
    static let maximumColumns = 50
    /// Maximum parts of one expression in the compiled SQL.
    static let maximumParts = 20_000
    /// Maximum characters of a single text in the result, and of all texts together. If a result may have more than 31,250 texts, each
    /// text is cut shorter.
    static let maximumShownText = 2_048, maximumAnswer = 64_000_000

    /// A source of rows in FROM, with the author's names and the names that we generate.
    struct Relation {
        struct Column {
            let name: String
            let type: SQLType
            /// The generated name, without quotes.
            let key: String
            /// Whether `*` leaves the column out.
            var isHidden = false
            /// Maximum characters; 0 unless the column is text.
            var length = 0
            /// Whether the values are stored as whole millionths of a unit.
            var isStoredInMillionths = false
        }
        let columns: [Column]
        let sql: String
    }

    /// A column of a SELECT's result.
    struct Output {
        var name: String
        /// The column's name in the statement. Each name occurs once: if a query's column has the name of one inside it, Citus orders by the
        /// wrong one, because it writes `ORDER BY 1` with the name.
        let key: String
        let type: SQLType
        /// Maximum characters; 0 unless the column is text.
        var length = 0
        /// Whether the values are stored as whole millionths of a unit.
        var isStoredInMillionths = false
    }

    let dialect: Dialect
    let datasets: BIDatasets
    let project: String
    /// Maximum rows of the result.
    let limit: Int
    /// The datasets that the statement reads, each once, with the name of its common table.
    private(set) var used: [(dataset: BIDataset, name: String)] = []
    private var sources = 0
    /// Maximum characters of text that the statement builds for each row, as far as it is compiled.
    private var textLength = 0
    private var names = 0

    init(dialect: Dialect, datasets: BIDatasets, project: String, limit: Int) {
        self.dialect = dialect
        self.datasets = datasets
        self.project = project
        self.limit = limit
    }

    /// Compiles a statement into its common tables, the query that follows them, and the columns of its result.
    mutating func statement(_ select: SQLSelect) throws(SQLRefusal) -> (tables: [SQL], query: SQL, columns: [Output]) {
        let (tables, query, outputs) = try compile(select, [:], isTop: true)
        return (tables, query, outputs)
    }

    /// Returns the type that can hold values of all these types; nil if no type can.
    static func common(_ types: [SQLType]) -> SQLType? {
        let kinds = Set(types).subtracting([.null])
        if kinds.isEmpty { return .null }
        if kinds.count == 1 { return kinds.first }
        return kinds == [.integer, .double] ? .double : nil
    }

    private mutating func newName(_ prefix: String) -> String {
        names += 1
        return prefix + String(names)
    }

    // MARK: SELECT

    private mutating func compile(
        _ select: SQLSelect, _ outer: [ExactText: Relation], isTop: Bool
    ) throws(SQLRefusal) -> (tables: [SQL], query: SQL, outputs: [Output]) {
        var tables: [SQL] = [], known = outer
        // Selects that read nothing count too, because engines process these lists recursively.
        for (list, places) in [("WITH", select.ctes.map(\.place)), ("UNION", select.cores.map(\.place))]
        where places.count > Self.maximumSources {
            throw SQLRefusal(
                message: "\(list) takes at most \(Self.maximumSources) selects; got \(places.count).", place: places[Self.maximumSources])
        }
        for cte in select.ctes {
            guard datasets[cte.name] == nil, known[text: cte.name] == nil else {
                throw SQLRefusal(message: "the name '\(cte.name.excerpt(40))' is already in use.", place: cte.place)
            }
            let (query, outputs) = try whole(cte.select, known)
            let relation = Self.relation(outputs, named: newName("q"))
            known[text: cte.name] = relation
            tables.append("\(sql: relation.sql) AS (\(query))")
        }
        var parts: [(sql: SQL, outputs: [Output], builder: SQLCoreCompiler)] = []
        for core in select.cores {
            var builder = SQLCoreCompiler(core: core, dialect: dialect, project: project, limit: limit, columns: newName("c"))
            if let source = core.source { builder.source = try compile(source, known, into: &builder) }
            let (sql, outputs) = try builder.select(isTop: isTop, subquery: { select throws(SQLRefusal) in try whole(select, known) })
            try add(builder.textLength, core.place)
            parts.append((sql, outputs, builder))
        }
        var query = parts[0].sql, outputs = parts[0].outputs
        for (index, part) in parts.enumerated().dropFirst() {
            guard part.outputs.count == outputs.count else {
                throw SQLRefusal(
                    message: "the sides of UNION must have the same number of columns; got \(outputs.count) and \(part.outputs.count).",
                    place: select.cores[index].place)
            }
            for (column, pair) in zip(outputs, part.outputs).enumerated() {
                guard let type = Self.common([pair.0.type, pair.1.type]) else {
                    throw SQLRefusal(
                        message: "column \(column + 1) of UNION is \(pair.0.type.words) on one side and \(pair.1.type.words) on the other.",
                        place: select.cores[index].place)
                }
                outputs[column] = Output(
                    name: pair.0.name, key: pair.0.key, type: type, length: max(pair.0.length, pair.1.length),
                    isStoredInMillionths: pair.0.isStoredInMillionths && pair.1.isStoredInMillionths)
            }
            query = "\(query) UNION \(sql: select.all[index - 1] ? "ALL " : "")\(part.sql)"
        }
        if parts.count > 1 { query = "SELECT * FROM (\(query)) u" }
        if isTop || !select.order.isEmpty || select.limit != nil || select.offset != nil {
            let order = try self.order(select, parts.count == 1 ? parts[0].builder : nil, outputs)
            query = "\(query) ORDER BY \(order)"
        }
        if isTop {
            query = "\(query) LIMIT \(sql: String(min(Int64(limit), select.limit ?? .max)))"
        } else if let limit = select.limit {
            query = "\(query) LIMIT \(sql: String(limit))"
        }
        if let offset = select.offset { query = "\(query) OFFSET \(sql: String(offset))" }
        return (tables, query, outputs)
    }

    /// Compiles a nested select, with its common tables in front.
    private mutating func whole(_ select: SQLSelect, _ known: [ExactText: Relation]) throws(SQLRefusal) -> (SQL, [Output]) {
        let (tables, query, outputs) = try compile(select, known, isTop: false)
        return (tables.isEmpty ? query : "WITH \(SQL.joined(tables)) \(query)", outputs)
    }

    private static func relation(_ outputs: [Output], named name: String) -> Relation {
        let columns = outputs.map { output in
            Relation.Column(
                name: output.name, type: output.type, key: output.key, length: output.length,
                isStoredInMillionths: output.isStoredInMillionths)
        }
        return Relation(columns: columns, sql: name)
    }

    /// Returns the ORDER BY terms. All columns follow the statement's own terms, so the same rows always come in the same order.
    private mutating func order(_ select: SQLSelect, _ builder: SQLCoreCompiler?, _ outputs: [Output]) throws(SQLRefusal) -> SQL {
        var builder = builder, parts: [SQL] = [], ordered: Set<Int> = []
        let before = builder?.textLength ?? 0
        for order in select.order {
            let direction = (order.isDescending ? " DESC" : "") + (order.nullsFirst ? " NULLS FIRST" : " NULLS LAST")
            var index = try output(order.expression, outputs)
            if index == nil { index = try builder?.index(of: order.expression) }
            if let index {
                guard outputs[index].type != .visitor else { throw Self.hiddenVisitor(select.cores[0].place) }
                if ordered.insert(index).inserted { parts.append("\(sql: String(index + 1))\(sql: direction)") }
            } else if builder?.core.isDistinct == false, let value = try builder?.orderValue(order.expression) {
                parts.append("\(value)\(sql: direction)")
            } else {
                throw SQLRefusal(message: "ORDER BY must name a column of the result here.", place: select.cores[0].place)
            }
        }
        try add((builder?.textLength ?? 0) - before, select.cores[0].place)
        for (index, output) in outputs.enumerated() where !ordered.contains(index) && output.type != .visitor {
            parts.append("\(sql: String(index + 1)) NULLS LAST")
        }
        return parts.isEmpty ? "1" : SQL.joined(parts)
    }

    /// Returns the index of the result's column that the expression names, by number or name; nil for any other expression.
    private func output(_ expression: SQLExpression, _ outputs: [Output]) throws(SQLRefusal) -> Int? {
        switch expression {
        case .integer(let number):
            guard (1...Int64(outputs.count)).contains(number) else {
                throw SQLRefusal(
                    message: "ORDER BY \(number) is out of range: the result has \(outputs.count.counting("column")).", place: SQLPlace())
            }
            return Int(number) - 1
        case .column(nil, let name, _): return outputs.firstIndex { $0.name.isExactly(name) }
        default: return nil
        }
    }

    static func hiddenVisitor(_ place: SQLPlace) -> SQLRefusal {
        SQLRefusal(message: "visitor_id can be counted, grouped by and compared, but not shown or ordered by.", place: place)
    }

    private mutating func add(_ length: Int, _ place: SQLPlace) throws(SQLRefusal) {
        textLength += length
        guard textLength <= SQLTextLengths.maximum else {
            throw SQLRefusal(
                message: "a statement may build at most \(SQLTextLengths.maximum) characters of text for each row; "
                    + "this one may build \(textLength). Use fewer ||, replace() and other text functions, or shorter text.",
                place: place)
        }
    }

    // MARK: FROM

    private mutating func compile(
        _ source: SQLSelect.Source, _ known: [ExactText: Relation], into builder: inout SQLCoreCompiler
    ) throws(SQLRefusal) -> SQL {
        switch source {
        case .table(let name, let alias, let place):
            try count(place)
            let relation = try relation(name, known, place)
            let own = try builder.add(relation, as: alias, named: newName("t"), place)
            return "\(sql: relation.sql) \(sql: own)"
        case .select(let select, let alias, let place):
            try count(place)
            let (query, outputs) = try whole(select, known)
            let own = try builder.add(Self.relation(outputs, named: ""), as: alias, named: newName("t"), place)
            return "(\(query)) \(sql: own)"
        case .join(let left, let right, let kind, let condition, let place):
            let leftSQL = try compile(left, known, into: &builder)
            let before = Set(builder.aliases)
            let rightSQL = try compile(right, known, into: &builder)
            let (on, isBound) = try builder.joinCondition(condition, left: before)
            guard isBound else {
                throw SQLRefusal(
                    message: "JOIN needs a condition that compares a column of one side with a column of the other using '='.", place: place
                )
            }
            return "\(leftSQL) \(sql: kind) \(rightSQL) ON \(on)"
        }
    }

    private mutating func count(_ place: SQLPlace) throws(SQLRefusal) {
        sources += 1
        guard sources <= Self.maximumSources else {
            throw SQLRefusal(message: "a statement may read at most \(Self.maximumSources) datasets and subqueries.", place: place)
        }
    }

    private mutating func relation(_ name: String, _ known: [ExactText: Relation], _ place: SQLPlace) throws(SQLRefusal) -> Relation {
        if let cte = known[text: name] { return cte }
        if name == BIDatasets.uploads {
            throw SQLRefusal(
                message: "csv_uploads is stored apart from events and can't be read with SQL; use drill-through.", place: place)
        }
        guard let dataset = datasets[name] else {
            throw SQLRefusal(
                message: "there is no dataset '\(name.excerpt(40))'; accepted are \(datasets.names.joined(separator: ", ")).", place: place)
        }
        let own = used.first { $0.dataset.name == name }?.name ?? newName("d")
        if !used.contains(where: { $0.dataset.name == name }) { used.append((dataset, own)) }
        let columns = dataset.columns.map {
            Relation.Column(
                name: $0.name, type: $0.type, key: $0.name, isHidden: $0.isHidden, length: $0.type == .text ? SQLTextLengths.collected : 0,
                isStoredInMillionths: $0.isStoredInMillionths)
        }
        return Relation(columns: columns + [.init(name: "project_id", type: .text, key: "project_id", isHidden: true)], sql: own)
    }
}

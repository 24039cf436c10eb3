import Core

/// The groups of a visual query: the parts of a report that count them, and the columns that its metrics read. Each aggregate in a metric
/// becomes a column.
struct VisualTally {
    let dataset: BIDataset
    private let dimensions: [BIDataset.Column]
    private let filters: DatasetFilters
    private let dialect: Dialect
    private var aggregates: [(call: SQLCall, column: BIDataset.Column)] = []
    private var measures: [(name: String, measure: Measure)] = []
    /// For each count of distinct values, its name and the part with the values of each group.
    private var distinct: [(name: String, values: ReportPart)] = []

    init(of dataset: BIDataset, by dimensions: [BIDataset.Column], where filters: DatasetFilters, _ dialect: Dialect) {
        self.dataset = dataset
        self.dimensions = dimensions
        self.filters = filters
        self.dialect = dialect
    }

    /// Adds what a metric needs.
    /// - Returns: the metric as an expression over `columns`.
    mutating func add(_ metric: SQLExpression) -> SQLExpression {
        metric.rewritten { part in
            guard case .call(let call) = part else { return nil }
            return SQLExpression.column(table: nil, name: result(of: call).name, call.place)
        }
    }

    // MARK: Aggregates

    /// The column with the result of an aggregate.
    private mutating func result(of call: SQLCall) -> BIDataset.Column {
        if let known = aggregates.first(where: { $0.call == call }) { return known.column }
        let column = define("measure_\(aggregates.count + 1)", as: call)
        aggregates.append((call, column))
        return column
    }

    /// Adds the measures of an aggregate.
    /// - Returns: the column with the result, which has the same type and value as the aggregate in a statement.
    private mutating func define(_ name: String, as call: SQLCall) -> BIDataset.Column {
        let condition = call.filter.map { column($0).sql(dialect) }
        guard let argument = call.arguments.first.map({ column($0) }) else {
            measure(.count(name, where: condition), name)
            return BIDataset.Column(name, .integer)
        }
        let stored = argument.sql(dialect), value: SQL = condition.map { "CASE WHEN \($0) THEN \(stored) END" } ?? stored
        let isGiven: SQL = "(\(value)) IS NOT NULL"
        switch call.name {
        case "count":
            if !call.isDistinct {
                measure(.count(name, where: isGiven), name)
            } else if argument.type == .visitor {
                measure(.visitors(name, where: condition), name)
            } else {
                let values = ReportPart.tally(
                    Self.values(of: name), by: keys + [ReportPart.Key("value", value)], [], from: rows([isGiven]))
                distinct.append((name, values))
            }
            return BIDataset.Column(name, .integer)
        case "min":
            measure(.minimum(name, of: value), name)
            return BIDataset.Column(name, argument.type)
        case "max":
            measure(.maximum(name, of: value), name)
            return BIDataset.Column(name, argument.type)
        case "sum", "avg":
            // Sum the stored whole millionths and divide once. Summing units would add up binary rounding errors.
            let isExact = argument.isStoredInMillionths
            measure(.sum(name, of: isExact ? "CAST(round((\(value)) * 1000000.0) AS bigint)" : value), name)
            if call.name == "sum", argument.type == .integer {
                return BIDataset.Column(name, .integer) { _ in "CAST(\(sql: name) AS bigint)" }
            }
            var result: SQL = "CAST(\(sql: name) AS double precision)"
            if call.name == "avg" {
                let count = "\(name)_count"
                measure(.count(count, where: isGiven), count)
                result = "(\(result) / nullif(CAST(\(sql: count) AS double precision), 0))"
            }
            if isExact { result = "(\(result) / 1000000.0)" }
            return BIDataset.Column(name, .double) { [result] _ in result }
        default: preconditionFailure("metrics have no other aggregates")
        }
    }

    private mutating func measure(_ measure: Measure, _ name: String) { measures.append((name, measure)) }

    /// The column that is an aggregate's argument or condition.
    private func column(_ expression: SQLExpression) -> BIDataset.Column {
        guard case .column(_, let name, _) = expression, let column = dataset.column(name) else {
            preconditionFailure("metrics aggregate columns")
        }
        return column
    }

    // MARK: Parts

    /// The text after `FROM` that reads the rows of the dataset that match the filters and more conditions.
    private func rows(_ more: [SQL] = []) -> SQL {
        "\(dataset.source(dialect)) WHERE \(SQL.all(filters.conditions(dialect) + more))"
    }

    private var keyNames: [String] { dimensions.indices.map { "key_\($0 + 1)" } }
    private var keys: [ReportPart.Key] { zip(keyNames, dimensions).map { ReportPart.Key($0, $1.sql(dialect)) } }

    private static func values(of name: String) -> String { "values_of_\(name)" }

    var parts: [ReportPart] {
        // The only group of a query without dimensions needs a column.
        let own: [Measure] = keys.isEmpty && measures.isEmpty ? [.count("n")] : measures.map(\.measure)
        return [ReportPart.tally("tallied", by: keys, own, from: rows())] + distinct.map(\.values)
    }

    /// The text after `FROM` that reads the groups from the parts.
    var source: SQL {
        guard !distinct.isEmpty else { return "tallied" }
        // A key may be null. PostgreSQL groups by such keys in little time, but to join by them it compares each row with each.
        let names = measures.map(\.name), none = "CAST(NULL AS bigint)"
        let grouping = keyNames.isEmpty ? "" : " GROUP BY \(keyNames.joined(separator: ", "))"
        func select(_ columns: [String]) -> String { "SELECT \((keyNames + columns).joined(separator: ", ")) FROM " }
        let tallied = select(names + distinct.map { "\(none) AS \($0.name)" }) + "tallied"
        let counted = distinct.indices.map { number -> String in
            let counts = distinct.indices.map { $0 == number ? "count(*)" : none }
            return select(names.map { _ in "NULL" } + counts) + Self.values(of: distinct[number].name) + grouping
        }
        let united = ([tallied] + counted).joined(separator: " UNION ALL ")
        let merged = select(names.map { "max(\($0)) AS \($0)" } + distinct.map { "coalesce(max(\($0.name)), 0) AS \($0.name)" })
        return SQL(sql: "(\(merged)(\(united)) united\(grouping)) merged")
    }

    /// The columns of the groups: the dimensions and the results of the aggregates.
    var columns: [BIDataset.Column] {
        zip(keyNames, dimensions).map { BIDataset.Column($1.name, $1.type, from: $0) } + aggregates.map(\.column)
    }
}

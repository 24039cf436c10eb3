import Core

/// A query built from a dataset, dimensions, metrics and filters.
struct VisualQuery: Sendable {
    static let fields: [Schema.Field] =
        [
            .required("dataset", .text(100)), dimensions,
            .required("metrics", .array(.text(100), count: 1...20), "Built-in metrics of the dataset, or keys of custom metrics."),
        ] + rangeFields

    static let dimensions = Schema.Field.optional("dimensions", .array(.text(100), count: 0...10), "Columns to group by.")

    static let rangeFields: [Schema.Field] = [
        .optional("start_at", .timestamp, "Start of the range. Default: 30 days before its end."),
        .optional("end_at", .timestamp, "End of the range. Default: now."),
        .optional("timezone", .text(64), "IANA time zone of start_at and end_at. Columns such as date are always UTC. Default: UTC."),
        .optional("filters", .map(.any), "Maps each column to the value it must have, or to an array of accepted values."),
        .optional("limit", Execution.limit, "Maximum rows. Default: 100."),
    ]

    private let dataset: BIDataset
    private let dimensions: [BIDataset.Column]
    private let metrics: [(name: String, expression: SQLExpression)]
    private let filters: DatasetFilters
    private let limit: Int

    /// - Throws: 400 for unknown datasets, columns and metrics.
    init(_ body: JSON, _ call: ProjectRequest) async throws {
        let dataset = try call.datasets.require(body["dataset"]?.string ?? "")
        let dimensions = (body["dimensions"]?.elements ?? []).compactMap(\.string),
            metrics = (body["metrics"]?.elements ?? []).compactMap(\.string)
        guard Set(dimensions + metrics).count == dimensions.count + metrics.count else {
            throw ServiceError.body("the names in 'dimensions' and 'metrics' must be unique.")
        }
        self.dataset = dataset
        self.dimensions = try dimensions.map { try dataset.field($0, at: "dimensions") }
        let defined = Metrics(try await Metric.resource.all(call).map(\.fields))
        self.metrics = try metrics.map { ($0, try defined.expression($0, in: dataset)) }
        filters = try DatasetFilters(body["filters"], dataset)
        limit = Int(body["limit"]?.integer ?? 100)
    }

    /// The query over the rows of the dataset.
    private var whole: SQLSelect {
        select(
            metrics.map(\.expression), groups: dimensions.indices.map { SQLExpression.integer(Int64($0 + 1)) }, where: filters.expression)
    }

    /// A statement with the dimensions and metrics, ordered by the first metric.
    /// - Parameter expressions: the metrics.
    private func select(
        _ expressions: [SQLExpression], groups: [SQLExpression] = [], where condition: SQLExpression? = nil
    ) -> SQLSelect {
        let place = SQLPlace()
        var core = SQLSelect.Core(source: .table(dataset.name, alias: dataset.name, place))
        core.items = dimensions.map { .expression(.column(table: nil, name: $0.name, place), alias: $0.name, place) }
        for (metric, expression) in zip(metrics, expressions) { core.items.append(.expression(expression, alias: metric.name, place)) }
        core.groups = groups
        core.condition = condition
        let order = SQLOrder(expression: .integer(Int64(dimensions.count + 1)), isDescending: true, nullsFirst: false)
        return SQLSelect(cores: [core], order: dimensions.isEmpty ? [] : [order])
    }

    /// Checks the query without running it.
    /// - Throws: the errors that `run` throws before it queries the engine.
    static func check(_ body: JSON, _ call: ProjectRequest) async throws {
        let query = try await VisualQuery(body, call)
        _ = try await scope(body, call)
        try Execution.check(query.whole, call, limit: query.limit)
    }

    static func run(_ body: JSON, _ call: ProjectRequest) async throws -> QueryResult {
        let query = try await VisualQuery(body, call), scope = try await scope(body, call)
        if let merged = MergedDataset(allOf: query.dataset, scope) {
            return try await Execution.run(query.whole, call, over: scope, limit: query.limit, reading: merged)
        }
        var tally = VisualTally(of: query.dataset, by: query.dimensions, where: query.filters, scope.dialect)
        let metrics = query.metrics.map { tally.add($0.expression) }
        return try await Execution.run(query.select(metrics), call, over: scope, limit: query.limit, reading: MergedDataset(tally))
    }

    /// Returns the scope of the range in the body.
    static func scope(_ body: JSON, _ call: ProjectRequest) async throws -> Scope {
        do {
            return try await call.scope { name in ["start_at", "end_at", "timezone"].contains(name) ? body[name]?.string : nil }
        } catch let error as ServiceError {
            guard case .parameter(let name, let constraint)? = error.evidence else { throw error }
            throw ServiceError.body(field: name, constraint)
        }
    }
}

/// Drill-through: the rows behind a number, newest first, without the visitor column.
enum DrillThrough {
    static let fields: [Schema.Field] = [.required("dataset", .text(100))] + VisualQuery.rangeFields

    static func run(_ body: JSON, _ call: ProjectRequest) async throws -> QueryResult {
        let name = body["dataset"]?.string ?? "", limit = Int(body["limit"]?.integer ?? 100)
        if name == BIDatasets.uploads { return try await CSVUpload.rows(body["filters"], call, limit: limit) }
        let dataset: BIDataset = try {
            if let dataset = call.datasets[name] { return dataset }
            let names = (call.datasets.names + [BIDatasets.uploads]).map { "'\($0)'" }.joined(separator: ", ")
            throw ServiceError.body(field: "dataset", "must be one of \(names); got '\(name.excerpt(60))'.")
        }()
        let filters = try DatasetFilters(body["filters"], dataset), scope = try await VisualQuery.scope(body, call)
        let time = dataset.column("occurred_ms")?.name ?? "date", place = SQLPlace()
        var core = SQLSelect.Core(
            items: dataset.fields.map { .expression(.column(table: nil, name: $0.name, place), alias: $0.name, place) },
            source: .table(dataset.name, alias: dataset.name, place))
        let order = SQLOrder(expression: .column(table: nil, name: time, place), isDescending: true, nullsFirst: false)
        let merged: MergedDataset
        if let days = MergedDataset(allOf: dataset, scope) {
            core.condition = filters.expression
            merged = days
        } else {
            merged = MergedDataset(firstOf: dataset, by: time, where: filters, limit: limit, scope.dialect)
        }
        return try await Execution.run(
            SQLSelect(cores: [core], order: [order]), call, over: scope, limit: limit, reading: merged)
    }
}

/// The filters of a request: each of some columns has one of some values.
struct DatasetFilters: Sendable {
    private let accepted: [(column: BIDataset.Column, values: [FilterValue])]

    /// - Throws: 400 for unknown columns and values of another type than the column's.
    init(_ filters: JSON?, _ dataset: BIDataset) throws {
        let members = filters?.members ?? []
        guard members.count <= 20 else { throw ServiceError.body(field: "filters", "may hold at most 20 columns; got \(members.count).") }
        accepted = try members.map { name, value in
            let column = try dataset.field(name, at: "filters")
            let values = value.kind == .array ? value.elements : [value]
            guard (1...100).contains(values.count) else {
                throw ServiceError.body(field: "filters.\(name)", "takes 1 to 100 values; got \(values.count).")
            }
            return (column, try values.map { try FilterValue($0, column.type, of: name, at: "filters.\(name)") })
        }
    }

    /// The condition that a row of the dataset matches all filters; nil if there are none.
    var expression: SQLExpression? {
        let place = SQLPlace()
        let conditions = accepted.map { column, values -> SQLExpression in
            .inList(.column(table: nil, name: column.name, place), values.map(\.expression), negated: false, place)
        }
        guard let first = conditions.first else { return nil }
        return conditions.dropFirst().reduce(first) { .binary("AND", $0, $1, place) }
    }

    /// The same as conditions on the rows that the dataset's columns are computed from.
    func conditions(_ dialect: Dialect) -> [SQL] {
        accepted.map { column, values in "(\(column.sql(dialect))) IN (\(SQL.joined(values.map(\.sql))))" }
    }
}

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

    let dataset: BIDataset
    let select: SQLSelect
    let limit: Int

    /// - Throws: 400 for unknown datasets, columns and metrics.
    init(_ body: JSON, _ call: ProjectRequest) async throws {
        let dataset = try call.datasets.require(body["dataset"]?.string ?? ""), place = SQLPlace()
        let dimensions = (body["dimensions"]?.elements ?? []).compactMap(\.string),
            metrics = (body["metrics"]?.elements ?? []).compactMap(\.string)
        guard Set(dimensions + metrics).count == dimensions.count + metrics.count else {
            throw ServiceError.body("the names in 'dimensions' and 'metrics' must be unique.")
        }
        for dimension in dimensions { _ = try dataset.field(dimension, at: "dimensions") }
        let defined = Metrics(try await Metric.resource.all(call).map(\.fields))
        var core = SQLSelect.Core(source: .table(dataset.name, alias: dataset.name, place))
        core.items =
            dimensions.map { .expression(.column(table: nil, name: $0, place), alias: $0, place) }
            + (try metrics.map { .expression(try defined.expression($0, in: dataset), alias: $0, place) })
        core.groups = dimensions.indices.map { .integer(Int64($0 + 1)) }
        core.condition = try Self.condition(body["filters"], dataset)
        let order = SQLOrder(expression: .integer(Int64(dimensions.count + 1)), isDescending: true, nullsFirst: false)
        self.dataset = dataset
        select = SQLSelect(cores: [core], order: dimensions.isEmpty ? [] : [order])
        limit = Int(body["limit"]?.integer ?? 100)
    }

    /// Checks the query without running it.
    /// - Throws: the errors that `run` throws before it queries the engine.
    static func check(_ body: JSON, _ call: ProjectRequest) async throws {
        let query = try await VisualQuery(body, call)
        _ = try await scope(body, call)
        try Execution.check(query.select, call, limit: query.limit)
    }

    static func run(_ body: JSON, _ call: ProjectRequest) async throws -> QueryResult {
        let query = try await VisualQuery(body, call)
        return try await Execution.run(query.select, call, over: try await scope(body, call), limit: query.limit)
    }

    /// Returns the condition that a row matches all `filters`; nil if there are no filters.
    static func condition(_ filters: JSON?, _ dataset: BIDataset) throws -> SQLExpression? {
        let place = SQLPlace(), members = filters?.members ?? []
        guard members.count <= 20 else { throw ServiceError.body(field: "filters", "may hold at most 20 columns; got \(members.count).") }
        let conditions: [SQLExpression] = try members.map { name, value in
            let column = try dataset.field(name, at: "filters"), subject = SQLExpression.column(table: nil, name: name, place)
            let values = value.kind == .array ? value.elements : [value]
            guard (1...100).contains(values.count) else {
                throw ServiceError.body(field: "filters.\(name)", "takes 1 to 100 values; got \(values.count).")
            }
            return .inList(
                subject, try values.map { try FilterValue($0, column.type, of: name, at: "filters.\(name)").expression }, negated: false,
                place)
        }
        guard let first = conditions.first else { return nil }
        return conditions.dropFirst().reduce(first) { .binary("AND", $0, $1, place) }
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
        let place = SQLPlace()
        var core = SQLSelect.Core(
            items: dataset.fields.map { .expression(.column(table: nil, name: $0.name, place), alias: $0.name, place) },
            source: .table(dataset.name, alias: dataset.name, place))
        core.condition = try VisualQuery.condition(body["filters"], dataset)
        let time = dataset.column("occurred_ms")?.name ?? "date"
        let order = SQLOrder(expression: .column(table: nil, name: time, place), isDescending: true, nullsFirst: false)
        return try await Execution.run(
            SQLSelect(cores: [core], order: [order]), call, over: try await VisualQuery.scope(body, call), limit: limit)
    }
}

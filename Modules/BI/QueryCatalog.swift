import Core

/// What queries can use: the datasets of enabled modules, and the SQL functions.
struct QueryCatalog: Sendable {
    struct Column: Sendable {
        let name: String
        let type: SQLType
        /// Whether visual queries and row policies may use the column as a dimension, filter or field. SQL may name the other columns too.
        let isField: Bool
        /// What the column means; empty unless the module describes it.
        let summary: String

        static let shape = Shape<Column>([
            .required("name", \.name, .text(100)),
            .required("type", \.type.rawValue, .choice(["integer", "double", "text", "boolean", "visitor"])),
            .required("is_field", \.isField, .boolean, "Whether dimensions, filters and row policies may use the column."),
            .required("summary", \.summary, .optionalText(1_000), "What the column means; empty if there is no description."),
        ])
    }

    struct Dataset: Sendable {
        let name: String
        let summary: String
        let columns: [Column]
        /// The built-in metrics, followed by the project's own.
        let metrics: [String]

        static let shape = Shape<Dataset>([
            .required("name", \.name, .text(100)),
            .required("summary", \.summary, .optionalText(1_000), "What one row represents; empty if there is no description."),
            .required("columns", \.columns, .list(Column.shape)),
            .required("metrics", \.metrics, .list(.text(100)), "Built-in metrics, followed by the project's own."),
        ])
    }

    let data: [Dataset]
    let functions: [String]

    static let shape = Shape<QueryCatalog>([
        .required("data", \.data, .list(Dataset.shape)),
        .required("functions", \.functions, .list(.text(40)), "Functions that SQL statements may call."),
    ])

    init(_ call: ProjectRequest) async throws {
        let defined = try await Metric.resource.all(call).map(\.fields), datasets = call.datasets
        data = datasets.names.compactMap { datasets[$0] }.filter { call.mayRead($0.module) }.map { dataset in
            let fields = Set(dataset.fields.map(\.name))
            // exact: datasets are named in our source
            let own = defined.filter { $0["dataset"]?.string == dataset.name }.compactMap { $0["key"]?.string }
            return Dataset(
                name: dataset.name, summary: dataset.summary,
                columns: dataset.columns.map {
                    Column(name: $0.name, type: $0.type, isField: fields.contains($0.name), summary: $0.summary)
                },
                metrics: dataset.metrics.map(\.name) + own)
        }
        functions = SQLFunctions.names
    }
}

import Core

/// What queries can use: the datasets of enabled modules, and the SQL functions.
struct QueryCatalog: Encodable, Sendable {
    struct Column: Encodable, Sendable {
        let name: String
        let type: SQLType
        /// Whether visual queries and row policies may use the column as a dimension, filter or field. SQL may name the other columns too.
        let isField: Bool
        /// What the column means; empty unless the module describes it.
        let summary: String

        enum CodingKeys: String, CodingKey { case name, type, isField = "is_field", summary }
    }

    struct Dataset: Encodable, Sendable {
        let name: String
        let summary: String
        let columns: [Column]
        /// The built-in metrics, followed by the project's own.
        let metrics: [String]
    }

    let data: [Dataset]
    let functions: [String]

    static let fields: [Schema.Field] = [
        .required(
            "data",
            .list(
                .object([
                    .required("name", .text(100)),
                    .required("summary", .optionalText(1_000), "What one row represents; empty if there is no description."),
                    .required(
                        "columns",
                        .list(
                            .object([
                                .required("name", .text(100)),
                                .required("type", .choice(["integer", "double", "text", "boolean", "visitor"])),
                                .required(
                                    "is_field", .boolean, "Whether dimensions, filters and row policies may use the column."),
                                .required("summary", .optionalText(1_000), "What the column means; empty if there is no description."),
                            ]))),
                    .required("metrics", .list(.text(100)), "Built-in metrics, followed by the project's own."),
                ]))),
        .required("functions", .list(.text(40)), "Functions that SQL statements may call."),
    ]

    init(_ call: ProjectRequest) async throws {
        let defined = try await Metric.resource.all(call).map(\.fields), datasets = call.datasets
        data = datasets.names.compactMap { datasets[$0] }.filter { (try? call.require(module: $0.module)) != nil }.map { dataset in
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

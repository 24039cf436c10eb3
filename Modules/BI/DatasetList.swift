import Core

/// What there is to ask about, for those who put a question together: datasets of the modules that are on, and what SQL may call.
struct DatasetList: Encodable, Sendable {
    struct Column: Encodable, Sendable {
        let name: String
        let type: SQLType
        /// Whether it may be a dimension, a filter or the field of a policy; SQL may name the others too.
        let isField: Bool
        /// What it means, where its module says; else empty.
        let summary: String

        enum CodingKeys: String, CodingKey { case name, type, isField = "is_field", summary }
    }

    struct Dataset: Encodable, Sendable {
        let name: String
        let summary: String
        let columns: [Column]
        /// Those of the dataset itself, then those that the project has defined.
        let metrics: [String]
    }

    let data: [Dataset]
    let functions: [String]

    static let fields: [Schema.Field] = [
        .required("data", .list(.object([
            .required("name", .text(100)), .required("summary", .optionalText(1_000), "What a row is; empty where its name says it."),
            .required("columns", .list(.object([
                .required("name", .text(100)), .required("type", .choice(["integer", "double", "text", "boolean", "visitor"])),
                .required("is_field", .boolean, "Whether it may be a dimension, a filter or the field of a policy."),
                .required("summary", .optionalText(1_000), "What it means; empty where its name says it."),
            ]))),
            .required("metrics", .list(.text(100)), "Its own, then those that were defined."),
        ]))),
        .required("functions", .list(.text(40)), "What a statement may call."),
    ]

    init(_ call: ProjectRequest) async throws {
        let defined = try await Metric.resource.all(call).map(\.fields), datasets = call.datasets
        data = datasets.names.compactMap { datasets[$0] }.filter { (try? call.require(module: $0.module)) != nil }.map { dataset in
            let fields = Set(dataset.fields.map(\.name))
            // exact: datasets are named in our source
            let own = defined.filter { $0["dataset"]?.string == dataset.name }.compactMap { $0["key"]?.string }
            return Dataset(
                name: dataset.name, summary: dataset.summary,
                columns: dataset.columns.map { Column(name: $0.name, type: $0.type, isField: fields.contains($0.name), summary: $0.summary) },
                metrics: dataset.metrics.map(\.name) + own)
        }
        functions = SQLFunctions.names
    }
}

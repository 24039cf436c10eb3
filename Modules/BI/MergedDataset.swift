import Core

/// A dataset whose rows are made of the parts of a report. A statement over it runs once, when the parts of all visitors are merged.
struct MergedDataset: Sendable {
    let parts: [ReportPart]
    /// It has the name of the dataset in whose place it is read.
    let dataset: BIDataset

    /// All rows of a dataset whose rows are each about several visitors; nil for any other dataset, which may have too many rows.
    init?(allOf dataset: BIDataset, _ scope: Scope) {
        guard let made = dataset.ofAllVisitors?(scope) else { return nil }
        parts = [made.part]
        self.dataset = dataset.reading(made.source, dataset.columns)
    }

    /// The first rows of a dataset whose rows are each about one visitor, with its fields.
    /// - Parameters:
    ///   - column: the field to order by, highest value first.
    ///   - filters: the rows to choose from.
    init(firstOf dataset: BIDataset, by column: String, where filters: DatasetFilters, limit: Int, _ dialect: Dialect) {
        let fields = dataset.fields, names = fields.indices.map { SQL(sql: "field_\($0 + 1)") }
        let columns = zip(fields, names).map { field, name -> SQL in "\(field.sql(dialect)) AS \(name)" }
        // All fields are sort keys, so rows that tie are equal in the answer.
        let first = fields.firstIndex { $0.name == column } ?? 0
        let others = names.indices.filter { $0 != first }.map { index -> SQL in "\(names[index]) NULLS LAST" }
        let order: [SQL] = ["\(names[first]) DESC NULLS LAST"] + others
        parts = [
            .page(
                "listed",
                "SELECT \(SQL.joined(columns)) FROM \(dataset.source(dialect)) WHERE \(SQL.all(filters.conditions(dialect)))",
                by: SQL.joined(order), limit: limit)
        ]
        self.dataset = dataset.reading(
            "listed", zip(fields, names).map { field, name in BIDataset.Column(field.name, field.type) { _ in name } })
    }

    /// The groups of a visual query.
    init(_ tally: VisualTally) {
        parts = tally.parts
        dataset = tally.dataset.reading(tally.source, tally.columns)
    }
}

extension BIDataset {
    /// The dataset with other columns, read from `source`.
    fileprivate func reading(_ source: SQL, _ columns: [Column]) -> BIDataset {
        BIDataset(
            name: name, module: module, columns: columns, metrics: metrics, table: table, source: { _ in source },
            scopeAppliesPolicies: scopeAppliesPolicies)
    }
}

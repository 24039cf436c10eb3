import Core

/// Restricts everything that BI shows of a dataset to the rows whose field matches.
enum RowPolicy {
    static let operators = ["eq", "neq", "in", "not_in"]

    static let resource: Resource = Resource(
        "Row policy", path: "/api/v1/bi/row-policies", table: "bi_row_policy",
        fields: [
            .required("name", .text(200)), .required("dataset", .text(100)), .required("field", .text(100), "A column of the dataset."),
            .required("operator", .choice(operators)),
            .required("values", .array(.any, count: 1...100), "Values to compare the field with; exactly one for eq and neq."),
            .optional("is_active", .boolean),
        ],
        defaults: #"{"is_active":true}"#,
        check: { policy in
            let count = policy["values"]?.elements.count ?? 0
            guard ["in", "not_in"].contains(policy["operator"]?.string ?? "") || count == 1 else {
                throw ServiceError.body(
                    field: "values", "must contain exactly one value for '\(policy["operator"]?.string ?? "")'; got \(count).")
            }
        },
        permit: { call, id, body in
            guard call.allowedModules != nil else { return }
            let stored = if let id { try await resource.find(id, for: call)?.fields } else { nil as JSON? }
            try await requireKey(toRestrict: [stored, body].compactMap { $0?["dataset"]?.string }, call)
        },
        verify: { call, id, body in
            let stored = if let id { try await resource.find(id, for: call)?.fields } else { nil as JSON? }
            func member(_ name: String) -> JSON? { body[name].flatMap { $0.isNull ? nil : $0 } ?? stored?[name] }
            _ = try restriction(
                call.datasets, call.store.dialect, dataset: member("dataset")?.string ?? "",
                field: member("field")?.string ?? "",
                comparison: member("operator")?.string ?? "", values: member("values")?.elements ?? [])
        },
        relations: { call, relations in
            // A key limited to some modules could otherwise unhide rows of other modules, and read them in someone else's embed.
            for policy in [relations.old, relations.new].compactMap(\.self) {
                guard let dataset = call.datasets[policy.fields["dataset"]?.string ?? ""] else { continue }
                try call.requireKey(toUse: dataset.module)
            }
        })

    /// Checks that a key limited to some modules may read everything saved that policies of the datasets restrict. Someone else's embed may
    /// show it: the key could choose which rows of other modules are shown. A report doesn't declare which facts it reads, and most count
    /// activity, so each one counts. A metric reads one dataset only.
    /// - Throws: 403 if the key may not read all of it.
    private static func requireKey(toRestrict datasets: [String], _ call: ProjectRequest) async throws {
        let modules = datasets.compactMap { call.datasets[$0]?.module }
        guard !modules.isEmpty else { return }
        for module in modules { try call.requireKey(toUse: module) }
        try await call.requireKey(toReadAll: { _ in true })
        for query in try await SavedSQL.resource.all(call) {
            // A statement that can't be compiled any more shows nothing.
            let used = (try? SQLStatement(query.fields["sql_text"]?.string ?? "").check(call)) ?? []
            guard used.contains(where: modules.contains) else { continue }
            for module in used { try call.requireKey(toUse: module) }
        }
    }

    /// The conditions of the project's active policies.
    static func active(_ call: ProjectRequest, in dialect: Dialect) async throws -> [RowRestriction] {
        let datasets = call.datasets
        return try await resource.all(call).compactMap { policy in
            guard policy.fields["is_active"]?.boolean == true else { return nil }
            let name = policy.fields["dataset"]?.string ?? ""
            // A dataset of a module that this host no longer has can't be queried anyway.
            guard datasets[name] != nil || name == BIDatasets.uploads else { return nil }
            return try restriction(
                datasets, dialect, dataset: name, field: policy.fields["field"]?.string ?? "",
                comparison: policy.fields["operator"]?.string ?? "",
                values: policy.fields["values"]?.elements ?? [])
        }
    }

    private static func restriction(
        _ datasets: BIDatasets, _ dialect: Dialect, dataset name: String, field: String, comparison: String, values: [JSON]
    ) throws -> RowRestriction {
        if name == BIDatasets.uploads {
            guard ["upload_id", "upload_name"].contains(field) else {
                throw ServiceError.body(
                    field: "field", because: "'\(field.excerpt(60))' is not a field of csv_uploads; accepted are upload_id, upload_name.")
            }
            let list: SQL = "(\(SQL.joined(try values.map { "\(try FilterValue($0, .text, of: field, at: "values").sql)" })))"
            return RowRestriction(dataset: name, condition: condition(SQL(sql: field == "upload_id" ? "id" : "name"), comparison, list))
        }
        let dataset = try datasets.require(name), column = try dataset.field(field, at: "field")
        let list: SQL = "(\(SQL.joined(try values.map { try FilterValue($0, column.type, of: field, at: "values").sql })))"
        return RowRestriction(dataset: name, condition: condition("(\(column.sql(dialect)))", comparison, list))
    }

    private static func condition(_ subject: SQL, _ comparison: String, _ list: SQL) -> SQL {
        ["eq", "in"].contains(comparison) ? "coalesce(\(subject) IN \(list), FALSE)" : "coalesce(\(subject) NOT IN \(list), TRUE)"
    }
}

/// A value to compare a field with, checked against the field's type. A page path is normalized in the same way as stored paths.
struct FilterValue {
    let expression: SQLExpression
    let sql: SQL

    init(_ json: JSON, _ type: SQLType, of field: String, at place: String) throws {
        switch type {
        case .text:
            guard let sent = json.string, sent.unicodeScalars.count <= 2_048, !sent.utf8.contains(0) else {
                throw Self.refusal(json, "text of at most 2048 characters", place)
            }
            let text = field.hasSuffix("path") ? PagePath.clean(sent) : sent
            (expression, sql) = (.text(text), "\(text)")
        case .integer:
            guard let number = json.integer else { throw Self.refusal(json, "a whole number", place) }
            (expression, sql) = (.integer(number), "\(number)")
        case .double:
            guard let number = json.number, number.isFinite else { throw Self.refusal(json, "a number", place) }
            (expression, sql) = (.decimal(number), "\(number)")
        default:
            guard let boolean = json.boolean else { throw Self.refusal(json, "true or false", place) }
            (expression, sql) = (.boolean(boolean), boolean ? "TRUE" : "FALSE")
        }
    }

    private static func refusal(_ json: JSON, _ accepted: String, _ place: String) -> ServiceError {
        .body(field: place, "takes \(accepted); got \(json.string.map { "'\($0.excerpt(60))'" } ?? json.described).")
    }
}

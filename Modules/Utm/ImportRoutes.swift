import Core

extension UtmModule {
    var importRoutes: [Route] {
        let path = "/api/v1/marketing/imports"
        return [
            Route(
                .get, path, "Batches of imported rows, newest first.", scope: .query, access: .read,
                parameters: [ImportBatch.providerParameter] + Parameter.page,
                answer: .data(ImportBatch.shape), use: ImportBatch.list),
            Route(
                .post, path, "Import rows of an advertising or analytics export, as JSON or CSV.", scope: .query, access: .write,
                body: ImportBatch.body,
                answer: ImportBatch.shape, status: 201
            ) { call in
                let body = try await call.body()
                return try await ImportBatch.create(call, body, try ImportBatch.rows(of: body))
            },
            Route(
                .get, path + "/summary", "Totals of the imported rows.", scope: .query, access: .read,
                // Imported rows have no visitors to filter by.
                parameters: [ImportBatch.providerParameter] + ScopeParameters.range.filter { $0.name != ScopeParameters.filter.name },
                answer: ImportSummary.shape
            ) { call in try await ImportSummary.read(call, try await call.scope().days, provider: call.text("provider")) },
            Route(
                .get, path + "/{id}/rows", "Rows of a batch, in the order in which they were imported.", scope: .query, access: .read,
                parameters: Parameter.page,
                answer: .data(ImportedRow.shape), use: ImportedRow.list),
            Route(.delete, path + "/{id}", "Delete a batch and all its rows.", scope: .query, access: .write) {
                call in
                try await ImportBatch.delete(call)
            },
        ]
    }
}

/// A row of an import as it was stored.
struct ImportedRow: Sendable {
    let day: Day
    let dimensions, metrics, raw: JSONText

    static let shape = Shape<ImportedRow>([
        .required("date", \.day.description, .string(10...10)), .required("dimensions", \.dimensions, .document),
        .required("metrics", \.metrics, .document), .required("raw_row", \.raw, .document),
    ])

    /// `GET /api/v1/marketing/imports/{id}/rows?limit=&offset=`, or 404.
    @Sendable static func list(_ call: ProjectRequest) async throws -> [ImportedRow] {
        let id = try await ImportBatch.require(call).id
        let rows = try await call.store.read(
            """
            /* utm.import_rows */ SELECT day, dimensions, metrics, raw_row FROM utm_import_rows WHERE import_id = \(id)
            ORDER BY number LIMIT \(call.limit) OFFSET \(call.offset)
            """)
        return rows.map { row in
            ImportedRow(
                day: Day(number: row.int("day")), dimensions: JSONText(stored: row.text("dimensions")),
                metrics: JSONText(stored: row.text("metrics")), raw: JSONText(stored: row.text("raw_row")))
        }
    }
}

import Core
import NIOCore

extension UtmModule {
    var importRoutes: [Route] {
        let path = "/api/v1/marketing/imports"
        let batch = Schema.object(ImportBatch.fields)
        let row = Schema.object([
            .required("date", .string(10...10)), .required("dimensions", .map(.any)), .required("metrics", .map(.any)),
            .required("raw_row", .map(.any)),
        ])
        return [
            Route(
                .get, path, "Batches of imported rows, newest first.", scope: .query, access: .read,
                parameters: [ImportBatch.providerParameter] + Parameter.page,
                success: .json(.object([.required("data", .list(batch))])), use: listImports),
            Route(
                .post, path, "Import rows of an advertising or analytics export, as JSON or CSV.", scope: .query, access: .write,
                body: ImportBatch.body,
                success: .json(batch, status: 201), use: createImport),
            Route(
                .get, path + "/summary", "Totals of the imported rows.", scope: .query, access: .read,
                // Imported rows have no visitors to filter by.
                parameters: [ImportBatch.providerParameter] + ScopeParameters.range.filter { $0.name != ScopeParameters.filter.name },
                success: .json(.object(ImportSummary.fields))
            ) { call in try .json(try await ImportSummary.read(call, try await call.scope().days, provider: call.text("provider"))) },
            Route(
                .get, path + "/{id}/rows", "Rows of a batch, in the order in which they were imported.", scope: .query, access: .read,
                parameters: Parameter.page,
                success: .json(.object([.required("data", .list(row))])), use: importRows),
            Route(.delete, path + "/{id}", "Delete a batch and all its rows.", scope: .query, access: .write, success: .noContent) {
                call in
                try await ImportBatch.delete(call)
                return .noContent
            },
        ]
    }

    /// `POST /api/v1/marketing/imports` returns the batch, or a 400 with the number of the invalid row.
    @Sendable private func createImport(_ call: ProjectRequest) async throws -> Answer {
        let body = try await call.body()
        let batch = try await ImportBatch.create(call, body, try ImportBatch.rows(of: body))
        var text = JSONText()
        Self.write(batch, to: &text)
        return .json(bytes: .init(bytes: text.bytes), status: 201)
    }

    /// `GET /api/v1/marketing/imports?provider=&limit=&offset=`
    @Sendable private func listImports(_ call: ProjectRequest) async throws -> Answer {
        let provider: SQL = call.text("provider").map { " AND provider = \($0)" } ?? ""
        let rows = try await call.store.read(
            """
            /* utm.imports */ SELECT \(sql: ImportBatch.columns) FROM utm_imports WHERE project_id = \(call.project.id)\(provider)
            ORDER BY created_at DESC, id LIMIT \(call.limit) OFFSET \(call.offset)
            """)
        return Self.list(rows, Self.write)
    }

    /// `GET /api/v1/marketing/imports/{id}/rows?limit=&offset=`, or 404.
    @Sendable private func importRows(_ call: ProjectRequest) async throws -> Answer {
        let id = try await ImportBatch.require(call).text("id")
        let rows = try await call.store.read(
            """
            /* utm.import_rows */ SELECT day, dimensions, metrics, raw_row FROM utm_import_rows WHERE import_id = \(id)
            ORDER BY number LIMIT \(call.limit) OFFSET \(call.offset)
            """)
        return Self.list(rows) { row, text in
            text.append(raw: #"{"date":"\#(Day(number: row.int("day")))","dimensions":\#(row.text("dimensions")),"#)
            text.append(raw: #""metrics":\#(row.text("metrics")),"raw_row":\#(row.text("raw_row"))}"#)
        }
    }

    // MARK: Responses made of stored JSON

    private static func write(_ batch: Row, to text: inout JSONText) {
        text.append(raw: #"{"created_at":"\#(Instant(milliseconds: batch.int("created_at")).iso8601)","id":"\#(batch.text("id"))","#)
        text.append(raw: #""metadata":\#(batch.text("metadata")),"name":"#)
        text.append(string: batch.text("name"))
        text.append(raw: #","provider":"\#(batch.text("provider"))","row_count":\#(batch.int("row_count"))}"#)
    }

    private static func list(_ rows: Rows, _ write: (Row, inout JSONText) -> Void) -> Answer {
        var text = JSONText()
        text.append(raw: #"{"data":["#)
        for (index, row) in rows.enumerated() {
            if index > 0 { text.append(raw: ",") }
            write(row, &text)
        }
        text.append(raw: "]}")
        return .json(bytes: .init(bytes: text.bytes))
    }
}

import Core
import NIOCore

extension BIModule {
    var queryRoutes: [Route] {
        [
            Route(
                .get, "/api/v1/bi/datasets", "List the datasets that queries may read, and the functions that SQL may call.", scope: .query,
                access: .read,
                answer: QueryCatalog.shape
            ) { call in try await QueryCatalog(call) },
            Route(
                .post, "/api/v1/bi/visual-query", "Query metrics of a dataset, grouped by its columns.", scope: .query, access: .read,
                body: .object(VisualQuery.fields + [QueryRun.idField]), answer: QueryAnswer.shape
            ) { call in
                let body = try await call.body()
                return try await queries.run(.visual, id: body["run_id"]?.string, call) { try await VisualQuery.run(body, call) }
            }.explained.withoutTimeLimit(),
            Route(
                .post, "/api/v1/bi/drill-through", "List the rows of a dataset that match the filters, newest first.", scope: .query,
                access: .read,
                body: .object(DrillThrough.fields + [QueryRun.idField]), answer: QueryAnswer.shape
            ) { call in
                let body = try await call.body()
                return try await queries.run(.drillThrough, id: body["run_id"]?.string, call) { try await DrillThrough.run(body, call) }
            }.explained.withoutTimeLimit(),
            Route(
                .post, "/api/v1/bi/sql", "Run a read-only SQL statement over the datasets.", scope: .query, access: .read,
                body: Self.sqlBody,
                answer: QueryAnswer.shape
            ) { call in
                let body = try await call.body()
                return try await queries.run(.sql, id: body["run_id"]?.string, call) {
                    try await SQLStatement(body["sql_text"]?.string ?? "").run(call, limit: Int(body["limit"]?.integer ?? 100))
                }
            }.explained.withoutTimeLimit(),
            Route(
                .post, "/api/v1/bi/sql-queries/{id}/run", "Run a saved SQL statement.", scope: .query, access: .read,
                body: Self.runBody, answer: QueryAnswer.shape
            ) { call in
                let query = try await SavedSQL.resource.require(call), bytes = try await call.rawBody()
                // Every member is optional, so the body may be empty.
                guard bytes.readableBytes > 0 else { return try await SavedSQL.run(query, call, limit: 100, in: queries) }
                let body = try bytes.withUnsafeReadableBytes { try JSON.parse($0) }
                try Self.runBody.check(body)
                let limit = Int(body["limit"]?.integer ?? 100)
                return try await SavedSQL.run(query, call, limit: limit, in: queries, id: body["run_id"]?.string)
            }.explained.withoutTimeLimit(),
            Route(
                .get, "/api/v1/bi/query-runs", "List past query runs, newest first.", scope: .query, access: .read,
                parameters: Parameter.page,
                answer: .data(QueryRun.shape), use: QueryRun.list),
            Route(
                .delete, "/api/v1/bi/query-runs/{id}", "Stop a query that is running or waiting on this host.", scope: .query,
                access: .read
            ) { call in try await queries.stop(call.id(), call) },
        ]
    }

    private static let runBody = Schema.object([.optional("limit", Execution.limit, "Maximum rows. Default: 100."), QueryRun.idField])

    /// The request body of the routes that run an unsaved statement.
    static let sqlBody = Schema.object([
        .required("sql_text", .text(SQLTokenizer.maximumCharacters)), .optional("limit", Execution.limit, "Maximum rows. Default: 100."),
        QueryRun.idField,
    ])

    var uploadRoutes: [Route] {
        let path = "/api/v1/bi/csv-uploads", one = path + "/{id}"
        return [
            Route(
                .get, path, "List uploads, oldest first.", scope: .query, access: .read, parameters: Parameter.page,
                answer: .data(CSVUpload.shape), use: CSVUpload.list),
            Route(
                .post, path, "Upload a table, as JSON rows or as a CSV file.", scope: .query, access: .write,
                parameters: [
                    Parameter("name", .text(maximum: 200), "Name of the upload. Required if the body is text/csv."),
                    Parameter(
                        "delimiter", .choice(["comma", "semicolon", "tab"], default: nil),
                        "Field separator of the file. Default: detected from its first lines."),
                    Parameter(
                        "decimal", .choice(["point", "comma"], default: "point"),
                        "Decimal separator of numbers in the file. With comma, 1.234,50 is read as 1234.5."),
                ],
                body: CSVUpload.body, answer: CSVUpload.shape, status: 201, use: CSVUpload.create),
            Route(
                .get, one + "/rows", "List the rows of an upload, in their original order.", scope: .query, access: .read,
                parameters: Parameter.page,
                answer: CSVUpload.Page.shape, use: CSVUpload.rows),
            Route(
                .delete, one, "Delete an upload and its rows.", scope: .query, access: .write, use: CSVUpload.delete),
        ]
    }
}

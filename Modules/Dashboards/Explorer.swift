import Core

/// A run of a report in the explorer, kept in its history.
struct ExplorerRun: Encodable, Sendable {
    let id: String
    let reportType: String
    let rowCount: Int64
    let createdAt: Instant

    enum CodingKeys: String, CodingKey { case id, reportType = "report_type", rowCount = "row_count", createdAt = "created_at" }

    static let table = Table(
        "dashboards_run",
        [
            Column("id", .text), Column("project_id", .text), Column("report_type", .text), Column("row_count", .int64),
            Column("created_at", .int64),
        ],
        primaryKey: ["id"], indexes: [["project_id", "created_at"]])

    /// Maximum runs kept per project; older ones are deleted.
    private static let maximum = 1_000

    static let fields: [Schema.Field] = [
        .required("id", .uuid), .required("report_type", .reportName), .required("row_count", .count), .required("created_at", .timestamp),
    ]

    /// Returns one page of past runs, newest first.
    static func list(_ call: ProjectRequest) async throws -> [ExplorerRun] {
        try await call.store.read(
            """
            SELECT id, report_type, row_count, created_at FROM dashboards_run WHERE project_id = \(call.project.id)
            ORDER BY created_at DESC, id LIMIT \(call.limit) OFFSET \(call.offset)
            """
        ).map {
            ExplorerRun(
                id: $0.text("id"), reportType: $0.text("report_type"), rowCount: $0.int("row_count"),
                createdAt: Instant(milliseconds: $0.int("created_at")))
        }
    }

    /// Adds a run to the history.
    static func record(_ type: String, rows: Int, _ call: ProjectRequest) async throws -> ExplorerRun {
        let run = ExplorerRun(id: Identifiers.uuid(), reportType: type, rowCount: Int64(rows), createdAt: call.now)
        let project = call.project.id
        try await call.store.write { transaction in
            try await transaction.run(
                """
                INSERT INTO dashboards_run (id, project_id, report_type, row_count, created_at)
                VALUES (\(run.id), \(project), \(type), \(run.rowCount), \(run.createdAt.milliseconds))
                """)
            try await transaction.run(
                """
                DELETE FROM dashboards_run WHERE project_id = \(project) AND id NOT IN (
                  SELECT id FROM dashboards_run WHERE project_id = \(project) ORDER BY created_at DESC, id LIMIT \(maximum))
                """)
        }
        return run
    }
}

extension DashboardsModule {
    var explorerRoutes: [Route] {
        [
            Route(
                .post, "/api/v1/explorer/run", "Run a report by name.", scope: .query, access: .read,
                body: .object([
                    .required("report_type", .reportName), .optional("start_at", .timestamp),
                    .optional("end_at", .timestamp), .optional("limit", .integer(1...1_000)), .optional("offset", .integer(0...1_000_000)),
                    .optional("filter", .text(16_384)), .optional("segment_id", .text(40)), .optional("timezone", .text(64)),
                ]),
                success: .json(
                    .object([
                        .required(
                            "run",
                            .object([
                                .required("id", .uuid), .required("report_type", .reportName), .required("row_count", .count),
                                .required("result", .map(.any)),
                            ])),
                        .required("summary", .text(300)),
                    ])), use: explore
            ).explained,
            Route(
                .get, "/api/v1/explorer/runs", "List past explorer runs, newest first.", scope: .query, access: .read,
                parameters: Parameter.page,
                success: .list(.object(ExplorerRun.fields))
            ) { call in try .json(ReportList(data: try await ExplorerRun.list(call))) },
        ]
    }

    private struct Explored: Encodable {
        struct Run: Encodable {
            let id: String, reportType: String, rowCount: Int, result: JSON
            enum CodingKeys: String, CodingKey { case id, result, reportType = "report_type", rowCount = "row_count" }
        }
        let run: Run, summary: String
    }

    @Sendable private func explore(_ call: ProjectRequest) async throws -> Answer {
        let body = try await call.body(), type = body["report_type"]?.string ?? ""
        let report = try call.report(type)
        let scope = try await call.scope { name in body[name].flatMap { $0.string ?? $0.integer.map(String.init) } }
        let result = try await call.run(report: type, over: scope)
        // A report that is not a list counts as one row.
        let rows = result["data"]?.elements.count ?? 1
        let run = try await ExplorerRun.record(type, rows: rows, call)
        return try .json(
            Explored(
                run: .init(id: run.id, reportType: type, rowCount: rows, result: result),
                summary: "Returned \(rows.counting("\(report.noun) row"))."))
    }
}

import Core

/// A run of a report in the explorer, kept in its history.
struct ExplorerRun: Sendable {
    let id: String
    let reportType: String
    let rowCount: Int64
    let createdAt: Instant

    static let table = Table(
        "dashboards_run",
        [
            Column("id", .text), Column("project_id", .text), Column("report_type", .text), Column("row_count", .int64),
            Column("created_at", .int64),
        ],
        primaryKey: ["id"], indexes: [["project_id", "created_at"]])

    /// Maximum runs kept per project; older ones are deleted.
    private static let maximum = 1_000

    static let shape = Shape<ExplorerRun>([
        .required("id", \.id, .uuid), .required("report_type", \.reportType, .reportName), .required("row_count", \.rowCount, .count),
        .required("created_at", \.createdAt, .timestamp),
    ])

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
                answer: Explored.shape, use: explore
            ).explained,
            Route(
                .get, "/api/v1/explorer/runs", "List past explorer runs, newest first.", scope: .query, access: .read,
                parameters: Parameter.page,
                answer: .data(ExplorerRun.shape)
            ) { call in try await ExplorerRun.list(call) },
        ]
    }

    private struct Explored: Sendable {
        struct Run: Sendable {
            let id: String, reportType: String, rowCount: Int64, result: Shaped

            static let shape = Shape<Run>([
                .required("id", \.id, .uuid), .required("report_type", \.reportType, .reportName),
                .required("row_count", \.rowCount, .count), .required("result", \.result, .document),
            ])
        }

        let run: Run, summary: String

        static let shape = Shape<Explored>([.required("run", \.run, Run.shape), .required("summary", \.summary, .text(300))])
    }

    @Sendable private func explore(_ call: ProjectRequest) async throws -> Explored {
        let body = try await call.body(), type = body["report_type"]?.string ?? ""
        let report = try call.report(type)
        let scope = try await call.scope { name in body[name].flatMap { $0.string ?? $0.integer.map(String.init) } }
        let result = try await call.run(report: type, over: scope)
        // A report that is not a list counts as one row.
        let rows = result.rows ?? 1
        let run = try await ExplorerRun.record(type, rows: rows, call)
        return Explored(
            run: .init(id: run.id, reportType: type, rowCount: run.rowCount, result: result),
            summary: "Returned \(rows.counting("\(report.noun) row")).")
    }
}

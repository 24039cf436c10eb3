import Core
import Foundation

/// One execution of a query, as stored in the history.
struct QueryRun: Encodable, Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case sql, savedSQL = "saved_sql", visual, drillThrough = "drill_through", externalSQL = "external_sql"
    }

    let id: String
    let queryType: String
    let status: String
    let rowCount: Int
    let durationMS: Int64
    @Nullable var error: String?
    let createdAt: Instant

    enum CodingKeys: String, CodingKey {
        case id, status, error
        case queryType = "query_type", rowCount = "row_count", durationMS = "duration_ms", createdAt = "created_at"
    }

    /// The `run_id` member of request bodies that run a query.
    static let idField = Schema.Field.optional("run_id", .uuid, "Id for this run, with which it can be stopped. Default: a new id.")

    static let fields: [Schema.Field] = [
        .required("id", .uuid), .required("query_type", .choice(Kind.allCases.map(\.rawValue))),
        .required("status", .choice(["success", "error"])),
        .required("row_count", .count), .required("duration_ms", .count), .required("error", .nullable(.optionalText(2_000))),
        .required("created_at", .timestamp),
    ]

    /// Number of runs kept per project; older ones are deleted.
    static let kept = 10_000

    static let table = Table(
        "bi_query_run",
        [
            Column("id", .text), Column("project_id", .text), Column("query_type", .text), Column("status", .text),
            Column("row_count", .int64),
            Column("duration_ms", .int64), Column("error", .text, nullable: true), Column("created_at", .int64),
        ],
        primaryKey: ["id"], indexes: [["project_id", "created_at"]])

    /// Returns one page of runs, newest first.
    static func list(_ call: ProjectRequest) async throws -> Answer {
        let rows = try await call.store.read(
            """
            /* bi.runs */ SELECT id, query_type, status, row_count, duration_ms, error, created_at FROM bi_query_run
            WHERE project_id = \(call.project.id) ORDER BY created_at DESC, id LIMIT \(call.limit) OFFSET \(call.offset)
            """)
        return try .json(
            ReportList(
                data: rows.map { row in
                    QueryRun(
                        id: row.text("id"), queryType: row.text("query_type"), status: row.text("status"),
                        rowCount: Int(row.int("row_count")),
                        durationMS: row.int("duration_ms"), error: row.optionalText("error"),
                        createdAt: Instant(milliseconds: row.int("created_at")))
                }))
    }

    static func exists(_ id: String, _ call: ProjectRequest) async throws -> Bool {
        try await !call.store.read("SELECT 1 AS one FROM bi_query_run WHERE id = \(id) AND project_id = \(call.project.id)").isEmpty
    }

    func store(_ call: ProjectRequest) async throws {
        let project = call.project.id, run = self
        try await call.store.write { transaction in
            try await transaction.run(
                """
                /* bi.record_run */ INSERT INTO bi_query_run (id, project_id, query_type, status, row_count, duration_ms, error, created_at)
                VALUES (\(run.id), \(project), \(run.queryType), \(run.status), \(run.rowCount), \(run.durationMS), \(run.error),
                  \(run.createdAt.milliseconds))
                """)
            // Delete old runs after one run in 64 on average. The table may hold a few more than `kept` in the meantime.
            guard Int.random(in: 0..<64) == 0 else { return }
            try await transaction.run(
                """
                DELETE FROM bi_query_run WHERE project_id = \(project) AND created_at < (
                  SELECT min(created_at) FROM (SELECT created_at FROM bi_query_run WHERE project_id = \(project)
                    ORDER BY created_at DESC LIMIT \(Self.kept)) latest)
                """)
        }
    }
}

/// The rows of a query and the names of their columns, in order.
struct QueryResult: Sendable {
    let columns: [String]
    let rows: [[Value]]
}

/// The response to a query: `{run, columns, rows}`.
struct QueryAnswer: Encodable, Sendable {
    let run: QueryRun
    let result: QueryResult

    private enum CodingKeys: String, CodingKey { case run, columns, rows }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(run, forKey: .run)
        try container.encode(result.columns, forKey: .columns)
        try container.encode(result.objects, forKey: .rows)
    }

    static let fields: [Schema.Field] = [
        .required("run", .object(QueryRun.fields)), .required("columns", .list(.optionalText(200))), .required("rows", .list(.any)),
    ]
}

extension QueryResult {
    var objects: [[ExactText: Value]] { rows.map { Dictionary(exactly: zip(columns, $0)) } }
}

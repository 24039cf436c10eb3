import Core
import Foundation

/// One execution of a query, as stored in the history.
struct QueryRun: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case sql, savedSQL = "saved_sql", visual, drillThrough = "drill_through", externalSQL = "external_sql"
    }

    enum Status: String, Sendable, CaseIterable { case success, error }

    let id: String
    let queryType: Kind
    let status: Status
    let rowCount: Int64
    let durationMS: Int64
    let error: String?
    let createdAt: Instant

    /// The `run_id` member of request bodies that run a query.
    static let idField = Schema.Field.optional("run_id", .uuid, "Id for this run, with which it can be stopped. Default: a new id.")

    static let shape = Shape<QueryRun>([
        .required("id", \.id, .uuid), .required("query_type", \.queryType, .choice), .required("status", \.status, .choice),
        .required("row_count", \.rowCount, .count), .required("duration_ms", \.durationMS, .count),
        .required("error", \.error, .nullable(.optionalText(2_000))), .required("created_at", \.createdAt, .timestamp),
    ])

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
    @Sendable static func list(_ call: ProjectRequest) async throws -> [QueryRun] {
        let rows = try await call.store.read(
            """
            /* bi.runs */ SELECT id, query_type, status, row_count, duration_ms, error, created_at FROM bi_query_run
            WHERE project_id = \(call.project.id) ORDER BY created_at DESC, id LIMIT \(call.limit) OFFSET \(call.offset)
            """)
        return rows.map { row in
            QueryRun(
                id: row.text("id"), queryType: Kind(rawValue: row.text("query_type")) ?? .sql,
                status: Status(rawValue: row.text("status")) ?? .error, rowCount: row.int("row_count"),
                durationMS: row.int("duration_ms"), error: row.optionalText("error"),
                createdAt: Instant(milliseconds: row.int("created_at")))
        }
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
                VALUES (\(run.id), \(project), \(run.queryType.rawValue), \(run.status.rawValue), \(run.rowCount), \(run.durationMS), \(run.error),
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
struct QueryAnswer: Sendable {
    let run: QueryRun
    let result: QueryResult

    static let shape = Shape<QueryAnswer>([
        .required("run", \.run, QueryRun.shape), .required("columns", \.result.columns, .list(.optionalText(200))),
        .required("rows", \.result.objects, .list(QueryResult.row)),
    ])
}

extension QueryResult {
    /// A row as an object: its values by column.
    static let row = Shape<[ExactText: Value]>.map(.any).undescribed

    var objects: [[ExactText: Value]] { rows.map { Dictionary(exactly: zip(columns, $0)) } }
}
